"""Valid messages in an unusual form."""

from __future__ import annotations

import copy
import json
from typing import Any
from uuid import uuid4

import pytest

from adapter.core.model import Bundle
from adapter.fhir import bundles, canonical
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA
from tests.kit.one_database import store_url
from tests.kit.region import Region

__all__ = ["store_url"]

LABEL = {"security": [{"system": canonical.SECURITY, "code": "skyddadFolkbokforing"}]}


def relative(bundle: Bundle) -> Bundle:
    """References as Type/id instead of fullUrl."""
    found = copy.deepcopy(bundle)
    names = {
        entry["fullUrl"]: f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        for entry in found["entry"]
    }
    text = json.dumps(found)
    for url, name in names.items():
        text = text.replace(f'"reference": "{url}"', f'"reference": "{name}"')
    turned: Bundle = json.loads(text)
    return turned


def reordered(bundle: Bundle) -> Bundle:
    """The header first, as FHIR requires, and the other entries in reverse order."""
    first, *others = bundle["entry"]
    return bundle | {"entry": [first, *reversed(others)]}


def with_more(bundle: Bundle) -> Bundle:
    """Resources that no profile names."""
    more: list[dict[str, Any]] = [
        {"resourceType": "Basic", "id": "b-1", "code": {"text": "x"}},
        {"resourceType": "Observation", "id": "o-1", "status": "final", "code": {"text": "x"}},
    ]
    extra = [{"fullUrl": f"urn:uuid:{uuid4()}", "resource": r} for r in more]
    return bundle | {"entry": [*bundle["entry"], *extra]}


def in_capitals(bundle: Bundle) -> Bundle:
    """UUIDs in capitals, as some platforms write them."""
    header = bundles.header(bundle)
    found: Bundle = json.loads(json.dumps(bundle).replace(header["id"], header["id"].upper()))
    return found


@pytest.mark.parametrize("dress", [relative, reordered, with_more, in_capitals])
def test_it_is_understood_told_and_receipted(region: Region, dress: Any) -> None:
    stay = dress(drafts.stay(visit="V7"))
    region.tells("hospital", stay)
    assert region.receipts("hospital") == [(bundles.content_id(stay), "ok")]
    assert region.events("lulea") == ["admission-notice"]
    region.receipt("lulea", bundles.content_id(stay))
    message = dress(drafts.note(visit="V7", to=(LULEA,)))
    region.tells("hospital", message)
    assert region.events("lulea") == ["message"]
    region.receipt("lulea", bundles.content_id(message))
    [delivery] = region.deliveries(event="message")
    assert ("application", "ok") in region.layers(delivery["id"])
    assert len(region.cases()) == 1


def test_several_names_of_a_case_are_one_case(region: Region) -> None:
    stay = drafts.stay(visit="V8")
    names = bundles.header(stay)["extension"]
    alias = copy.deepcopy(names[0])
    alias["valueIdentifier"]["value"] = f"{HOSPITAL.organization}/77"
    names.insert(1, alias)
    region.tells("hospital", stay)
    named_otherwise = drafts.note(to=(LULEA,), visit="V9")
    bundles.header(named_otherwise)["extension"][0] = alias
    region.tells("hospital", named_otherwise)
    assert len(region.cases()) == 1
    assert [d["event"] for d in region.deliveries(endpoint="lulea")][-1] == "message"


@pytest.mark.parametrize("place", ["Bundle", "Encounter", "MessageHeader", "Patient"])
def test_a_label_of_protection_counts_wherever_it_stands(region: Region, place: str) -> None:
    stay = drafts.stay()
    marked = stay if place == "Bundle" else bundles.of_type(stay, place)
    assert marked is not None
    marked["meta"] = LABEL
    region.tells("hospital", stay)
    assert {d["code"] for d in region.deliveries()} == {"protected-identity"}
    assert region.events("lulea") == []


@pytest.mark.parametrize(
    "second",
    [
        lambda bundle: bundle["entry"].append(
            {
                "fullUrl": "urn:uuid:0b8e7c9e-3d55-4c0b-9a55-5f0a1f1e2d3c",
                "resource": drafts.patient() | {"id": "p-2"},
            }
        ),
        lambda bundle: bundle["entry"][1]["resource"].update(
            contained=[drafts.patient() | {"id": "p-2"}]
        ),
    ],
    ids=["beside", "contained"],
)
def test_a_message_about_two_patients_is_refused(region: Region, second: Any) -> None:
    message = drafts.note(to=(LULEA,))
    second(message)
    region.tells("hospital", message)
    assert region.messages()[0]["code"] == "several-patients"
    assert region.events("lulea") == []


@pytest.mark.parametrize("time", ["2026-03-02T09:00:00", "2026-03-02", "yesterday", ""])
def test_an_envelope_without_a_whole_time_is_refused(region: Region, time: str) -> None:
    region.tells("hospital", drafts.note(to=(LULEA,)) | {"timestamp": time})
    assert region.messages()[0]["standing"] == "refused"


@pytest.mark.parametrize("id_", ["x" * 65, "a_b", "", "é"])
def test_an_envelope_id_that_is_none_is_refused(region: Region, id_: str) -> None:
    region.tells("hospital", drafts.note(to=(LULEA,)) | {"id": id_})
    [message] = region.messages()
    assert (message["standing"], message["code"]) == ("refused", "invalid-structure")
