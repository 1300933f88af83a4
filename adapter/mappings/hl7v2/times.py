"""Times of HL7 v2 (TS, DTM): what they say, in which zone, and how finely.

A time without an offset is in the endpoint's zone, also where MSH-7 has an offset: local times
with an offset in the header alone are common, and the header's is then wrong in half the year.
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
_DAY = 3
_SOONEST, _LATEST = 1900, 2199  # zones have whole minutes since, and nobody plans beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time, and how many of its parts were given (1 the year, 2 the month, 3 the day …)."""

    at: datetime  # aware; midnight where only a day was given
    parts: int

    def precedes(self, other: Moment) -> bool:
        """Whether it is surely earlier: by days, where either has no more."""
        if min(self.parts, other.parts) <= _DAY:
            return self.at.date() < other.at.date()
        return self.at < other.at

    def fhir(self) -> str:
        """As a FHIR dateTime that is no finer than what came."""
        if self.parts > _DAY:
            return self.at.isoformat()
        return self.at.date().isoformat()[: (4, 7, 10)[self.parts - 1]]


def exact(at: datetime) -> Moment:
    """A time of which everything is known."""
    return Moment(at=at, parts=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Reads the times of one message, and tells what is odd about them."""

    zone: ZoneInfo
    context: Context

    def moment(self, text: str, path: str) -> Moment | None:
        """The time that stands at a path; None for none, and, with a warning, for nonsense."""
        if not text:
            return None
        try:
            return self._read(text, path)
        except ValueError:
            self.tell("bad-time", path)
            return None

    def _read(self, text: str, path: str) -> Moment:
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError
        *given, fraction, offset = found.groups()
        numbers = [int(part) for part in given if part is not None]
        if not _SOONEST <= numbers[0] <= _LATEST:
            raise ValueError
        naive = datetime(*(numbers + [1, 1][len(numbers) - 1 :]))  # type: ignore[arg-type] # noqa: DTZ001
        naive += timedelta(microseconds=int((fraction or "").ljust(6, "0")))
        at = self._placed(naive, offset or "", path, len(numbers))
        return Moment(at=at, parts=len(numbers))

    def _placed(self, naive: datetime, offset: str, path: str, parts: int) -> datetime:
        if offset and parts > _DAY:
            return naive.replace(tzinfo=_offset(offset))
        local = naive.replace(tzinfo=self.zone)
        if parts <= _DAY:
            return local
        self._tell_naive(local, path)
        return local.astimezone(UTC).astimezone(self.zone)  # moves a time that does not exist

    def _tell_naive(self, local: datetime, path: str) -> None:
        """Once a message is enough; but each time that the clocks' change makes doubtful."""
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            self.tell("naive-time", path, "the clocks changed: read as before the change")
        elif all(issue.code != "naive-time" for issue in self.context.issues):
            self.tell("naive-time", path)

    def tell(self, code: ErrorCode, path: str, detail: str = "") -> None:
        """A warning; once, however often a field is asked."""
        told = {(issue.code, issue.expression) for issue in self.context.issues}
        if (code, path) not in told:
            self.context.warn(code, path, detail)


def _offset(text: str) -> tzinfo:
    hours, minutes = int(text[1:3]), int(text[3:5])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if text[0] == "-" else size)


def clock(context: Context) -> Clock:
    """The clock of a sender; FatalError `settings` where its zone is unknown."""
    try:
        return Clock(zone=ZoneInfo(context.sender.zone), context=context)
    except (KeyError, ValueError, OSError) as error:
        raise FatalError("settings", "the endpoint's zone is unknown") from error


def day(text: str) -> str | None:
    """A date of birth as FHIR date, no finer than what came; None for nonsense."""
    found = re.fullmatch(r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})[0-9.+-]*)?)?", text)
    if found is None:
        return None
    parts = [p for p in found.groups() if p is not None]
    try:
        date(*(int(p) for p in [*parts, "1", "1"][:3]))
    except ValueError:
        return None
    return "-".join(parts)
