"""The time to live of each event: when it is over, the delivery is dead and its sender informed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.core.errors import TransientError
from adapter.core.model import Event
from adapter.fhir import bundles
from adapter.operate import maintenance, replay
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.store import endpoints
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.far_side import hand_over, written
from tests.kit.region import SETTINGS, Region

HOUR = timedelta(hours=1)


@pytest.fixture
def short(region: Region) -> Region:
    """Return a region in which a message may take two hours."""
    region.with_settings(expire_after={Event.MESSAGE: 2 * HOUR})
    return region


def reported_as_lost(region: Region) -> list[str]:
    """Return the content ids that the hospital has got delivery reports about."""
    reports = [b for b in region.inbox("hospital") if bundles.event_code(b)[1] == "delivery-report"]
    return [bundles.concerned(b) for b in reports]


def died(region: Region) -> tuple[str, str, str]:
    """Return state, code and detail of the message's delivery."""
    [row] = region.deliveries(event="message")
    return row["state"], row["code"], row["detail"]


def test_an_events_own_time_wins_over_the_endpoints(short: Region) -> None:
    short.tells("hospital", drafts.note())
    short.tells("hospital", drafts.stay())
    lives = {d["event"]: d["expires_at"] - d["created_at"] for d in short.deliveries()}
    assert lives == {"message": 2 * HOUR, "admission-notice": 72 * HOUR}


def test_it_runs_out_while_the_far_side_asks_us_to_wait(short: Region) -> None:
    content, begin = written(short), short.now
    for _ in range(30):
        hand_over(short, TransientError("busy"))
        row = short.deliveries(event="message")[0]
        if row["state"] == "dead":
            break
        short.now = row["next_attempt_at"]
    assert died(short) == ("dead", "expired", "busy")
    assert short.now == begin + 2 * HOUR  # not earlier: the last attempt is then
    short.turn()
    assert reported_as_lost(short) == [content]


@pytest.mark.parametrize("held", ["paused", "cut off"])
def test_it_runs_out_while_the_endpoint_is_held(short: Region, held: str) -> None:
    with short.store.begin() as tx:
        if held == "paused":
            endpoints.pause(tx, "lulea", "Anna", "upgrade", short.now)
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER if held == "cut off" else 0):
            endpoints.failed(tx, "lulea", short.now + timedelta(days=30))
    content = short.tells("hospital", drafts.note())
    short.now += 2 * HOUR - timedelta(seconds=1)
    assert maintenance.expire(short.store, short.network, short.now) == 0
    short.now += timedelta(seconds=1)
    assert maintenance.expire(short.store, short.network, short.now) == 1
    assert died(short) == ("dead", "expired", "paused, or cut off")
    short.turn()
    assert reported_as_lost(short) == [content]


def test_it_runs_out_while_the_receipt_is_missing(short: Region) -> None:
    slow = [replace(e, receipt_within=24 * HOUR) for e in SETTINGS.endpoints]
    short.with_settings(endpoints=tuple(slow))
    content = short.tells("hospital", drafts.note())
    short.turn(2 * HOUR - timedelta(seconds=1))
    assert died(short)[0] == "in-flight"
    short.turn(timedelta(seconds=1))
    assert died(short) == ("dead", "expired", "no receipt")
    assert reported_as_lost(short) == [content]
    short.receipt("lulea", content)
    assert died(short)[0] == "accepted"  # late, but a receipt is a receipt


def test_it_runs_out_while_the_receipt_is_missing_and_the_endpoint_is_paused(
    short: Region,
) -> None:
    content = short.tells("hospital", drafts.note())
    with short.store.begin() as tx:
        endpoints.pause(tx, "lulea", "Anna", "upgrade", short.now)
    short.now += 2 * HOUR
    assert maintenance.expire(short.store, short.network, short.now) == 1
    short.turn()
    assert reported_as_lost(short) == [content]


def test_it_runs_out_behind_an_earlier_one_of_the_same_case(region: Region) -> None:
    region.with_settings(expire_after={Event.DISCHARGE_READY: HOUR})
    region.tells("hospital", drafts.stay())  # in flight, and never receipted
    ready = region.tells("hospital", drafts.ready(5))
    region.now += timedelta(minutes=59)
    assert maintenance.expire(region.store, region.network, region.now) == 0
    region.turn()
    region.now += timedelta(minutes=1)
    assert maintenance.expire(region.store, region.network, region.now) == 2
    dead = region.deliveries(event="discharge-ready")
    assert {(d["code"], d["detail"]) for d in dead} == {("expired", "behind an earlier one")}
    region.turn()
    assert set(reported_as_lost(region)) == {ready}


def test_what_waits_behind_one_that_is_due_has_not_run_out(region: Region) -> None:
    region.with_settings(expire_after={Event.DISCHARGE_READY: HOUR})
    for said in (drafts.stay(), drafts.ready(5)):
        region.says("hospital", said)
    region.now += 2 * HOUR  # as after a stop of ours
    assert maintenance.expire(region.store, region.network, region.now) == 0


def test_a_replay_gives_the_events_time_anew(short: Region) -> None:
    short.receipt("umea", short.tells("hospital", drafts.note(to=(UMEA,))), "fatal-error")
    [dead] = short.deliveries(event="message")
    short.now += 24 * HOUR
    with short.store.begin() as tx:
        replay.replay_unchecked(
            tx, short.network, dead["id"], who="Anna", reason="x", now=short.now
        )
    assert short.deliveries(event="message")[0]["expires_at"] == short.now + 2 * HOUR


def test_what_an_expired_claim_tries_once_more_waits_for_its_receipt_as_agreed(
    short: Region,
) -> None:
    written(short)
    short.now += 3 * HOUR  # nobody ran
    [claimed] = claim(short.store, short.network, {"lulea": 1}, short.now)
    short.written(send.hand_over(short.transport, [claimed], lambda: short.now))
    due = short.deliveries(event="message")[0]["receipt_due_at"]
    assert due == short.now + timedelta(minutes=30)
