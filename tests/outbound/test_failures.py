"""Failures: in the transport, in a mapping, in the sender, in the adapter itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapter.core.endpoint import Alias, Route
from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Envelope, Event
from adapter.fhir import bundles
from adapter.inbound import batches, receive
from adapter.mappings import Context, System
from adapter.operate import maintenance, replay
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.store import cases, due_deliveries, endpoints
from adapter.store.transaction import Transaction
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING, UMEA, Party
from tests.kit.region import SETTINGS, Given, Region


def test_an_outage_is_retried_until_it_heals_and_uses_up_no_attempts(region: Region) -> None:
    region.down.add("lulea")
    region.tells("hospital", drafts.note())
    for _ in range(40):
        region.turn(timedelta(hours=1))
    assert region.deliveries()[0]["state"] == "waiting"
    region.down.clear()
    region.turn(timedelta(hours=2))
    assert region.events("lulea") == ["message"]


def test_the_time_to_live_ends_it_and_the_sender_is_told(region: Region) -> None:
    region.down.add("lulea")
    region.tells("hospital", drafts.note())
    for _ in range(80):
        region.turn(timedelta(hours=1))
    assert region.deliveries()[0]["code"] == "expired"
    assert "delivery-report" in region.events("hospital")


def test_five_failures_open_the_circuit_and_one_probe_closes_it(region: Region) -> None:
    region.down.add("lulea")
    for visit in range(8):
        region.tells("hospital", drafts.note(visit=f"V{visit}"))
    assert len(region.history("circuit-opened")) == 1
    region.down.clear()
    region.turn(timedelta(seconds=1))
    assert region.events("lulea") == []  # nobody tries while it is open
    region.turn(timedelta(seconds=31))
    assert len(region.events("lulea")) == 8  # after the probe, all at once
    assert len(region.history("circuit-closed")) == 1


def test_a_paused_endpoint_gets_nothing_until_it_is_resumed(region: Region) -> None:
    with region.store.begin() as tx:
        endpoints.pause(tx, "lulea", "Anna", "service window", region.now)
    region.tells("hospital", drafts.note())
    assert region.events("lulea") == []
    with region.store.begin() as tx:
        endpoints.resume(tx, "lulea", region.now)
    region.turn()
    assert region.events("lulea") == ["message"]


def test_a_sender_may_not_speak_for_another_organisation(region: Region) -> None:
    content = region.tells("umea", drafts.note(sender=LULEA))
    assert region.receipts("umea") == [(content, "fatal-error")]
    assert region.messages()[0]["code"] == "wrong-sender"
    assert region.deliveries() == []


def test_a_sender_may_speak_for_those_whom_its_settings_name(region: Region) -> None:
    planning = replace(SETTINGS.endpoints[1], speaks_for=("se2321000001-clinic",))
    others = [e for e in SETTINGS.endpoints if e.name != "planning"]
    region.with_settings(endpoints=(*others, planning))
    clinic = Party(organization="SE2321000001-CLINIC", endpoint="planning")
    region.tells("planning", drafts.note(sender=clinic))
    assert region.events("lulea") == ["message"]


def test_an_unknown_receiver_is_refused_by_name_of_the_element(region: Region) -> None:
    stranger = Party(organization="SE2120009999-NOBODY")
    region.tells("hospital", drafts.note(to=(LULEA, stranger)))
    [message] = region.messages()
    assert message["code"] == "unknown-receiver"
    assert "MessageHeader.destination[1].endpoint" in message["issues"]
    assert region.events("lulea") == []


def test_a_message_that_nobody_is_to_get_is_for_a_person_of_ours(region: Region) -> None:
    content = region.tells("hospital", drafts.note(to=()))
    assert region.receipts("hospital") == [(content, "ok")]
    [message] = region.messages()
    assert (message["standing"], message["code"]) == ("dead", "no-route")


def test_a_route_added_later_and_a_replay_bring_it_there(region: Region) -> None:
    region.tells("hospital", drafts.note(to=()))
    [dead] = region.messages()
    region.with_settings(routes=(Route(events=(Event.MESSAGE,), to=("lulea",)),))
    with region.store.begin() as tx:
        replay.replay_unchecked(
            tx, region.network, dead["id"], who="Anna", reason="route", now=region.now
        )
    region.turn()
    assert region.events("lulea") == ["message"]


def test_a_message_without_sender_is_a_dead_letter_and_kept(region: Region) -> None:
    region.bus.partner("stranger", "stranger.inbox").publish(b"{}", message_id="x")
    region.turn()
    [message] = region.messages()
    assert (message["code"], message["body"]) == ("unidentified-sender", b"{}")


def test_an_answer_to_what_one_never_got_is_refused(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    answer = drafts.answer(content, UMEA)
    region.tells("umea", answer)
    assert region.messages()[-1]["code"] == "concerns-unknown"


def test_a_reply_goes_to_the_sender_of_the_message_without_a_route(region: Region) -> None:
    content = region.tells("hospital", drafts.note(to=(LULEA, PLANNING)))
    reply = drafts.note("Ja", sender=LULEA, to=(), answers=content)
    region.tells("lulea", reply)
    assert region.events("hospital") == ["reply"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000])
def test_unreadable_bytes_are_kept_and_refused_and_the_next_goes_through(
    region: Region, body: bytes
) -> None:
    region.partners["hospital"].publish(body, message_id="bad")
    content = region.tells("hospital", drafts.note())
    first, second = region.messages()
    assert (first["standing"], first["body"]) == ("refused", body)
    assert second["standing"] == "processed"
    assert region.receipts("hospital")[-1] == (content, "ok")


class BrokenError(Exception):
    """An exception that no mapping should raise."""


def broken_system() -> System:
    """A vendor's file with a fault in it."""
    system = System("broken", content="json", media_type="application/json")

    @system.recognises
    def event(_document: Any) -> Event:
        raise BrokenError("reading")

    @system.writes(Event.MESSAGE)
    def write(_bundle: Bundle, _context: Context) -> Any:
        raise BrokenError("writing")

    return system


