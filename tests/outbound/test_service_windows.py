"""Service windows: deliveries are held without alarm, and sent when the window ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from adapter.core import service_windows
from adapter.core.endpoint import Closed, Endpoint
from adapter.core.errors import TransientError
from adapter.operate import maintenance
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.store import endpoints
from adapter.web import metrics
from adapter.web.counters import Counters
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.far_side import written
from tests.kit.region import SETTINGS, Region

HOUR = timedelta(hours=1)
NIGHT = Closed(since=time(22), until=time(4))  # T0 is a Monday at 10 in Sweden
TO_NIGHT, TO_MORNING = 12 * HOUR, 18 * HOUR  # from T0


@pytest.fixture
def nightly(region: Region) -> Region:
    """Return a region in which Luleå and Umeå are closed at night."""
    with_night(region)
    region.tells("hospital", drafts.note(visit="before", to=(UMEA,)))
    assert len(region.inbox("umea")) == 1
    return region


def with_night(region: Region, **more: object) -> None:
    """Close every endpoint at night except the hospital and the planning service."""
    open_, closed = SETTINGS.endpoints[:2], SETTINGS.endpoints[2:]
    changed = tuple(replace(e, closed=(NIGHT,), **more) for e in closed)  # type: ignore[arg-type]
    region.with_settings(endpoints=(*open_, *changed))


def lulea(region: Region) -> Endpoint:
    """Return the settings of Luleå."""
    return region.network.endpoint("lulea")


def gauge(region: Region, name: str) -> float:
    """Return the present value of a metric for Luleå."""
    metrics_now = metrics.figures_at(region.network, region.store, Counters(), region.now)
    return next(
        s.value
        for f in metrics_now
        if f.name == name
        for s in f.samples
        if s.labels["endpoint"] == "lulea"
    )


def test_what_comes_while_it_is_closed_is_held_and_goes_when_it_opens(nightly: Region) -> None:
    nightly.now += TO_NIGHT
    nightly.tells("hospital", drafts.note())
    assert nightly.events("lulea") == []
    assert nightly.attempts(nightly.deliveries()[-1]["id"]) == []
    until = service_windows.closed_until(lulea(nightly), nightly.now)
    assert until is not None
    nightly.turn(until - nightly.now - timedelta(seconds=1))
    assert nightly.events("lulea") == []
    nightly.turn(timedelta(seconds=1))
    assert nightly.events("lulea") == ["message"]


def test_endpoints_without_a_service_window_are_not_held(nightly: Region) -> None:
    nightly.now += TO_NIGHT
    content = nightly.tells("hospital", drafts.note(to=(drafts.PLANNING,)))
    assert content
    assert nightly.events("planning") == ["message"]


def test_a_window_is_no_delay_in_the_figures(nightly: Region) -> None:
    nightly.now += TO_NIGHT
    nightly.tells("hospital", drafts.note())
    nightly.now += 3 * HOUR
    assert gauge(nightly, "adapter_endpoint_closed") == 1
    assert gauge(nightly, "adapter_oldest_due_seconds") == 0
    nightly.now += 3 * HOUR + timedelta(seconds=5)
    assert gauge(nightly, "adapter_endpoint_closed") == 0
    assert gauge(nightly, "adapter_oldest_due_seconds") == 5


def test_a_failure_that_a_window_breaks_off_opens_no_circuit(nightly: Region) -> None:
    nightly.now += TO_NIGHT - timedelta(seconds=1)
    for visit in range(endpoints.CIRCUIT_OPENS_AFTER):
        written_to(nightly, f"V{visit}")
    batch = claim(nightly.store, nightly.network, {"lulea": 50}, nightly.now)
    nightly.now += timedelta(seconds=2)
    gone = [TransientError("unreachable") for _ in batch]
    nightly.written(send.Sent(batch=batch, outcomes=gone, at=nightly.now))
    assert len(batch) == endpoints.CIRCUIT_OPENS_AFTER
    assert nightly.history("circuit-opened") == []


def written_to(region: Region, visit: str) -> None:
    """Store a message that waits for Luleå."""
    region.says("hospital", drafts.note(visit=visit))
    sent, region.send = region.send, lambda: 0  # type: ignore[method-assign]
    region.turn()
    region.send = sent  # type: ignore[method-assign]


def test_nothing_expires_while_it_is_closed_and_it_gets_one_attempt_after(
    region: Region,
) -> None:
    with_night(region, expire_after=8 * HOUR)
    region.now += TO_NIGHT - 3 * HOUR
    with region.store.begin() as tx:
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER):
            endpoints.failed(tx, "lulea", region.now + 4 * HOUR)
    region.tells("hospital", drafts.note())
    region.now += 9 * HOUR - timedelta(seconds=1)  # over for an hour, and still closed
    assert maintenance.expire(region.store, region.network, region.now) == 0
    region.now += timedelta(seconds=1)
    assert maintenance.expire(region.store, region.network, region.now) == 0  # just opened
    region.turn()
    assert region.events("lulea") == ["message"]


def test_the_attempt_after_a_window_is_the_last_of_what_expired_in_it(region: Region) -> None:
    with_night(region, expire_after=8 * HOUR)
    region.now += TO_NIGHT - 3 * HOUR
    written(region)
    region.now += 9 * HOUR
    region.down = {"lulea"}
    region.turn()
    [row] = region.deliveries(event="message")
    assert (row["attempt"], row["state"], row["code"]) == (1, "dead", "expired")


def test_what_stands_behind_another_of_its_case_gets_its_attempt_as_well(region: Region) -> None:
    with_night(region, expire_after=4 * HOUR)
    region.now += TO_NIGHT
    contents = [region.tells("hospital", drafts.note(f"{n}")) for n in range(3)]
    region.turn(6 * HOUR)
    for content in contents:
        for _ in range(3):
            region.turn(30 * timedelta(seconds=1))
            maintenance.expire(region.store, region.network, region.now)
        assert region.events("lulea") == ["message"]
        region.receipt("lulea", content)
    assert {d["state"] for d in region.deliveries(event="message")} == {"accepted"}


def test_a_receipt_that_is_missing_because_of_a_window_is_asked_for_once_more(
    region: Region,
) -> None:
    with_night(region, receipt_resends=0, expire_after=HOUR)
    region.now += TO_NIGHT - timedelta(minutes=10)
    region.tells("hospital", drafts.note())
    assert len(region.inbox("lulea")) == 1
    region.turn(TO_MORNING - TO_NIGHT + timedelta(minutes=10))
    assert len(region.inbox("lulea")) == 1
    region.turn(timedelta(minutes=30))
    assert region.inbox("lulea") == []
    assert region.deliveries(event="message")[0]["code"] == "expired"


def test_a_window_between_two_moments_holds_once(region: Region) -> None:
    moments = (region.now - HOUR, region.now + HOUR)
    once = Closed(since=moments[0], until=moments[1])
    changed = [replace(e, closed=(once,)) if e.name == "lulea" else e for e in SETTINGS.endpoints]
    region.with_settings(endpoints=tuple(changed))
    region.tells("hospital", drafts.note())
    assert region.events("lulea") == []
    region.turn(HOUR)
    assert region.events("lulea") == ["message"]


def test_t0_is_what_these_tests_take_it_for() -> None:
    shown = drafts.T0.astimezone(service_windows.ZoneInfo("Europe/Stockholm"))
    assert shown.replace(tzinfo=None) == datetime(2026, 3, 2, 10)  # noqa: DTZ001
