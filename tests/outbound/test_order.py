"""Order: the messages of a case reach an endpoint in order; no other message waits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.core.errors import FatalError
from adapter.inbound import batches, receive
from adapter.operate import replay
from adapter.outbound.claim import claim
from tests.kit import drafts
from tests.kit.drafts import LULEA, UMEA
from tests.kit.region import SETTINGS, Region


def test_the_next_message_of_a_case_waits_for_the_receipt_of_the_one_before(
    region: Region,
) -> None:
    first = region.tells("hospital", drafts.note("1"))
    region.tells("hospital", drafts.note("2"))
    assert region.events("lulea") == ["message"]
    region.receipt("lulea", first)
    assert region.events("lulea") == ["message"]


def test_another_case_and_another_endpoint_never_wait(region: Region) -> None:
    region.tells("hospital", drafts.note("1"))
    region.tells("hospital", drafts.note("2", visit="V2"))
    region.tells("hospital", drafts.note("3", to=(UMEA,)))
    assert region.events("lulea") == ["message", "message"]
    assert region.events("umea") == ["message"]


def test_a_person_who_has_not_answered_holds_nothing_back(region: Region) -> None:
    first = region.tells("hospital", drafts.note("1"))
    region.receipt("lulea", first)
    region.events("lulea")
    region.tells("hospital", drafts.note("2"))
    assert region.deliveries()[0]["state"] == "accepted"
    assert region.events("lulea") == ["message"]


def test_a_failed_attempt_keeps_its_place(region: Region) -> None:
    region.down.add("lulea")
    region.tells("hospital", drafts.note("1"))
    region.tells("hospital", drafts.note("2"))
    region.down.clear()
    region.turn(timedelta(seconds=6))
    [first] = region.inbox("lulea")
    assert first["entry"][1]["resource"]["payload"][0]["contentString"] == "1"


def test_a_dead_delivery_holds_nothing_and_flags_the_case(region: Region) -> None:
    first = region.tells("hospital", drafts.note("1"))
    region.tells("hospital", drafts.note("2"))
    region.events("lulea")
    region.receipt("lulea", first, "fatal-error")
    assert region.events("lulea") == ["message"]
    assert region.cases()[0]["flagged"]


def test_a_replay_says_what_has_overtaken_it(region: Region) -> None:
    first = region.tells("hospital", drafts.note("1"))
    region.tells("hospital", drafts.note("2"))
    region.receipt("lulea", first, "fatal-error")
    dead, later = region.deliveries(event="message")
    [planned] = replay.plan(region.store, region.network, [dead["id"]], region.now).rows
    assert planned.possible
    assert planned.overtaken_by == (later["id"],)


def test_a_replay_sends_the_same_bytes_with_the_same_ids_once(region: Region) -> None:
    content = region.tells("hospital", drafts.note("1"))
    [before] = region.inbox("lulea")
    region.receipt("lulea", content, "fatal-error")
    [dead] = region.deliveries(event="message")
    person = {"who": "Anna", "reason": "they mended it", "now": region.now}
    with region.store.begin() as tx:
        replay.replay_unchecked(tx, region.network, dead["id"], **person)
    region.turn()
    assert region.inbox("lulea") == [before]
    with region.store.begin() as tx, pytest.raises(FatalError, match="illegal-transition"):
        replay.replay_unchecked(tx, region.network, dead["id"], **person)
    assert region.history("replayed")[0]["who"] == "Anna"


def test_a_discarded_delivery_stays_so_whatever_comes_later(region: Region) -> None:
    content = region.tells("hospital", drafts.note("1"))
    region.receipt("lulea", content, "fatal-error")
    [dead] = region.deliveries(event="message")
    with region.store.begin() as tx:
        replay.discard(tx, region.network, dead["id"], who="Anna", reason="phoned", now=region.now)
    region.tells("lulea", drafts.answer(content, LULEA))
    assert region.deliveries(event="message")[0]["state"] == "discarded"


def test_what_has_the_nearest_deadline_goes_first(region: Region) -> None:
    waiting(region, "1", timedelta(hours=72))
    waiting(region, "2", timedelta(hours=24))
    waiting(region, "3", timedelta(hours=48))
    sent = [
        json.loads(claim(region.store, region.network, {"lulea": 1}, region.now)[0].body)
        for _ in range(3)
    ]
    texts = [b["entry"][1]["resource"]["payload"][0]["contentString"] for b in sent]
    assert texts == ["2", "3", "1"]


def waiting(region: Region, text: str, expire_after: timedelta) -> None:
    """Create a message of a new case that waits to be sent."""
    endpoints = [
        replace(e, expire_after=expire_after) if e.name == "lulea" else e
        for e in SETTINGS.endpoints
    ]
    region.with_settings(endpoints=tuple(endpoints))
    region.says("hospital", drafts.note(text, visit=f"V{text}"))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.process_batch(region.store, region.network, region.now)
