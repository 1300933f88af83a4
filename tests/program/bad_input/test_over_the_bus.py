"""Bad input over RabbitMQ: a fatal receipt or a dead letter, and the original kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from pika.exceptions import ChannelClosedByBroker
from pika.spec import BasicProperties

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.builders import Party
from tests.kit.partners import BusPartner
from tests.kit.program.messages import changed, dumped, note, receipt, speaking_as
from tests.kit.program.region import BROKEN, PLAN, SUNDBY, UMEA
from tests.kit.program.running import Program

pytestmark = pytest.mark.servers
NOBODY = Party(organization="SE0000000099-NOBODY")
OTHER_EVENT = {"system": "https://other.example", "code": "195009072553"}


class Planning:
    """The planning service: publishes, and finds the receipt of what it published."""

    def __init__(self, program: Program, partner: BusPartner) -> None:
        self._program, self.partner = program, partner
        self.receipts: list[Bundle] = []

    def says(self, body: bytes, **properties: Any) -> None:
        """Publish with a good partner's properties, changed by `properties`."""
        usual: dict[str, Any] = {"user_id": "planning", "delivery_mode": 2, "message_id": "m"}
        self.partner.publish_raw(body, BasicProperties(**usual | properties))

    def receipt(self, about: str) -> list[str]:
        """Code of the receipt about a message, and the codes of its issues; waits for it."""
        self._program.wait(lambda: self._look() and self._about(about) is not None)
        found = self._about(about)
        assert found is not None
        outcome = bundles.of_type(found, "OperationOutcome") or {"issue": []}
        issues = [i["details"]["coding"][0]["code"] for i in outcome["issue"]]
        return [bundles.header(found)["response"]["code"], *issues]

    def _look(self) -> bool:
        while (got := self.partner.get(0.02)) is not None:
            self._program.remember(got[0])
            self.receipts.append(json.loads(got[0]))
            self.partner.acknowledge()
        return True

    def _about(self, about: str) -> Bundle | None:
        return next((r for r in self.receipts if bundles.concerned(r) == about), None)

    def is_served(self) -> None:
        """Check that the next message is accepted."""
        message = note(sender=PLAN, to=(UMEA,))
        self.says(dumped(message))
        assert self.receipt(bundles.content_id(message)) == ["ok"]


@pytest.fixture
def planning(program: Program) -> Iterator[Planning]:
    """The planning service at its end of the broker."""
    with closing(program.partner("planning")) as partner:
        found = Planning(program, partner)
        yield found
        found.is_served()


def ours() -> Bundle:
    """A message of the planning service to Umeå."""
    return note(sender=PLAN, to=(UMEA,))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "unreadable"),
        (dumped(ours())[:-200], "unreadable"),
        (bytes(range(256)), "wrong-charset"),
        (json.dumps(ours(), ensure_ascii=False).encode("iso-8859-1"), "wrong-charset"),
        (b"[" * 100_000, "too-deep"),
        (b'{"resourceType": "Bundle", "resourceType": "Patient"}', "duplicate-key"),
        (b"<Meddelande/>", "unreadable"),
        (b" " * 50 * 1024 * 1024, "too-large"),
        (b'{"resourceType": "Bundle", "entry": [7]}', "invalid-structure"),
    ],
    ids=range(9),
)
def test_what_cannot_be_read_is_refused_by_a_receipt_about_our_own_id(
    program: Program, planning: Planning, body: bytes, code: str
) -> None:
    planning.says(body)
    row = program.kept(body, sender="planning")
    standing = "dead" if code == "too-large" else "refused"  # its end was never read
    assert (row["standing"], row["code"]) == (standing, code)
    assert planning.receipt(row["id"])[:2] == ["fatal-error", code]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (changed(ours(), eventCoding=OTHER_EVENT), "unknown-event"),
        (note(sender=PLAN, to=(NOBODY,)), "unknown-receiver"),
        (speaking_as(ours(), SUNDBY.organization), "wrong-sender"),
        (changed(ours(), focus=[]), "invalid-structure"),
    ],
    ids=range(4),
)
def test_a_faulty_message_is_refused_by_a_receipt_about_it(
    program: Program, planning: Planning, message: Bundle, code: str
) -> None:
    planning.says(dumped(message))
    assert planning.receipt(bundles.content_id(message))[:2] == ["fatal-error", code]
    assert program.kept(dumped(message))["standing"] == "refused"


