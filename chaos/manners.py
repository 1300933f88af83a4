"""How a receiver responds to a message: mostly well. The seed and the message decide."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from chaos.parties import ON_THE_BUS


class Manner(StrEnum):
    """What a receiver does with a message when it first sees it."""

    WELL = "well"
    LOSE = "receipt-lost"  # it has the message, but sends no receipt
    DOUBLE = "receipt-doubled"
    LATE = "receipt-late"
    WRONG = "receipt-for-another"  # the receipt is about a message that it never got
    NOT_NOW = "refused-for-now"  # it does not keep it, and asks to get it later
    REFUSE = "refused"  # it does not keep it, and says that it never will
    GARBLE = "answer-garbled"  # it responds with something that is no receipt


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
"""A receiver on HTTP cannot: one request has one response."""


@dataclass(slots=True, kw_only=True)
class Manners:
    """Decides how receivers respond, and counts every manner except `well`."""

    seed: str
    counts: Counter[str] = field(default_factory=Counter)
    _seen: set[tuple[str, str, int]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def towards(self, who: str, case: str, number: int) -> Manner:
        """Return how `who` responds to a message; a copy of it is always taken well."""
        with self._lock:
            if (who, case, number) in self._seen:
                return Manner.WELL
            self._seen.add((who, case, number))
            manner = _drawn(random.Random(f"{self.seed}/{who}/{case}/{number}"))
            if manner is Manner.DOUBLE and who not in _MAY_DOUBLE:
                return Manner.WELL
            if manner is not Manner.WELL:
                self.counts[manner] += 1
            return manner

    def count(self, kind: str) -> None:
        """Count a fault of another kind, by a sender."""
        with self._lock:
            self.counts[kind] += 1


def _drawn(chance: random.Random) -> Manner:
    left = chance.randrange(1000)
    for manner, share in _PER_MILLE.items():
        left -= share
        if left < 0:
            return manner
    return Manner.WELL
