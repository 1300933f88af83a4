"""Maintenance: a broker that comes back empty, and deliveries that expire."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.fhir import bundles
from adapter.operate import maintenance
from adapter.store import endpoints
from adapter.store.tables import delivery
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.region import Region


def wiped(region: Region) -> None:
    """Let the broker come back without its queues and messages."""
    maintenance.broker_was_empty(region.store, ["hospital"], region.now)


def test_a_broker_that_is_found_empty_again_before_we_sent_gets_everything_once(
    region: Region,
) -> None:
    region.tells("hospital", drafts.note())
    region.inbox("hospital")
    for _ in range(3):
        wiped(region)
    region.turn()
    assert len(region.inbox("hospital")) == 1


def test_a_broker_that_is_wiped_again_and_again_gets_each_receipt_once_each_time(
    region: Region,
) -> None:
    region.tells("hospital", drafts.note())
    for _ in range(3):
        region.inbox("hospital")
        wiped(region)
        region.turn()
        assert len(region.inbox("hospital")) == 1
    assert len(region.rows(delivery, event="receipt")) == 4


@pytest.mark.parametrize("held", ["paused", "cut off"])
def test_what_cannot_be_sent_in_time_is_for_a_person_when_the_time_is_out(
    region: Region, held: str
) -> None:
    with region.store.begin() as tx:
        if held == "paused":
            endpoints.pause(tx, "lulea", "Anna", "service window", region.now)
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER if held == "cut off" else 0):
            endpoints.failed(tx, "lulea", region.now + timedelta(days=30))
    content = region.tells("hospital", drafts.note())
    region.now += timedelta(hours=71)
    assert maintenance.expire(region.store, region.network, region.now) == 0
    region.now += timedelta(hours=2)
    assert maintenance.expire(region.store, region.network, region.now) == 1
    assert region.deliveries()[0]["code"] == "expired"
    region.turn()
    reports = [b for b in region.inbox("hospital") if bundles.event_code(b)[1] == "delivery-report"]
    assert bundles.concerned(reports[0]) == content


@pytest.mark.parametrize(("days", "again"), [(2, 1), (4, 0)])
def test_a_confirm_is_doubted_for_three_days(region: Region, days: int, again: int) -> None:
    region.tells("hospital", drafts.note(to=(UMEA,)))
    region.inbox("hospital")
    region.now += timedelta(days=days)
    wiped(region)
    region.send()
    assert len(region.inbox("hospital")) == again