def test_a_message_that_the_broker_vouches_for_nobody_is_a_dead_letter(
    program: Program, planning: Planning
) -> None:
    body = dumped(ours())
    planning.says(body, user_id=None)
    row = program.kept(body)
    assert (row["endpoint"], row["standing"], row["code"]) == ("", "dead", "unidentified-sender")
    assert program.deliveries(row) == []
    planning.says(body)
    assert program.kept(body, count=2)["standing"] == "processed"


def test_the_same_id_with_other_content_is_refused(program: Program, planning: Planning) -> None:
    first = ours()
    second = json.loads(dumped(first).replace(b"Tolvan Tolvansson", b"something else"))
    planning.says(dumped(first))
    assert planning.receipt(bundles.content_id(first)) == ["ok"]
    planning.receipts.clear()
    planning.says(dumped(second))
    assert planning.receipt(bundles.content_id(first)) == ["fatal-error", "content-conflict"]
    assert program.deliveries(program.kept(dumped(second))) == []


def test_a_receipt_for_an_unknown_message_is_a_dead_letter_and_gets_none(
    program: Program, planning: Planning
) -> None:
    body = dumped(receipt("nothing-that-we-sent", PLAN))
    planning.says(body, type="receipt")
    row = program.kept(body)
    assert (row["standing"], row["code"]) == ("dead", "unmatched-receipt")
    planning.is_served()
    abouts = {bundles.concerned(r) for r in planning.receipts}
    assert abouts & {row["id"], bundles.content_id(json.loads(body))} == set()


def test_a_mapping_that_falls_is_tried_and_then_a_dead_letter(
    program: Program, planning: Planning
) -> None:
    body = dumped(note(sender=BROKEN, to=(UMEA,)))
    with closing(program.partner("broken")) as partner:
        partner.publish(body)
        row = program.kept(body)
        got = partner.get(10)
        assert got is not None
        answer = json.loads(program.remember(got[0]))
        partner.acknowledge()
    assert (row["standing"], row["code"]) == ("dead", "adapter-fault")
    assert bundles.header(answer)["response"]["code"] == "transient-error"


@pytest.mark.parametrize(
    "lies",
    [
        {"type": "receipt"},
        {"type": "admission-notice\0", "message_id": "195009072553", "correlation_id": "Tolvan"},
        {"content_type": "image/png", "content_encoding": "gzip"},
        {"headers": {"x-delivery-id": "d-1", "x-death": [{"queue": "umea.inbox"}]}},
        {"headers": {f"h{i}": "x" * 900 for i in range(100)}},
        {"message_id": "å" * 120, "type": "ä" * 120},
        {"reply_to": "umea.inbox", "expiration": "600000", "priority": 255, "app_id": "x"},
        {"headers": {"CC": ["umea.message", "care.dead"], "BCC": ["umea.inbox"]}},
        {"timestamp": 2**62},
    ],
    ids=range(9),
)
def test_properties_that_lie_change_nothing(
    program: Program, planning: Planning, lies: dict[str, Any]
) -> None:
    message = ours()
    planning.says(dumped(message), **lies)
    assert planning.receipt(bundles.content_id(message)) == ["ok"]
    assert len(program.deliveries(program.kept(dumped(message)))) == 1


def test_a_partner_cannot_publish_to_anybody_but_the_adapter(
    program: Program, planning: Planning
) -> None:
    for exchange, key in (("care", "umea.message"), ("", "umea.inbox"), ("care.dead", "x")):
        with closing(program.partner("planning")) as stranger:
            publish = partial(stranger.channel.basic_publish, exchange, key, b"x")
            with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
                publish()