def with_broken(region: Region, name: str) -> None:
    """One endpoint speaks the broken format."""
    changed = [replace(e, system="broken") if e.name == name else e for e in SETTINGS.endpoints]
    region.network.systems["broken"] = broken_system()
    region.with_settings(endpoints=tuple(changed))


def test_a_mapping_that_fails_for_one_receiver_lets_the_others_go(region: Region) -> None:
    with_broken(region, "umea")
    content = region.tells("hospital", drafts.note(to=(LULEA, UMEA)))
    assert region.events("lulea") == ["message"]
    assert region.receipts("hospital") == [(content, "ok")]
    [dead] = [d for d in region.deliveries() if d["endpoint"] == "umea"]
    assert (dead["state"], dead["code"]) == ("dead", "not-written")
    assert "not-written" in str(region.messages()[0]["receipt_body"])


def test_a_delivery_that_could_not_be_written_can_be_replayed_when_it_can(
    region: Region,
) -> None:
    with_broken(region, "umea")
    region.tells("hospital", drafts.note(to=(UMEA,)))
    [dead] = region.deliveries()
    region.with_settings(endpoints=SETTINGS.endpoints)
    with region.store.begin() as tx:
        replay.replay_unchecked(
            tx, region.network, dead["id"], who="Anna", reason="mended", now=region.now
        )
    region.turn()
    assert region.events("umea") == ["message"]


def test_a_fault_while_reading_is_tried_three_times_and_then_for_a_person(
    region: Region,
) -> None:
    with_broken(region, "hospital")
    region.says("hospital", drafts.note())
    region.turn()
    [message] = region.messages()
    assert (message["standing"], message["code"]) == ("dead", "adapter-fault")
    assert message["tries"] == batches.TRIES + 1
    assert message["body"]


