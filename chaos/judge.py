"""What became of every message, from the ledger alone. Pure: lines in, counts out.

Five counts must be zero. Each is documented, with what is not counted, in docs/guarantees.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from chaos.cast import ON_THE_BUS
from chaos.evidence import FINAL, NEVER, Evidence, Sent, name
from chaos.ledger import Line, Saw


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The counts, and for each problem a line that names it."""

    messages: int
    copies: int  # arrivals with the same ids as an earlier one: allowed, and counted
    poisoned: int
    reported: int
    problems: dict[str, list[str]]

    def count(self, what: str) -> int:
        """How many problems of a name there are."""
        return len(self.problems[what])

    @property
    def clean(self) -> bool:
        """Whether all five are zero, and of something: nothing seen is nothing shown."""
        return self.messages > 0 and not any(self.problems.values())

    @property
    def beyond_healing(self) -> bool:
        """Whether something is wrong that waiting cannot mend."""
        return any(self.problems[what] for what in ("doubled", "misordered", "misdelivered"))


def judge(lines: Iterable[Line]) -> Verdict:
    """Weigh a whole ledger."""
    found = Evidence(lines)
    problems = {
        "lost": list(_lost(found)),
        "doubled": [name(*key) for key, a in found.arrived.items() if a.doubled],
        "misordered": list(_misordered(found)),
        "misdelivered": [*found.strays, *_denied(found)],
        "unreceipted": list(_unreceipted(found)),
    }
    return Verdict(
        messages=len(found.sent),
        copies=sum(a.copies for a in found.arrived.values()),
        poisoned=sum(s.first.poison for s in found.sent.values()),
        reported=sum(len(s.reported) for s in found.sent.values()),
        problems=problems,
    )


def _lost(found: Evidence) -> Iterator[str]:
    """Answered for good, and yet somebody addressed has it not, and the sender was not told why.

    Nothing is wrong with any message but the poison: a refusal loses it just as an `ok` does, and
    a report excuses only what its receiver itself had refused.
    """
    for sent in found.sent.values():
        if sent.receipt not in (("ok",) if sent.first.poison else FINAL):
            continue
        for who in sent.first.to:
            key = (who, *sent.key)
            if key not in found.arrived and not _given_up(found, key):
                yield name(*key)


def _given_up(found: Evidence, key: tuple[str, str, int]) -> bool:
    """Refused by its receiver, and its sender told."""
    who, *place = key
    return key in found.refused and who in found.sent[place[0], place[1]].reported


def _denied(found: Evidence) -> Iterator[str]:
    """Arrived, although its sender was told that it would not: by a refusal, or by a report of
    what nobody had refused. What was refused, reported and replayed is none."""
    for key in found.arrived:
        who, case, number = key
        sent = found.sent[case, number]
        groundless = who in sent.reported and key not in found.refused
        if sent.receipt == "fatal-error" or groundless:
            yield name(*key)


def _unreceipted(found: Evidence) -> Iterator[str]:
    """No final receipt, or two that contradict each other; poison need only be answered."""
    for sent in found.sent.values():
        answered = sent.receipt in FINAL or (sent.first.poison and sent.receipt)
        if not answered or sent.contradicted:
            yield name(sent.first.who, *sent.key)


def _misordered(found: Evidence) -> Iterator[str]:
    """Arrived after one that was sent later, where the order in which they left is certain."""
    by_case: dict[tuple[str, str], list[_Arrival]] = defaultdict(list)
    for key, arrivals in found.arrived.items():
        dead = found.refused[key] if _given_up(found, key) else NEVER
        sent = found.sent[key[1], key[2]]
        one = _Arrival(at=arrivals.first, dead=dead, sent=sent)
        by_case[arrivals.who[0], key[1]].append(one)
    for (who, _), arrived in by_case.items():
        arrived.sort(key=lambda one: one.sent.key)
        for place, one in enumerate(arrived):
            if any(one.overtaken(other) for other in arrived[place + 1 :]):
                yield name(who, *one.sent.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """A first arrival; `dead` is since when the adapter need hold back nothing for it."""

    at: float
    dead: float
    sent: Sent

    def overtaken(self, other: _Arrival) -> bool:
        """Whether a later one came before this, while this was not dead."""
        before = other.at < min(self.at, self.dead)
        return before and _certainly_before(self.sent, other.sent)


def _certainly_before(one: Sent, other: Sent) -> bool:
    """It was receipted before the other left; or it left once until then, before the other, on
    one connection. A first one that was repeated may have been lost before the other left."""
    if one.receipted <= other.at[0]:
        return True
    repeated = any(at < one.receipted for at in one.at[1:])
    return bool(one.first.burst) and one.first.burst == other.first.burst and not repeated


_BARS = ("store-",)
_BARS_ON_THE_BUS = (*_BARS, "broker-", "queue-", "party-away")
"""Faults that leave a sender no way at all while they last, by how their names begin."""
_ON_THE_BUS = {party.endpoint for party in ON_THE_BUS}


def recovery(lines: Iterable[Line]) -> float:
    """The longest time, in seconds, from a mended fault until each sender was served again.

    Served: a message that it sent after the mending has its final receipt. Who was not served
    before the next fault barred the way, or before the ledger ended, has waited at least so long;
    who sent nothing more, until the end of the load.
    """
    kept = list(lines)
    journeys: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for sent in Evidence(kept).sent.values():
        journeys[sent.first.who].append((sent.at[0], sent.receipted))
    waits = (_waits(_calm(kept, who), of_sender) for who, of_sender in journeys.items())
    return max(chain([0.0], *waits))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calm:
    """From a mending that left a sender's way free until another fault barred it, if one did."""

    since: float
    until: float
    idle: float  # until when the sender may yet begin something


def _calm(lines: Sequence[Line], who: str) -> Iterator[_Calm]:
    mended: list[float] = []
    barred = 0
    for line in lines:
        bars = line.kind.startswith(_BARS_ON_THE_BUS if who in _ON_THE_BUS else _BARS)
        if line.what is Saw.FAULT and bars:
            yield from (_Calm(since=at, until=line.at, idle=line.at) for at in mended)
            mended, barred = [], barred + 1
        elif line.what is Saw.HEALED:
            barred -= bars
            mended += [] if barred else [line.at]
        elif line.what is Saw.ENDED:
            yield from (_Calm(since=at, until=lines[-1].at, idle=line.at) for at in mended)
            return


def _waits(calm: Iterable[_Calm], journeys: Sequence[tuple[float, float]]) -> Iterator[float]:
    for one in calm:
        served = min((done for left, done in journeys if left >= one.since), default=one.idle)
        yield min(served, one.until) - one.since
