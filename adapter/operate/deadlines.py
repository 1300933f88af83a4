"""What falls due: the times that the law sets, and the timers of deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.operate.waiting import waiting
from adapter.store.queries import timers
from adapter.store.queries.dead import DeadLetter
from adapter.store.queries.timers import HOURS, DueCount
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Each legal time that ends within 24 hours, first due first; and all that falls due, counted.

    What is overdue is in both.
    """

    legal: tuple[DeadLetter, ...]
    counts: tuple[DueCount, ...]  # by endpoint and what it is


def deadlines(tx: Transaction, now: datetime) -> Deadlines:
    """Return what falls due within 24 hours of a time."""
    end = now + timedelta(hours=max(HOURS))
    letters = (letter for cause in waiting(tx) for letter in cause.letters)
    legal = [letter for letter in letters if letter.due_at and letter.due_at <= end]
    legal.sort(key=_due)
    counts = [*_counted(legal, now), *timers.due_counts(tx, now)]
    by_partner = sorted(counts, key=lambda count: (count.endpoint, count.what))
    return Deadlines(legal=tuple(legal), counts=tuple(by_partner))


def _due(letter: DeadLetter) -> datetime:
    assert letter.due_at
    return letter.due_at


def _counted(legal: Iterable[DeadLetter], now: datetime) -> Iterator[DueCount]:
    by_kind: dict[tuple[str, str], Counter[str]] = {}
    for letter in legal:
        counter = by_kind.setdefault((letter.endpoint, letter.code), Counter())
        counter.update(_columns(_due(letter), now))
    for (endpoint, what), counter in by_kind.items():
        numbers = {name: counter[name] for name in ("overdue", *map(_within, HOURS))}
        yield DueCount(endpoint=endpoint, what=what, **numbers)


def _columns(due_at: datetime, now: datetime) -> list[str]:
    if due_at <= now:
        return ["overdue"]
    return [_within(hours) for hours in HOURS if due_at <= now + timedelta(hours=hours)]


def _within(hours: int) -> str:
    return f"in_{hours}h"
