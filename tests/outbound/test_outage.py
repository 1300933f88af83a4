"""An outage uses up no attempts, and what has waited is sent at once after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.fhir import bundles
from adapter.operate import maintenance
from adapter.store import endpoints
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.region import SETTINGS, Region

HOUR = timedelta(hours=1)
HALF = timedelta(minutes=30)


def away(region: Region, length: timedelta, step: timedelta = HALF) -> None:
    """Let Umeå be away for some time, while the adapter keeps trying."""
    region.down = {"umea"}
    end = region.now + length
    while region.now < end:
        region.turn(min(step, end - region.now))
        maintenance.expire(region.store, region.network, region.now)
    region.down = set()


def drained(region: Region) -> list[str]:
    """Return what Umeå gets when the next probe is due."""
    region.turn(timedelta(seconds=31))
    return region.events("umea")


def states(region: Region) -> set[tuple[str, str]]:
    """Return state and code of the messages."""
    return {(d["state"], d["code"]) for d in region.deliveries(event="message")}


@pytest.mark.slow
@pytest.mark.parametrize("hours", [1, 12, 71])
def test_an_outage_of_any_length_expires_nothing_early_and_drains_at_once(
    region: Region, hours: int
) -> None:
    for visit in range(9):
        region.says("hospital", drafts.note(visit=f"V{visit}", to=(UMEA,)))
    away(region, hours * HOUR)
    assert {state for state, _ in states(region)} == {"waiting"}
    assert drained(region) == ["message"] * 9


@pytest.mark.slow
def test_what_an_outage_outlives_is_dead_when_its_time_is_over_and_not_before(
    region: Region,
) -> None:
    region.down = {"umea"}
    region.tells("hospital", drafts.note(to=(UMEA,)))
    away(region, 72 * HOUR - timedelta(seconds=1))
    assert {state for state, _ in states(region)} == {"waiting"}
    away(region, timedelta(minutes=1))
    assert states(region) == {("dead", "expired")}


@pytest.mark.slow
@pytest.mark.parametrize("used", [0, 1, 2])
def test_an_outage_uses_up_no_resends(region: Region, used: int) -> None:
    content = region.tells("hospital", drafts.note(to=(UMEA,)))
    for _ in range(used):
        region.turn(HALF)
    assert sent(region, content) == 1 + used
    region.down = {"umea"}
    for visit in range(endpoints.CIRCUIT_OPENS_AFTER):
        region.tells("hospital", drafts.note(visit=f"W{visit}", to=(UMEA,)))
    away(region, 40 * HOUR)
    [row] = region.deliveries(content_id=content)
    assert row["state"] != "dead"
    region.turn(timedelta(seconds=31))
    for _ in range(4):
        region.turn(HALF)
    left = SETTINGS.endpoints[3].receipt_resends - used
    # Who had none left is asked once more, where it was a probe that failed.
    assert left <= sent(region, content) <= max(left, 1)
    [row] = region.deliveries(content_id=content)
    assert (row["state"], row["code"]) == ("dead", "no-receipt")


def sent(region: Region, content: str) -> int:
    """Return how often Umeå has got a message since the last call."""
    return [bundles.content_id(b) for b in region.inbox("umea")].count(content)


def test_receipts_that_came_due_in_an_outage_get_their_time_once_more(region: Region) -> None:
    changed = [replace(e, receipt_resends=0) if e.name == "umea" else e for e in SETTINGS.endpoints]
    region.with_settings(endpoints=tuple(changed))
    contents = [region.tells("hospital", drafts.note(visit=f"V{n}", to=(UMEA,))) for n in range(3)]
    region.now += timedelta(minutes=1)
    region.down = {"umea"}
    for n in range(6):
        region.tells("hospital", drafts.note(visit=f"W{n}", to=(UMEA,)))
    assert region.history("circuit-opened")
    away(region, 5 * HOUR)
    region.turn(timedelta(seconds=31))
    assert {state for state, _ in states(region)} == {"in-flight"}
    for content in contents:
        region.receipt("umea", content)
    assert {d["state"] for d in region.deliveries(event="message")[:3]} == {"confirmed"}
