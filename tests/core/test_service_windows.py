"""When an endpoint is closed: weekly, once, over midnight, and where the clock is changed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core import service_windows
from adapter.core.endpoint import Closed, Day, Endpoint

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SUMMER, WINTER = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
"""When the clock is put forward, and back."""


def endpoint(*closed: Closed, zone: str = "Europe/Stockholm") -> Endpoint:
    """One that is closed then."""
    name: dict[str, Any] = {"name": "lulea", "organization": "SE1", "system": "fhir"}
    return Endpoint(**name, transport="http", closed=closed, zone=zone)


def weekly(since: str, until: str, *days: Day) -> Closed:
    """A weekly window."""
    return Closed(since=time.fromisoformat(since), until=time.fromisoformat(until), days=days)


def local(text: str) -> datetime:
    """A time in Sweden."""
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


NIGHT = endpoint(weekly("22:00", "04:00", Day.SAT, Day.SUN))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-06T23:00", None),  # a Friday
        ("2026-03-07T21:59:59", None),
        ("2026-03-07T22:00", "2026-03-08T04:00"),
        ("2026-03-08T03:59:59", "2026-03-08T04:00"),
        ("2026-03-08T04:00", None),
        ("2026-03-09T03:00", "2026-03-09T04:00"),  # the night after Sunday
        ("2026-03-09T22:00", None),
    ],
)
def test_a_weekly_window_goes_over_midnight_from_the_days_that_it_names(
    now: str, until: str | None
) -> None:
    assert service_windows.closed_until(NIGHT, local(now)) == (local(until) if until else None)


def test_a_window_without_days_is_every_day_and_equal_times_are_a_whole_day() -> None:
    noon = endpoint(weekly("12:00", "12:30"))
    assert service_windows.closed_until(noon, local("2026-03-04T12:10")) == local(
        "2026-03-04T12:30"
    )
    sunday = endpoint(weekly("00:00", "00:00", Day.SUN))
    assert service_windows.closed_until(sunday, local("2026-03-08T00:00")) == local(
        "2026-03-09T00:00"
    )
    assert service_windows.closed_until(sunday, local("2026-03-09T00:00")) is None


def test_windows_that_touch_are_one() -> None:
    both = endpoint(weekly("20:00", "22:00"), weekly("21:00", "23:00"), weekly("23:00", "01:00"))
    assert service_windows.closed_until(both, local("2026-03-04T20:30")) == local(
        "2026-03-05T01:00"
    )


def test_a_window_between_two_moments_is_by_the_endpoints_clock_or_by_its_offset() -> None:
    since, until = datetime(2026, 12, 24, 12), datetime(2026, 12, 27, 8)  # noqa: DTZ001
    naive = endpoint(Closed(since=since, until=until))
    assert service_windows.closed_until(naive, local("2026-12-25T00:00")) == local(
        "2026-12-27T08:00"
    )
    finland = endpoint(Closed(since=since, until=until), zone="Europe/Helsinki")
    assert service_windows.closed_until(finland, local("2026-12-24T11:30")) == local(
        "2026-12-27T07:00"
    )
    aware = Closed(since=since.replace(tzinfo=UTC), until=until.replace(tzinfo=UTC))
    assert service_windows.closed_until(endpoint(aware), local("2026-12-24T12:30")) is None


def test_it_is_known_when_the_last_window_ended() -> None:
    assert service_windows.opened(NIGHT, local("2026-03-12T12:00")) == local("2026-03-09T04:00")
    assert service_windows.opened(endpoint(), local("2026-03-12T12:00")) is None


def test_an_hour_that_comes_twice_is_closed_both_times() -> None:
    late = endpoint(weekly("02:10", "02:20"))
    for half in (timedelta(minutes=-45), timedelta(minutes=15)):  # 02:15, twice
        assert service_windows.closed_until(late, WINTER + half) is not None
    assert service_windows.closed_until(late, WINTER + timedelta(minutes=20)) is None


def test_an_hour_that_never_comes_closes_nothing_for_longer_than_two_hours() -> None:
    lost = endpoint(weekly("02:10", "02:50"))
    until = service_windows.closed_until(lost, SUMMER)
    assert until is not None
    assert until - SUMMER < timedelta(hours=1)


def test_what_is_closed_all_week_never_opens() -> None:
    assert service_windows.never_opens(endpoint(weekly("00:00", "12:00"), weekly("12:00", "00:00")))
    assert not service_windows.never_opens(endpoint(weekly("00:00", "23:59")))


minutes = st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60))
windows = st.builds(
    Closed,
    since=minutes,
    until=minutes,
    days=st.lists(st.sampled_from(list(Day)), max_size=6, unique=True).map(tuple),
)
moments = st.integers(-3 * 24 * 60, 3 * 24 * 60).map(lambda m: timedelta(minutes=m))


def inside(window: Closed, now: datetime) -> bool:
    """Whether the clock on the wall shows a time of the window."""
    shown = now.astimezone(STOCKHOLM)
    at, today = shown.time(), list(Day)[shown.weekday()]
    yesterday = list(Day)[shown.weekday() - 1]
    assert isinstance(window.since, time)
    assert isinstance(window.until, time)
    begun, over = window.since <= at, at >= window.until
    named = window.days or tuple(Day)
    if window.since < window.until:
        return today in named and begun and not over
    return (today in named and begun) or (yesterday in named and not over)


@given(window=windows, change=st.sampled_from([SUMMER, WINTER]), after=moments)
def test_nothing_is_sent_while_the_clock_on_the_wall_says_closed(
    window: Closed, change: datetime, after: timedelta
) -> None:
    now = change + after
    until = service_windows.closed_until(endpoint(window), now)
    if inside(window, now):
        assert until is not None
    far = abs(after) > timedelta(hours=27)  # a window that cannot see the clock change
    if far and not inside(window, now):
        assert until is None


@given(one=windows, other=windows, change=st.sampled_from([SUMMER, WINTER]), after=moments)
def test_it_is_closed_until_it_opens_and_then_it_is_open(
    one: Closed, other: Closed, change: datetime, after: timedelta
) -> None:
    found, now = endpoint(one, other), change + after
    until = service_windows.closed_until(found, now)
    if until is None or service_windows.never_opens(found):
        return
    assert until > now
    assert service_windows.closed_until(found, until) is None
    assert service_windows.closed_until(found, until - timedelta(microseconds=1)) == until
    assert service_windows.opened(found, until) == until
