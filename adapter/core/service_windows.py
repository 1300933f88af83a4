"""When an endpoint is closed: its service windows, by its own clock. Pure.

On the two days when the clock is changed a window is rather an hour too long than too short.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapter.core.endpoint import Closed, Day, Endpoint

_DAYS = tuple(Day)  # Monday is 0, as for datetime
_WEEK = timedelta(days=7)
_Span = tuple[datetime, datetime]


def closed_until(endpoint: Endpoint, now: datetime) -> datetime | None:
    """When an endpoint that is closed now opens; None when it is open. Windows may overlap."""
    until = now
    for _ in range(8 * len(endpoint.closed)):  # of each, a week and what comes once
        later = max((end for _, end in _around(endpoint, until)), default=until)
        if later == until:
            break
        until = later
    return until if until > now else None


def opened(endpoint: Endpoint, now: datetime) -> datetime | None:
    """When its last window ended before now; None when it had none of late."""
    days = _days(endpoint, now, back=8)
    ends = (end for _, end in _spans(endpoint, days) if end <= now)
    return max(ends, default=None)


def overdue(endpoint: Endpoint | None, due: datetime | None, now: datetime) -> float:
    """Seconds in which it could have been sent: a service window is nobody's delay."""
    if due is None or (endpoint and closed_until(endpoint, now)):
        return 0.0
    since = opened(endpoint, now) if endpoint else None
    return max(0.0, (now - max(due, since or due)).total_seconds())


def never_opens(endpoint: Endpoint) -> bool:
    """Whether its weekly windows leave nothing open."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    until = closed_until(endpoint, begin)
    return until is not None and until > begin + _WEEK


def _around(endpoint: Endpoint, now: datetime) -> Iterator[_Span]:
    """The windows that now lies in."""
    for span in _spans(endpoint, _days(endpoint, now, back=1)):
        if span[0] <= now < span[1]:
            yield span


def _days(endpoint: Endpoint, now: datetime, back: int) -> list[date]:
    today = now.astimezone(ZoneInfo(endpoint.zone)).date()
    return [today - timedelta(days=n) for n in range(back + 1)]


def _spans(endpoint: Endpoint, days: list[date]) -> Iterator[_Span]:
    zone = ZoneInfo(endpoint.zone)
    for window in endpoint.closed:
        if isinstance(window.since, datetime) and isinstance(window.until, datetime):
            yield _first(window.since, zone), _last(window.until, zone)
        elif isinstance(window.since, time) and isinstance(window.until, time):
            yield from (
                _weekly(day, window.since, window.until, zone) for day in days if _on(window, day)
            )


def _on(window: Closed, day: date) -> bool:
    return not window.days or _DAYS[day.weekday()] in window.days


def _weekly(day: date, since: time, until: time, zone: ZoneInfo) -> _Span:
    end = day if until > since else day + timedelta(days=1)
    return _first(datetime.combine(day, since), zone), _last(datetime.combine(end, until), zone)


def _first(at: datetime, zone: ZoneInfo) -> datetime:
    return min(_moments(at, zone))


def _last(at: datetime, zone: ZoneInfo) -> datetime:
    return max(_moments(at, zone))


def _moments(at: datetime, zone: ZoneInfo) -> list[datetime]:
    """What a time of the clock may mean: two moments in the hour that comes twice, or never."""
    if at.tzinfo is not None:
        return [at.astimezone(UTC)]
    return [at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
