"""Read times of HL7 v2 (TS, DTM): the instant, the zone and the precision.

A time without an offset is in the endpoint's zone, even where MSH-7 has an offset. Many feeds put
a constant offset in the header alone, and it is then wrong for half the year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError
from adapter.mappings import Context

_FORM = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})"
    r"(?:\.([0-9]{1,6})[0-9]*)?)?)?)?)?)?([+-][0-9]{4})?",
    re.ASCII,
)
_DAY, _PARTS = 3, 6
_LEAP_SECOND = 60  # HL7 v2 allows 00 to 59, but feeds write it as ISO 8601 does
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # before 1900 the zones do not have whole minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time, and its precision: how many parts were given (1 year, 2 month, 3 day, 4 hour …)."""

    at: datetime  # aware; midnight where only a day was given
    parts: int

    def precedes(self, other: Moment) -> bool:
        """Whether it is certainly earlier: of the parts that both have, unless both have a time."""
        parts = min(self.parts, other.parts)
        if parts > _DAY:
            return self.at < other.at
        length = (4, 7, 10)[parts - 1]
        return self.at.date().isoformat()[:length] < other.at.date().isoformat()[:length]

    def fhir(self) -> str:
        """Return a FHIR dateTime with the precision that was given."""
        if self.parts > _DAY:
            return self.at.isoformat()
        return self.at.date().isoformat()[: (4, 7, 10)[self.parts - 1]]


def exact(at: datetime) -> Moment:
    """Return a moment with full precision."""
    return Moment(at=at, parts=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Reads the times of one message, and warns of doubtful ones."""

    zone: ZoneInfo
    context: Context

    def moment(self, text: str, path: str) -> Moment | None:
        """Return the time in `text`; None where it is empty, or unreadable (with a warning)."""
        if not text:
            return None
        try:
            return self._read(text, path)
        except ValueError:
            self.warn_once("bad-time", path)
            return None

    def _read(self, text: str, path: str) -> Moment:
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError
        *given, fraction, offset = match.groups()
        numbers = [int(part) for part in given if part is not None]
        if not _FIRST_YEAR <= numbers[0] <= _LAST_YEAR:
            raise ValueError
        naive = _naive(numbers) + timedelta(microseconds=int((fraction or "").ljust(6, "0")))
        at = self._in_zone(naive, offset or "", path, len(numbers))
        return Moment(at=at, parts=len(numbers))

    def _in_zone(self, naive: datetime, offset: str, path: str, parts: int) -> datetime:
        if offset and parts > _DAY:
            return naive.replace(tzinfo=_offset(offset))
        local = naive.replace(tzinfo=self.zone)
        if parts <= _DAY:
            return local
        self._warn_naive(local, path)
        return self._nearest(local)

    def _nearest(self, local: datetime) -> datetime:
        """Return the reading nearest to when we received it, of a time that occurs twice.

        A time that the clock change skipped is moved forward.
        """
        readings = [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
        if readings[0] > readings[1]:  # skipped: only the reading before the change moves forward
            readings.pop()
        received = self.context.recorded
        return min(readings, key=lambda at: abs(at - received)).astimezone(self.zone)

    def _warn_naive(self, local: datetime, path: str) -> None:
        """Warn once per message, and of each time that a clock change makes ambiguous."""
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            detail = "the clocks changed: the reading nearest to the reception was used"
            self.warn_once("naive-time", path, detail)
        elif all(issue.code != "naive-time" for issue in self.context.issues):
            self.warn_once("naive-time", path)

    def warn_once(self, code: ErrorCode, path: str, detail: str = "") -> None:
        """Add a warning, unless the same code and path have one."""
        warned = {(issue.code, issue.expression) for issue in self.context.issues}
        if (code, path) not in warned:
            self.context.warn(code, path, detail)


def _naive(numbers: list[int]) -> datetime:
    """Return the local time of the parts; second 60 is the first of the next minute, as in FHIR."""
    *before, last = numbers
    if len(numbers) == _PARTS and last == _LEAP_SECOND:
        return _naive([*before, last - 1]) + timedelta(seconds=1)
    return datetime(*(numbers + [1, 1][len(numbers) - 1 :]))  # type: ignore[arg-type] # noqa: DTZ001


def _offset(text: str) -> tzinfo:
    hours, minutes = int(text[1:3]), int(text[3:5])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if text[0] == "-" else size)


def sender_clock(context: Context) -> Clock:
    """Return the sender's clock; FatalError `settings` where its zone is unknown."""
    try:
        return Clock(zone=ZoneInfo(context.sender.zone), context=context)
    except (KeyError, ValueError, OSError) as error:
        raise FatalError("settings", "the endpoint's zone is unknown") from error


def fhir_date(text: str) -> str | None:
    """Return a date of birth as a FHIR date of the same precision; None where unreadable."""
    match = re.fullmatch(r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})[0-9.+-]*)?)?", text)
    if match is None:
        return None
    parts = [p for p in match.groups() if p is not None]
    try:
        date(*(int(p) for p in [*parts, "1", "1"][:3]))
    except ValueError:
        return None
    return "-".join(parts)
