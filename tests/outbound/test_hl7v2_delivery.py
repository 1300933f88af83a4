"""A journal that takes HL7 v2 gets an invitation over a real socket, and its ACK is the receipt."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.mllp import AbstractHandler, MLLPServer
from hl7apy.parser import parse_message

from adapter.core.model import Event
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.store.tables import delivery
from adapter.transports.mllp import MllpClient
from tests.kit.drafts import HOSPITAL, LULEA
from tests.kit.invitation_words import invitation
from tests.kit.plan_words import consent
from tests.kit.region import SETTINGS, Region


class Journal(AbstractHandler):  # type: ignore[misc]
    """The hospital's listener, on hl7apy: keeps what comes, and answers."""

    taken: list[str] = []  # noqa: RUF012
    code = "AA"

    def reply(self) -> str:
        self.taken.append(self.incoming_message)
        control = self.incoming_message.split("\r")[0].split("|")[9]
        head = "MSH|^~\\&|COSMIC|SJUKHUS|||20260310||ACK|C1|P|2.5.1"
        return f"\x0b{head}\rMSA|{self.code}|{control}\r\x1c\r"


class Refusing(Journal):
    """The same, that refuses."""

    code = "AE"


@pytest.fixture
def region(store_url: str) -> Iterator[Region]:
    """A hospital whose journal takes HL7 v2, and a municipality that may call outside of a stay."""
    journal = replace(SETTINGS.endpoints[0], system="hl7v2")
    caller = replace(SETTINGS.endpoints[2], begins_key=(Event.SIP_INVITATION,))
    endpoints = (journal, SETTINGS.endpoints[1], caller, SETTINGS.endpoints[3])
    settings = replace(SETTINGS, endpoints=endpoints)
    opened = Region(store_url, settings)
    yield opened
    opened.store.close()


@contextmanager
def listening(handler: type[Journal]) -> Iterator[str]:
    """The address of the journal's listener."""
    server = MLLPServer("127.0.0.1", 0, {"SIU^S12^SIU_S12": (handler,)})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    host, port = server.server_address[:2]
    try:
        yield f"{host}:{port}"
    finally:
        server.shutdown()
        server.server_close()
        Journal.taken.clear()


def deliver(region: Region, address: str) -> None:
    """Send what is due for the journal, and write what became of it."""
    listener = replace(region.network.endpoint(HOSPITAL.endpoint), address=address)
    batch = claim(region.store, region.network, {HOSPITAL.endpoint: 1}, region.now)
    assert [d.event for d in batch] == ["sip-invitation"]
    with closing(MllpClient(listener)) as client:
        region.written(send.hand_over(client, batch, lambda: region.now))


@pytest.mark.parametrize(("handler", "state"), [(Journal, "confirmed"), (Refusing, "dead")])
def test_the_acknowledgement_of_a_journal_closes_the_delivery_of_an_invitation(
    region: Region, handler: type[Journal], state: str
) -> None:
    case = f"{LULEA.organization}/P-1"
    bundle = invitation(region, LULEA, HOSPITAL, consents=(consent(),), case=case)
    region.accept(LULEA.endpoint, json.dumps(bundle).encode())
    with listening(handler) as address:
        deliver(region, address)
        [taken] = Journal.taken
    parsed = parse_message(taken, validation_level=VALIDATION_LEVEL.STRICT)
    assert parsed.validate()
    assert parsed.msh.msh_10.value == bundle["entry"][0]["resource"]["id"]
    assert [row["state"] for row in region.rows(delivery, endpoint=HOSPITAL.endpoint)] == [state]