def test_a_fault_behind_a_door_is_answered_with_try_again(region: Region) -> None:
    region.network.systems["fhir"].__dict__["_recogniser"], kept = (
        lambda _d: (_ for _ in ()).throw(BrokenError("reading")),
        region.network.systems["fhir"].__dict__["_recogniser"],
    )
    try:
        reply = region.accept("hospital", drafts.dump(drafts.note()))
    finally:
        region.network.systems["fhir"].__dict__["_recogniser"] = kept
    assert reply.receipt is not None
    assert reply.receipt.code == "transient-error"
    assert region.messages()[0]["code"] == "adapter-fault"
    assert region.accept("hospital", drafts.dump(drafts.note())).receipt.code == "ok"  # type: ignore[union-attr]


def test_a_sender_that_left_the_settings_is_for_a_person(region: Region) -> None:
    region.says("hospital", drafts.note())
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    region.with_settings(endpoints=SETTINGS.endpoints[1:])
    for _ in range(4):
        batches.process_batch(region.store, region.network, region.now)
    assert region.messages()[0]["code"] == "settings"


def test_two_senders_that_open_the_same_case_at_once_open_one(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    if region.store.is_sqlite:
        pytest.skip("SQLite has one writer: the second looks when the first has written")
    both_have_looked = threading.Barrier(2)
    looked = cases.prefetch

    def slowly(tx: Transaction, names: Iterable[str], ids: Iterable[str] = ()) -> None:
        looked(tx, names, ids)
        with suppress(threading.BrokenBarrierError):
            both_have_looked.wait(1)

    monkeypatch.setattr(cases, "prefetch", slowly)
    first, planning, lulea, *rest = SETTINGS.endpoints
    also = replace(lulea, speaks_for=(HOSPITAL.organization,))
    region.with_settings(endpoints=(first, planning, also, *rest))
    region.says("hospital", drafts.note(visit="V9"))
    region.says("lulea", drafts.note(visit="V9", to=(UMEA,)))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    with ThreadPoolExecutor(2) as pool:
        for name in ("hospital", "lulea"):
            pool.submit(batches._process_share, region.store, region.network, [name], region.now, 9)
    assert {m["standing"] for m in region.messages()} == {"processed"}
    assert len(region.cases()) == 1


def test_an_outcome_of_an_older_attempt_changes_nothing(region: Region) -> None:
    region.says("hospital", drafts.note())
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.process_batch(region.store, region.network, region.now)
    [stale] = claim(region.store, region.network, {"lulea": 1}, region.now)
    later = region.now + timedelta(minutes=5)  # the lease has ended
    [current] = claim(region.store, region.network, {"lulea": 1}, later)
    assert (stale.attempt, current.attempt) == (1, 2)
    with region.store.begin() as tx:
        send.record(tx, region.network, stale, FatalError("refused"), later)
    assert region.deliveries()[0]["state"] == "in-flight"


def test_a_claim_that_nobody_finished_is_claimed_again_when_its_lease_ends(
    region: Region,
) -> None:
    region.says("hospital", drafts.note())
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.process_batch(region.store, region.network, region.now)
    assert claim(region.store, region.network, {"lulea": 1}, region.now)
    assert not claim(region.store, region.network, {"lulea": 1}, region.now)
    region.turn(timedelta(seconds=41))
    assert region.events("lulea") == ["message"]
    assert [a["why"] for a in region.attempts(region.deliveries()[0]["id"])] == [
        "first",
        "lease",
    ]


def test_a_broker_that_comes_back_empty_gets_everything_again_with_the_same_ids(
    region: Region,
) -> None:
    content = region.tells("hospital", drafts.note())
    before = region.inbox("lulea")
    receipts = region.receipts("hospital")
    maintenance.broker_was_empty(region.store, ["hospital", "lulea"], region.now)
    region.turn()
    assert region.inbox("lulea") == before
    assert region.receipts("hospital") == receipts == [(content, "ok")]


def test_what_a_queue_gave_up_is_a_failed_attempt(region: Region) -> None:
    region.tells("hospital", drafts.note())
    [delivery] = region.deliveries()
    dead = Envelope(
        endpoint="lulea",
        body=delivery["body"],
        delivery=delivery["id"],
        headers={"x-death-queue": "lulea.inbox", "x-death-reason": "delivery_limit"},
    )
    receive.receive_dead(region.store, region.network, Given([dead]), region.now)
    [after] = region.deliveries()
    assert (after["state"], after["code"], after["failures"]) == ("waiting", "returned", 1)


def test_no_endpoint_waits_for_another(region: Region) -> None:
    region.down.add("lulea")
    region.tells("hospital", drafts.note(to=(LULEA, UMEA)))
    assert region.events("umea") == ["message"]
    with region.store.read() as tx:
        assert due_deliveries.endpoints_due(tx, region.now) == []


def nowhere(region: Region) -> None:
    """Let the hospital send over HTTP; it has no return address."""
    hospital = replace(SETTINGS.endpoints[0], transport="http")
    region.with_settings(endpoints=(hospital, *SETTINGS.endpoints[1:]))


def test_a_reply_to_a_sender_without_address_is_for_a_person(region: Region) -> None:
    nowhere(region)
    note = drafts.note()
    region.accept("hospital", drafts.dump(note))
    region.turn()
    reply = drafts.note("Ja", sender=LULEA, to=(), answers=bundles.content_id(note))
    region.tells("lulea", reply)
    [dead] = region.deliveries(event="reply")
    assert (dead["endpoint"], dead["state"], dead["code"]) == ("hospital", "dead", "no-route")
    receipts = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] == "receipt"]
    assert "no-route" in str(receipts)


