"""The reading log: who has read what of patients, and a sample of each month to be checked.

PDL (SFS 2008:355) 4 kap. 3 § and HSLF-FS 2016:40 4 kap. 9 § ask for regular, documented checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from adapter.store import history
from adapter.store.queries import readings
from adapter.store.queries.summaries import HistoryEntry
from adapter.store.transaction import Transaction

_ZONE = ZoneInfo("Europe/Stockholm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A Swedish month."""

    name: str  # 2026-11
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some of the readings of a month, and who has checked the month before."""

    month: str
    total: int
    readings: tuple[HistoryEntry, ...]
    checks: tuple[HistoryEntry, ...]

    def own(self, who: str) -> int:
        """Return how many of these readings are this person's own."""
        return sum(each.who == who for each in self.readings)


def month(text: str) -> Month:
    """Return the month of a text such as `2026-11`; ValueError for another form."""
    first = date.fromisoformat(f"{text}-01")
    year, number = divmod(first.year * 12 + first.month, 12)
    return Month(name=text, since=_begin(first), until=_begin(date(year, number + 1, 1)))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), _ZONE)


def chosen(numbers: Sequence[int], of: str, size: int) -> list[int]:
    """Return `size` of the numbers: the same for everybody who looks at that month, in no order.

    Which ones cannot be known before they are written, because a number is not known before.
    """
    return sorted(numbers, key=lambda number: _lot(of, number))[:size]


def _lot(of: str, number: int) -> bytes:
    return hashlib.sha256(f"{of}:{number}".encode()).digest()


def sample(tx: Transaction, of: Month, size: int) -> Sample:
    """Return a sample of a month's readings, oldest first."""
    numbers = readings.numbers(tx, of.since, of.until)
    return Sample(
        month=of.name,
        total=len(numbers),
        readings=tuple(readings.numbered(tx, chosen(numbers, of.name, size))),
        checks=tuple(readings.checks(tx, of.name, of.since)),
    )


def sign_off(tx: Transaction, checked: Sample, who: str, verdict: str, now: datetime) -> None:
    """Record that a person has checked a sample, and what was found."""
    own = f", {checked.own(who)} of them of {who}" if checked.own(who) else ""
    counts = f"{len(checked.readings)} of {checked.total} readings{own}"
    history.note(tx, now, readings.CHECKED, who=who, detail=f"{checked.month}: {counts}; {verdict}")
