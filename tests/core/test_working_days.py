"""When a time to act in runs out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.endpoint import Within
from adapter.core.working_days import due, is_working_day

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ONE_DAY = Within(working_days=1)

moments = st.datetimes(
    min_value=datetime(2015, 1, 1),  # noqa: DTZ001
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, STOCKHOLM, ZoneInfo("America/New_York")]),
)
days = st.integers(min_value=1, max_value=15)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-01",  # nyårsdagen, Thursday
        "2026-01-06",  # trettondedag jul, Tuesday
        "2026-04-03",  # långfredagen
        "2026-04-06",  # annandag påsk
        "2026-05-01",  # första maj, Friday
        "2026-05-14",  # Kristi himmelsfärdsdag
        "2025-06-06",  # nationaldagen, Friday
        "2026-06-19",  # midsommarafton
        "2026-12-24",  # julafton, Thursday
        "2026-12-25",  # juldagen, Friday
        "2024-12-26",  # annandag jul, Thursday
        "2026-12-31",  # nyårsafton, Thursday
        "2026-11-21",  # a Saturday
        "2026-11-22",  # a Sunday
    ],
)
def test_a_day_that_the_law_of_1930_names_is_not_a_working_day(day: str) -> None:
    assert not is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day",
    [
        "2026-04-02",  # skärtorsdagen
        "2026-04-30",  # valborgsmässoafton
        "2026-05-15",  # the Friday after Kristi himmelsfärdsdag (klämdag)
        "2026-05-25",  # annandag pingst, a working day since 2005
        "2026-06-18",  # the day before midsommarafton
        "2026-06-26",  # the Friday after midsummer
        "2026-10-30",  # allhelgonaafton
        "2026-12-23",
    ],
)
def test_a_short_day_and_a_squeezed_day_are_working_days(day: str) -> None:
    assert is_working_day(date.fromisoformat(day))


def test_one_working_day_from_friday_afternoon_ends_on_monday_afternoon() -> None:
    assert due(local("2026-11-20T16:00"), ONE_DAY) == local("2026-11-23T16:00")


def test_a_start_on_a_saturday_has_all_of_monday() -> None:
    assert due(local("2026-11-21T09:00"), ONE_DAY) == local("2026-11-24T00:00")


def test_what_comes_on_the_day_before_christmas_eve_waits_for_the_monday_after() -> None:
    assert due(local("2026-12-23T15:00"), ONE_DAY) == local("2026-12-28T15:00")


def test_days_are_counted_on_the_local_calendar_not_on_that_of_utc() -> None:
    late_on_thursday = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)  # Friday 00:30 in Stockholm
    assert due(late_on_thursday, ONE_DAY) == local("2026-11-23T00:30")


def test_the_clock_time_stays_when_summer_time_begins() -> None:
    ends = due(local("2026-03-27T16:00"), ONE_DAY)
    assert ends == local("2026-03-30T16:00")
    assert ends - local("2026-03-27T16:00") == timedelta(days=2, hours=23)


def test_a_duration_is_counted_through_the_change_of_clocks_and_through_weekends() -> None:
    start = local("2026-10-24T12:00")
    assert due(start, Within(duration=timedelta(hours=24))) == local("2026-10-25T11:00")


def test_a_duration_follows_the_days_when_both_are_given() -> None:
    both = Within(working_days=1, duration=timedelta(hours=2))
    assert due(local("2026-11-20T16:00"), both) == local("2026-11-23T18:00")


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        due(datetime(2026, 11, 20, 16, 0), ONE_DAY)  # noqa: DTZ001


@given(start=moments, count=days)
def test_the_end_of_a_count_in_days_is_on_a_working_day(start: datetime, count: int) -> None:
    assert is_working_day(due(start, Within(working_days=count)).astimezone(STOCKHOLM).date())


@given(start=moments, count=days)
def test_exactly_n_working_days_lie_between(start: datetime, count: int) -> None:
    begins = start.astimezone(STOCKHOLM).date()
    ends = due(start, Within(working_days=count)).astimezone(STOCKHOLM).date()
    between = [begins + timedelta(days=n) for n in range(1, (ends - begins).days + 1)]
    extra = 0 if is_working_day(begins) else 1  # the day that the count begins on
    assert sum(is_working_day(day) for day in between) == count + extra


@given(start=moments, count=days, later=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_who_starts_later_never_ends_earlier(start: datetime, count: int, later: timedelta) -> None:
    within = Within(working_days=count)
    begins = start.astimezone(UTC)
    assert due(begins, within) <= due(begins + later, within)


@given(start=moments, length=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_duration_is_exact_and_the_result_is_in_utc(start: datetime, length: timedelta) -> None:
    ends = due(start, Within(duration=length))
    assert ends.utcoffset() == timedelta(0)
    assert ends - start.astimezone(UTC) == length