@pytest.mark.parametrize(("status", "dead"), [("rejected", 1), ("received", 0)])
def test_a_person_who_rejects_is_heard_though_the_sender_has_no_address(
    region: Region, status: str, dead: int
) -> None:
    nowhere(region)
    note = drafts.note()
    region.accept("hospital", drafts.dump(note))
    region.turn()
    region.tells("lulea", drafts.answer(bundles.content_id(note), LULEA, status))
    assert region.deliveries(event="message")[0]["state"] == "confirmed"
    assert len(region.deliveries(event="answer", state="dead")) == dead
    assert region.history("no-return-address")


def test_one_probe_at_a_time_goes_through_an_open_circuit(region: Region) -> None:
    region.down.add("lulea")
    for visit in range(8):
        region.tells("hospital", drafts.note(visit=f"V{visit}"))
    region.turn(timedelta(seconds=31))
    tries = sum(d["attempt"] for d in region.deliveries())
    region.turn(timedelta(seconds=31))
    assert sum(d["attempt"] for d in region.deliveries()) == tries + 1


def test_what_waits_for_its_back_off_goes_at_once_when_the_far_side_is_back(
    region: Region,
) -> None:
    region.down.add("lulea")
    for visit in range(6):
        region.tells("hospital", drafts.note(visit=f"V{visit}"))
    for _ in range(100):
        region.turn(timedelta(minutes=7))
    region.down.clear()
    while not (got := region.events("lulea")):
        region.turn(timedelta(seconds=31))
    assert len(got) == 6  # one was due, the others had hours to wait


def test_an_alias_holds_from_its_first_day_to_its_last(region: Region) -> None:
    today = region.now.date()
    old = Alias(id="SE2120000002-OLD", until=today - timedelta(days=1))
    new = Alias(id="SE2120000002-NEW", since=today)
    lulea = replace(SETTINGS.endpoints[2], aliases=(old, new))
    region.with_settings(endpoints=(*SETTINGS.endpoints[:2], lulea, SETTINGS.endpoints[3]))
    for alias in (old, new):
        region.tells("hospital", drafts.note(to=(Party(organization=alias.id),)))
    assert [m["standing"] for m in region.messages()] == ["refused", "processed"]


def test_a_replay_begins_to_count_anew(region: Region) -> None:
    region.tells("hospital", drafts.note())
    for _ in range(3):
        region.turn(timedelta(minutes=30))
    [dead] = region.deliveries(event="message")
    assert dead["code"] == "no-receipt"
    with region.store.begin() as tx:
        replay.replay_unchecked(
            tx, region.network, dead["id"], who="Anna", reason="up", now=region.now
        )
    region.inbox("lulea")
    region.turn()
    region.turn(timedelta(minutes=30))
    assert len(region.events("lulea")) == 2
    assert region.deliveries(event="message")[0]["state"] == "in-flight"
