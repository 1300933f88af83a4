"""How a receiver answers: mostly well. Seeded by what came, so that a seed repeats itself."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from chaos.cast import ON_THE_BUS


class Manner(StrEnum):
    """What a receiver does with a message, the first time that it sees it."""

    WELL = "well"
    LOSE = "receipt-lost"  # it has the message, and its receipt never leaves
    DOUBLE = "receipt-doubled"
    LATE = "receipt-late"
    WRONG = "receipt-for-another"  # the receipt names a message that it never got
    NOT_NOW = "refused-for-now"  # it has not taken it
    REFUSE = "refused"  # it has not taken it, and says that it never will
    GARBLE = "answer-garbled"  # what comes back is no receipt


_PER_MILLE = {
    Manner.LOSE: 25,
    Manner.DOUBLE: 15,
    Manner.LATE: 15,
    Manner.WRONG: 10,
    Manner.NOT_NOW: 25,
    Manner.REFUSE: 6,
    Manner.GARBLE: 10,
}
_MAY_DOUBLE = {party.endpoint for party in ON_THE_BUS}
"""One HTTP request has one answer."""


@dataclass(slots=True, kw_only=True)
class Manners:
    """Decides, and counts what was ill."""

    seed: str
    counts: Counter[str] = field(default_factory=Counter)
    _seen: set[tuple[str, str, int]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def towards(self, who: str, case: str, number: int) -> Manner:
        """How `who` takes this; every copy of it is taken well."""
        with self._lock:
            if (who, case, number) in self._seen:
                return Manner.WELL
            self._seen.add((who, case, number))
            found = _drawn(random.Random(f"{self.seed}/{who}/{case}/{number}"))
            if found is Manner.DOUBLE and who not in _MAY_DOUBLE:
                return Manner.WELL
            if found is not Manner.WELL:
                self.counts[found] += 1
            return found

    def count(self, kind: str) -> None:
        """Something else ill was done."""
        with self._lock:
            self.counts[kind] += 1


def _drawn(chance: random.Random) -> Manner:
    left = chance.randrange(1000)
    for manner, share in _PER_MILLE.items():
        left -= share
        if left < 0:
            return manner
    return Manner.WELL
