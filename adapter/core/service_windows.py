"""When an endpoint is closed: its service windows, in its own time zone. Pure.

On the two days a year when the clock changes, a window may be an hour too long, never too short.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapter.core.endpoint import Closed, Day, Endpoint

_DAYS = tuple(Day)  # Monday is 0, as for datetime
_WEEK = timedelta(days=7)
_Interval = tuple[datetime, datetime]


def closed_until(endpoint: Endpoint, now: datetime) -> datetime | None:
    """Return when a closed endpoint opens; None when it is open now. Windows may overlap."""
    until = now
    for _ in range(8 * len(endpoint.closed)):  # a weekly window starts seven times, others once
        later = max((end for _, end in _containing(endpoint, until)), default=until)
        if later == until:
            break
        until = later
    return until if until > now else None


def opened(endpoint: Endpoint, now: datetime) -> datetime | None:
    """Return when the last window before `now` ended; None without one.

    Weekly windows are looked for eight days back.
    """
    days = _days(endpoint, now, back=8)
    ends = (end for _, end in _windows(endpoint, days) if end <= now)
    return max(ends, default=None)


def overdue(endpoint: Endpoint | None, due: datetime | None, now: datetime) -> float:
    """Return how long a delivery is overdue, in seconds; service windows do not count."""
    if due is None or (endpoint and closed_until(endpoint, now)):
        return 0.0
    since = opened(endpoint, now) if endpoint else None
    return max(0.0, (now - max(due, since or due)).total_seconds())


def never_opens(endpoint: Endpoint) -> bool:
    """Whether the weekly windows leave no time open."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    until = closed_until(endpoint, begin)
    return until is not None and until > begin + _WEEK


def _containing(endpoint: Endpoint, now: datetime) -> Iterator[_Interval]:
    """Yield the windows that contain `now`."""
    for window in _windows(endpoint, _days(endpoint, now, back=1)):
        if window[0] <= now < window[1]:
            yield window


def _days(endpoint: Endpoint, now: datetime, back: int) -> list[date]:
    today = now.astimezone(ZoneInfo(endpoint.zone)).date()
    return [today - timedelta(days=n) for n in range(back + 1)]


def _windows(endpoint: Endpoint, days: list[date]) -> Iterator[_Interval]:
    zone = ZoneInfo(endpoint.zone)
    for window in endpoint.closed:
        if isinstance(window.since, datetime) and isinstance(window.until, datetime):
            yield _earliest(window.since, zone), _latest(window.until, zone)
        elif isinstance(window.since, time) and isinstance(window.until, time):
            yield from (
                _weekly(day, window.since, window.until, zone)
                for day in days
                if _includes(window, day)
            )


def _includes(window: Closed, day: date) -> bool:
    return not window.days or _DAYS[day.weekday()] in window.days


def _weekly(day: date, since: time, until: time, zone: ZoneInfo) -> _Interval:
    end = day if until > since else day + timedelta(days=1)
    return _earliest(datetime.combine(day, since), zone), _latest(
        datetime.combine(end, until), zone
    )


def _earliest(at: datetime, zone: ZoneInfo) -> datetime:
    return min(_moments(at, zone))


def _latest(at: datetime, zone: ZoneInfo) -> datetime:
    return max(_moments(at, zone))


def _moments(at: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return what a local time may mean: two moments in the hour that is repeated or skipped."""
    if at.tzinfo is not None:
        return [at.astimezone(UTC)]
    return [at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
