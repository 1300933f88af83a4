"""Overdue deliveries: one finding for each endpoint, with the age of the oldest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from adapter.core.endpoint import Closed
from adapter.core.errors import TransientError
from adapter.operate import health
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.runner import utc_now
from adapter.store import endpoints, heartbeats
from adapter.store.queries import figures
from adapter.store.tables import delivery
from adapter.transports import Response
from adapter.web import metrics
from adapter.web.counters import Counters
from tests.kit import drafts
from tests.kit.drafts import LULEA, UMEA
from tests.kit.far_side import hand_over, written
from tests.kit.query_plans import count, fill_line, plan_of, statements
from tests.kit.region import Region, endpoint

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BUSY = TransientError("refused-for-now", "status 503")


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    region = Region(f"sqlite:///{tmp_path}/adapter.db")
    region.now = utc_now()
    yield region
    region.store.close()


def overdue(region: Region) -> list[str]:
    return [
        f.why
        for f in health.survey(region.store, region.network.settings).findings
        if f.name == "overdue"
    ]


def finding_text(region: Region, name: str, spoken: str) -> str:
    """Return the finding for an endpoint, with the time of its oldest delivery."""
    created = min(d["created_at"] for d in region.deliveries(endpoint=name))
    since = created.astimezone(ZoneInfo("Europe/Stockholm"))
    return f"{name}: the oldest late delivery is {spoken} old, from {since:%Y-%m-%d %H:%M}"


def close_now(region: Region) -> None:
    """Give Luleå and Umeå a service window that began an hour ago."""
    now = datetime.now(UTC)
    night = Closed(since=now - HOUR, until=now + HOUR)
    others = [e for e in region.network.settings.endpoints if e.name not in ("umea", "lulea")]
    closed = [endpoint(party, closed=(night,)) for party in (UMEA, LULEA)]
    region.with_settings(endpoints=(*others, *closed))


# What nobody took up


def make_due(region: Region, ago: timedelta) -> None:
    """Move the creation and due times of all waiting deliveries back by `ago`."""
    with region.store.begin() as tx:
        at = heartbeats.clock(tx) - ago
        waiting = delivery.update().where(delivery.c.next_attempt_at.is_not(None))
        tx.execute(waiting.values(next_attempt_at=at, created_at=at))


def test_what_should_have_gone_long_ago_is_told_and_not_what_a_person_holds(
    region: Region,
) -> None:
    region.down = {"umea"}
    region.tells("hospital", drafts.note(visit="V9", to=(UMEA,)))
    make_due(region, 14 * MINUTE)
    assert overdue(region) == []
    make_due(region, 20 * MINUTE)
    assert overdue(region) == [finding_text(region, "umea", "20 min")]
    with region.store.begin() as tx:
        endpoints.pause(tx, "umea", "Ann", "upgrade", region.now)
    assert overdue(region) == []


def test_a_service_window_is_no_delay(region: Region) -> None:
    region.down = {"umea"}
    region.tells("hospital", drafts.note(visit="V9", to=(UMEA,)))
    make_due(region, 20 * MINUTE)
    close_now(region)
    assert overdue(region) == []


def test_what_waits_for_an_earlier_one_of_its_case_is_not_overdue(region: Region) -> None:
    for minute in range(2):
        region.tells("hospital", drafts.note(visit="V9", to=(UMEA,), minutes=minute))
    make_due(region, 20 * MINUTE)
    with region.store.begin() as tx:  # the first is out, and its receipt may still come
        sent = delivery.update().where(delivery.c.receipt_due_at.is_not(None))
        tx.execute(sent.values(receipt_due_at=heartbeats.clock(tx) + 10 * MINUTE))
    assert [d["state"] for d in region.deliveries(endpoint="umea")] == ["in-flight", "waiting"]
    assert overdue(region) == []


# What is tried again and again


def fails_for(region: Region, length: timedelta) -> None:
    """Create a message that has failed to Luleå for `length`; its next attempt is in the future."""
    region.now -= length
    fresh(region)
    while region.now < utc_now():
        hand_over(region, BUSY)
        region.now += 5 * MINUTE
    to_lulea(region, next_attempt_at=utc_now() + HOUR)


def fresh(region: Region) -> None:
    """Create a message that waits for Luleå; the hospital has got our receipt."""
    written(region)
    batch = claim(region.store, region.network, {"hospital": 50}, region.now)
    gone = send.Sent(batch=batch, outcomes=[Response() for _ in batch], at=region.now)
    region.written(gone)


def to_lulea(region: Region, **values: object) -> None:
    with region.store.begin() as tx:
        tx.execute(delivery.update().where(delivery.c.endpoint == "lulea").values(**values))


@pytest.mark.slow
def test_what_fails_for_days_is_told_though_its_next_attempt_lies_ahead(region: Region) -> None:
    fails_for(region, 70 * HOUR)
    assert region.deliveries()[0]["failures"] > 60
    assert overdue(region) == [finding_text(region, "lulea", "70 h")]


def test_of_many_that_fail_the_oldest_is_told_once_for_its_endpoint(region: Region) -> None:
    fails_for(region, 5 * HOUR)
    region.now = utc_now() - 2 * HOUR
    region.says("hospital", drafts.note(visit="V2"))
    region.turn()
    to_lulea(region, failures=3, receipt_due_at=None, next_attempt_at=utc_now() + HOUR)
    assert overdue(region) == [finding_text(region, "lulea", "5 h")]


def test_a_few_failures_within_minutes_are_no_finding(region: Region) -> None:
    fails_for(region, 10 * MINUTE)
    assert region.deliveries()[0]["failures"] > 1
    assert overdue(region) == []


@pytest.mark.slow
def test_what_fails_is_not_told_while_a_person_or_a_service_window_holds_it(
    region: Region,
) -> None:
    fails_for(region, 70 * HOUR)
    with region.store.begin() as tx:
        endpoints.pause(tx, "lulea", "Ann", "upgrade", region.now)
    assert overdue(region) == []
    with region.store.begin() as tx:
        endpoints.resume(tx, "lulea", region.now)
    assert len(overdue(region)) == 1
    close_now(region)
    assert overdue(region) == []


def test_what_has_arrived_at_last_is_late_only_when_its_receipt_is(region: Region) -> None:
    fails_for(region, 3 * HOUR)
    to_lulea(region, next_attempt_at=region.now)
    hand_over(region, Response())
    assert region.deliveries()[0]["receipt_due_at"] is not None
    assert overdue(region) == []
    to_lulea(region, resends=1)
    assert overdue(region) == [finding_text(region, "lulea", "3 h")]


def test_what_ended_is_not_late(region: Region) -> None:
    region.now -= 3 * HOUR
    fresh(region)
    hand_over(region, BUSY)
    region.now += MINUTE
    hand_over(region, Response())
    region.receipt("lulea", region.deliveries()[0]["content_id"])
    assert region.deliveries()[0]["failures"] == 1
    assert overdue(region) == []


def test_a_window_is_no_age_in_the_figures(region: Region) -> None:
    fails_for(region, 3 * HOUR)
    assert oldest_open(region) >= 3 * 3600
    close_now(region)
    assert oldest_open(region) == 0


def oldest_open(region: Region) -> float:
    """Return the present value of the metric for Luleå."""
    figures = metrics.figures_at(region.network, region.store, Counters(), utc_now())
    [samples] = [m.samples for m in figures if m.name == "adapter_oldest_open_seconds"]
    return next(s.value for s in samples if s.labels["endpoint"] == "lulea")


# What it costs


@pytest.mark.servers
def test_what_is_late_is_found_by_index_however_much_is_open(postgres_url: str) -> None:
    region = Region(postgres_url)
    fill_line(region.store, range(5000))
    count(region.store)
    with statements(region.store) as sent, region.store.begin() as tx:
        figures.oldest_late(tx, region.now)
    plan = "".join(plan_of(region.store, s) for s in sent)
    region.store.close()
    assert plan.count("delivery_due on delivery") == 2
    assert "delivery_troubled on delivery" in plan
    assert "Sort" not in plan.partition("delivery_troubled")[2]


def test_what_is_late_is_found_by_index_in_sqlite_too(region: Region) -> None:
    with statements(region.store) as sent, region.store.begin() as tx:
        figures.oldest_late(tx, region.now)
        [query] = sent
        rows = tx.execute(sa.text(f"explain query plan {query.replace('?', 'NULL')}"))
        plan = [row.detail for row in rows]
    assert any("USING INDEX delivery_troubled (endpoint=? AND created_at<?)" in d for d in plan)
    assert sum("USING INDEX delivery_due (endpoint=? AND state=?" in d for d in plan) == 2
    assert not any("TEMP B-TREE" in d for d in plan)
