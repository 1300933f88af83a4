"""Deadlines, counted in hours or in Swedish working days (arbetsdagar)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from adapter.core.endpoint import Within

_DAY = timedelta(days=1)
_SATURDAY, _FRIDAY = 5, 4


def due(start: datetime, within: Within, zone: str = "Europe/Stockholm") -> datetime:
    """Return the deadline in UTC: `start` plus `within`.

    A duration is elapsed time, also across a change of the clock. N working days end N working
    days later at the same local time. A start on a day that is not a working day counts from the
    beginning of the next one. So "1 working day" from Friday 16:00 ends on Monday 16:00, and from
    Saturday at the end of Monday (Tuesday 00:00). When both are given, the duration follows the
    days.

    `start` must be aware (ValueError). Working days are those of Sweden, whatever the zone.
    """
    if start.utcoffset() is None:
        raise ValueError("start has no time zone")
    moved = (
        _after_days(start, within.working_days, ZoneInfo(zone)) if within.working_days else start
    )
    return moved.astimezone(UTC) + within.duration


def is_working_day(day: date) -> bool:
    """Whether a day is a working day in Sweden (arbetsdag).

    It is not when it is a Sunday, public holiday, Saturday, midsommarafton, julafton or
    nyårsafton: lag (1930:173) om beräkning av lagstadgad tid, 2 §. The public holidays are those
    of lag (1989:253) om allmänna helgdagar.
    """
    return not (day.weekday() >= _SATURDAY or _is_evening(day) or day in _public(day.year))


def _after_days(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    local = start.astimezone(zone)
    if not is_working_day(local.date()):
        local = datetime.combine(_next(local.date()), time(), zone)
    day = local.date()
    for _ in range(days):
        day = _next(day)
    return datetime.combine(day, local.time(), zone)


def _next(day: date) -> date:
    day += _DAY
    while not is_working_day(day):
        day += _DAY
    return day


def _is_evening(day: date) -> bool:
    """Whether a day is julafton, nyårsafton or midsommarafton (the Friday of 19 to 25 June)."""
    if day.month == 12:
        return day.day in (24, 31)
    return day.month == 6 and 19 <= day.day <= 25 and day.weekday() == _FRIDAY


@lru_cache(maxsize=16)
def _public(year: int) -> frozenset[date]:
    import holidays  # slow, and only deadlines need it

    return frozenset(holidays.country_holidays("SE", years=year))
