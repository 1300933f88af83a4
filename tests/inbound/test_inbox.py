"""The inbox: receipts are never receipted, and a fault in one message affects no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from adapter.core.errors import TransientError
from adapter.core.model import Bundle, Code, Envelope, Event
from adapter.inbound import batches, receive
from adapter.mappings import System
from adapter.transports.memory import Memory
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA
from tests.kit.region import Given, Region


def take(region: Region) -> None:
    """Store everything that has arrived."""
    receive.receive_batch(region.store, region.transport, region.now, wait=0)


def test_an_unreadable_receipt_is_a_dead_letter_and_not_answered(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    broken = drafts.receipt(content, LULEA)
    broken["entry"][0]["resource"]["response"]["code"] = "perhaps"
    region.inbox("lulea")
    region.tells("lulea", broken)
    [_, message] = region.messages()
    assert (message["standing"], message["code"]) == ("dead", "unknown-code")
    assert region.inbox("lulea") == []


def test_bytes_that_claim_to_be_a_receipt_are_not_answered_either(region: Region) -> None:
    region.partners["lulea"].publish(b"{", message_id="x", event="receipt")
    region.turn()
    assert region.messages()[0]["standing"] == "dead"
    assert region.inbox("lulea") == []


def test_who_sends_an_unreadable_receipt_through_a_door_hears_what_is_wrong(
    region: Region,
) -> None:
    content = region.tells("hospital", drafts.note())
    broken = drafts.receipt(content, LULEA)
    broken["entry"][0]["resource"]["response"]["code"] = "perhaps"
    reply = region.accept("lulea", drafts.dump(broken))
    assert reply.receipt is not None
    assert (reply.receipt.code, reply.body) == (Code.FATAL, b"")
    assert "unknown-code" in [issue.code for issue in reply.issues]


def test_a_fault_in_a_receipt_is_not_answered(region: Region) -> None:
    region.network.systems["fhir"].__dict__["_recogniser"], kept = (
        lambda _document: 1 / 0,
        region.network.systems["fhir"].__dict__["_recogniser"],
    )
    try:
        body = drafts.dump(drafts.receipt("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f9999", LULEA))
        region.partners["lulea"].publish(body, message_id="x", event="receipt")
        region.turn()
    finally:
        region.network.systems["fhir"].__dict__["_recogniser"] = kept
    assert region.messages()[0]["code"] == "adapter-fault"
    assert region.inbox("lulea") == []


def deadly(region: Region) -> None:
    """Make the hospital's format end the process at one of its messages."""
    system = System("deadly", content="json", media_type="application/json")

    @system.recognises
    def event(document: Bundle) -> Event:
        if "die" in str(document):
            raise SystemExit
        return Event.MESSAGE

    system.reads(Event.MESSAGE)(lambda document, _context: document)
    region.network.systems["deadly"] = system
    hospital = replace(region.network.endpoint("hospital"), system="deadly")
    region.with_settings(endpoints=(hospital, *region.network.settings.endpoints[1:]))


def test_a_message_that_ends_the_process_takes_no_other_with_it(region: Region) -> None:
    deadly(region)
    for visit, text in enumerate(("a", "die", "b")):
        region.says("hospital", drafts.note(text, visit=f"V{visit}"))
    take(region)
    for _ in range(20):
        with suppress(SystemExit):
            batches.process_batch(region.store, region.network, region.now)
    assert [m["standing"] for m in region.messages()] == ["processed", "dead", "processed"]
    assert region.messages()[1]["code"] == "adapter-fault"


def test_receipts_that_come_in_between_cost_a_message_no_try(region: Region) -> None:
    """Receipts are processed first. Receipts that arrive during a batch displace none of it."""
    first = region.says("hospital", drafts.note("1"))
    take(region)
    reading = region.network.systems["fhir"]
    kept = reading.__dict__["_recogniser"]

    def slow(document: Bundle) -> Event:
        region.partners["hospital"].publish(b"{", message_id="x", event="receipt")
        take(region)
        event: Event = kept(document)
        return event

    reading.__dict__["_recogniser"] = slow
    try:
        done = batches.process_batch(region.store, region.network, region.now, limit=1)
    finally:
        reading.__dict__["_recogniser"] = kept
    assert done == 1
    assert region.messages(content_id=first)[0]["standing"] == "processed"


def test_what_died_in_an_inbox_and_is_no_delivery_of_ours_names_no_sender(region: Region) -> None:
    strange = Envelope(endpoint="lulea", body=drafts.dump(drafts.note()), delivery="d-unknown")
    receive.receive_dead(region.store, region.network, Given([strange]), region.now)
    region.turn()
    assert region.messages()[0]["code"] == "unidentified-sender"


def test_only_the_inbox_that_a_delivery_went_to_can_give_it_up(region: Region) -> None:
    region.tells("hospital", drafts.note())
    [sent] = region.deliveries()
    strange = Envelope(endpoint="umea", body=b"{}", delivery=sent["id"])
    receive.receive_dead(region.store, region.network, Given([strange]), region.now)
    assert region.deliveries()[0]["state"] == "in-flight"
    assert region.messages()[-1]["body"] == b"{}"


def test_a_message_without_sender_is_no_fault_of_ours(
    region: Region, caplog: pytest.LogCaptureFixture
) -> None:
    region.bus.partner("stranger", "stranger.inbox").publish(b"{}", message_id="x")
    region.turn()
    assert region.messages()[0]["code"] == "unidentified-sender"
    assert "adapter-fault" not in caplog.messages


def test_what_is_stored_does_not_come_back(region: Region) -> None:
    region.says("hospital", drafts.note())
    take(region)
    region.transport.close()
    take(region)
    assert len(region.messages()) == 1


def test_what_could_not_be_stored_comes_back(region: Region) -> None:
    region.says("hospital", drafts.note())
    with region.store.begin() as tx:
        tx.connection.exec_driver_sql("alter table message rename to hidden")
    with pytest.raises(TransientError, match="store-unavailable"):
        take(region)
    with region.store.begin() as tx:
        tx.connection.exec_driver_sql("alter table hidden rename to message")
    region.transport.close()
    take(region)
    assert len(region.messages()) == 1


def test_receipts_go_before_what_came_earlier(region: Region) -> None:
    content = region.tells("hospital", drafts.note(to=(LULEA,)))
    region.says("lulea", drafts.note(sender=LULEA, to=(HOSPITAL,)))
    body = drafts.dump(drafts.receipt(content, LULEA))
    region.partners["lulea"].publish(body, message_id="r", event="receipt")
    take(region)
    batches.process_batch(region.store, region.network, region.now, limit=1)
    assert [m["standing"] for m in region.messages()[1:]] == ["received", "processed"]


class Stream(Memory):
    """A bus that has a next message whenever the adapter waits for one."""

    def __init__(self, region: Region) -> None:
        super().__init__(region.bus, region.network.settings.endpoints)
        self._region = region

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Without end, for who waits."""
        yield from super().receive(0)
        while wait:
            self._region.says("hospital", drafts.note())
            yield from super().receive(0)


def test_a_steady_stream_is_not_waited_out(region: Region) -> None:
    region.says("hospital", drafts.note())
    assert receive.receive_batch(region.store, Stream(region), region.now) == 1
