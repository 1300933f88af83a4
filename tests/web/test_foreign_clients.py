"""FHIR clients that others wrote meet a served adapter: metadata, a message, and a refusal."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import fhirpy
import pytest
import requests
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.operationoutcome import OperationOutcome
from fhirpy.base.exceptions import OperationOutcome as Refused

from tests.kit.site import Site, fixture
from tools.node import install, node

SCRIPTS = Path(__file__).parents[1] / "clients"
POST = "$process-message"
NODE = node()


class Answers(NamedTuple):
    """What a client hands to its user."""

    metadata: dict[str, Any]
    receipt: dict[str, Any]
    refusal: dict[str, Any]


def refused_message() -> dict[str, Any]:
    """A message without what its event demands."""
    bundle = fixture("message/usual")
    header = bundle["entry"][0]["resource"]
    focus = next(e for e in bundle["entry"] if e["resource"]["resourceType"] == "Communication")
    bundle["id"] = header["id"] = "5d0f3f0e-9d0b-4c6e-8f0c-2f7a3f3b9a10"
    bundle["entry"][0]["fullUrl"] = f"urn:uuid:{header['id']}"
    del focus["resource"]["payload"]
    return bundle


def by_fhirclient(site: Site) -> Answers:
    """fhirclient reads every answer with its own models, which refuse what R4 does not know."""
    client = FHIRClient({"app_id": "test", "api_base": f"{site.address}/fhir"})
    server = client.server
    server.session.headers["Authorization"] = f"Bearer {site.token('astad-omsorg')}"
    statement = CapabilityStatement.read_from("metadata", server)
    message = Bundle(fixture("message/usual"))
    receipt = Bundle(server.post_json(POST, message.as_json()).json())
    with pytest.raises(requests.HTTPError) as caught:
        server.post_json(POST, refused_message())
    outcome = OperationOutcome(caught.value.response.json())
    return Answers(statement.as_json(), receipt.as_json(), outcome.as_json())


def by_fhirpy(site: Site) -> Answers:
    """fhirpy raises the OperationOutcome."""
    token = f"Bearer {site.token('astad-omsorg')}"
    client = fhirpy.SyncFHIRClient(f"{site.address}/fhir", authorization=token)
    metadata = client.execute("metadata", method="get")
    receipt = client.execute(POST, data=fixture("message/usual"))
    with pytest.raises(Refused) as caught:
        client.execute(POST, data=refused_message())
    return Answers(metadata, receipt, caught.value.resource)


def by_node(script: str) -> Callable[[Site], Answers]:
    """A client of npm, which a script of ours calls. `make install` installs it."""

    def asked(site: Site) -> Answers:
        if NODE is None:
            pytest.skip("there is no Node")
        install(SCRIPTS)
        address, token = f"{site.address}/fhir", site.token("astad-omsorg")
        messages = {"good": fixture("message/usual"), "bad": refused_message()}
        done = subprocess.run(
            [NODE, SCRIPTS / script, address, token],
            input=json.dumps(messages).encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return Answers(**json.loads(done.stdout))

    return asked


@pytest.mark.parametrize(
    "answers",
    [by_fhirclient, by_fhirpy, by_node("fhir_kit.mjs"), by_node("medplum.mjs")],
    ids=["fhirclient", "fhirpy", "fhir-kit-client", "medplum"],
)
def test_a_client_gets_the_metadata_a_receipt_and_the_reason_of_a_refusal(
    site: Site, answers: Callable[[Site], Answers]
) -> None:
    told = answers(site)
    assert told.metadata["fhirVersion"] == "4.0.1"
    operations = [o["name"] for o in told.metadata["rest"][0]["operation"]]
    assert operations == ["process-message"]
    header = told.receipt["entry"][0]["resource"]
    sent = fixture("message/usual")["entry"][0]["resource"]["id"]
    assert (header["response"]["code"], header["response"]["identifier"]) == ("ok", sent)
    assert told.refusal["resourceType"] == "OperationOutcome"
    codes = {issue["details"]["coding"][0]["code"] for issue in told.refusal["issue"]}
    assert codes == {"required"}
