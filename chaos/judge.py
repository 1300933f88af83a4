"""What became of every message, from the ledger alone. Pure: lines in, counts out.

Five counts must be zero. Each is documented, with what is not counted, in docs/guarantees.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from chaos.cast import ON_THE_BUS, SUCCESSORS
from chaos.ledger import Line, Saw

FINAL = ("ok", "fatal-error")
NEVER = float("inf")


@dataclass(slots=True, kw_only=True)
class Sent:
    """One message of a sender, and what its sender heard of it."""

    first: Line
    at: list[float] = field(default_factory=list)  # of every copy that left
    receipt: str = ""  # the final one, or the last that is not final
    receipted: float = NEVER  # when the final one came
    reported: set[str] = field(default_factory=set)  # endpoints that a report named

    @property
    def key(self) -> tuple[str, int]:
        """Its place: case and number."""
        return self.first.case, self.first.number


@dataclass(slots=True, kw_only=True)
class Arrivals:
    """Everything that came to one mailbox, or to its successor, for one place in a case."""

    who: list[str] = field(default_factory=list)  # in order of arrival, each once
    contents: set[str] = field(default_factory=set)
    envelopes: set[str] = field(default_factory=set)
    first: float = NEVER
    copies: int = -1

    def add(self, line: Line) -> None:
        """One more arrival."""
        self.first = min(self.first, line.at)
        self.contents.add(line.content)
        self.envelopes.add(line.envelope)
        if line.who not in self.who:
            self.who.append(line.who)
        self.copies += 1

    @property
    def doubled(self) -> bool:
        """It came as more than one message, or both to a mailbox and to its successor."""
        return max(len(self.contents), len(self.envelopes), len(self.who)) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The counts, and for each problem a line that names it."""

    messages: int
    copies: int  # arrivals with the same ids as an earlier one: allowed, and counted
    poisoned: int
    reported: int
    problems: dict[str, list[str]]

    def count(self, name: str) -> int:
        """How many problems of a name there are."""
        return len(self.problems[name])

    @property
    def clean(self) -> bool:
        """Whether all five are zero."""
        return not any(self.problems.values())

    @property
    def beyond_healing(self) -> bool:
        """Whether something is wrong that waiting cannot mend."""
        return any(self.problems[name] for name in ("doubled", "misordered", "misdelivered"))


class _Case:
    """The ledger, sorted by message and mailbox."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.sent: dict[tuple[str, int], Sent] = {}
        self.contents: dict[str, Sent] = {}
        self.arrived: dict[tuple[str, str, int], Arrivals] = defaultdict(
            lambda: Arrivals()  # noqa: PLW0108 - the class itself would not type-check
        )
        self.strays: list[str] = []
        self.moved: dict[str, float] = {}
        for line in lines:
            self._take(line)

    def _take(self, line: Line) -> None:
        match line.what:
            case Saw.SENT:
                self._sent(line)
            case Saw.GOT:
                self._got(line)
            case Saw.RECEIPTED:
                self._receipted(line)
            case Saw.REPORTED if line.content in self.contents:
                missed = {SUCCESSORS.get(who, who) for who in line.to}
                self.contents[line.content].reported |= missed
            case Saw.MOVED:
                self.moved.setdefault(line.who, line.at)

    def _sent(self, line: Line) -> None:
        found = self.sent.setdefault((line.case, line.number), Sent(first=line))
        self.contents[line.content] = found
        found.at.append(line.at)

    def _got(self, line: Line) -> None:
        key = (line.case, line.number)
        if not self._addressed(line, self.sent.get(key)):
            self.strays.append(_name(line.who, *key))
            return
        self.arrived[SUCCESSORS.get(line.who, line.who), *key].add(line)

    def _addressed(self, line: Line, sent: Sent | None) -> bool:
        if sent is None:
            return False
        stands_in = self.moved.get(line.who, NEVER) <= line.at
        return line.who in sent.first.to or (
            stands_in and SUCCESSORS.get(line.who, "") in sent.first.to
        )

    def _receipted(self, line: Line) -> None:
        found = self.contents.get(line.content)
        if found is None or found.receipt in FINAL:
            return
        found.receipt = line.code
        if line.code in FINAL:
            found.receipted = line.at


def judge(lines: Iterable[Line]) -> Verdict:
    """Weigh a whole ledger."""
    found = _Case(lines)
    problems = {
        "lost": list(_lost(found)),
        "doubled": [_name(*key) for key, a in found.arrived.items() if a.doubled],
        "misordered": list(_misordered(found)),
        "misdelivered": found.strays,
        "unreceipted": list(_unreceipted(found)),
    }
    return Verdict(
        messages=len(found.sent),
        copies=sum(a.copies for a in found.arrived.values()),
        poisoned=sum(s.first.poison for s in found.sent.values()),
        reported=sum(len(s.reported) for s in found.sent.values()),
        problems=problems,
    )


def _lost(found: _Case) -> Iterator[str]:
    """Answered for good, and yet somebody addressed has it not, and the sender was not told.

    Nothing is wrong with any message but the poison: a refusal loses it just as an `ok` does.
    """
    for sent in found.sent.values():
        if sent.receipt not in (("ok",) if sent.first.poison else FINAL):
            continue
        for who in sent.first.to:
            if (who, *sent.key) not in found.arrived and who not in sent.reported:
                yield _name(who, *sent.key)


def _unreceipted(found: _Case) -> Iterator[str]:
    """No final receipt; poison need only be answered."""
    for sent in found.sent.values():
        answered = sent.receipt in FINAL or (sent.first.poison and sent.receipt)
        if not answered:
            yield _name(sent.first.who, *sent.key)


def _misordered(found: _Case) -> Iterator[str]:
    """Arrived after one that was sent later, where the order in which they left is certain."""
    by_case: dict[tuple[str, str], list[tuple[float, Sent]]] = defaultdict(list)
    for (mailbox, case, number), arrivals in found.arrived.items():
        sent = found.sent[case, number]
        if mailbox not in sent.reported:
            by_case[arrivals.who[0], case].append((arrivals.first, sent))
    for (who, _), arrived in by_case.items():
        arrived.sort(key=lambda one: one[1].key)
        for place, (when, sent) in enumerate(arrived):
            later = arrived[place + 1 :]
            if any(at < when and _certainly_before(sent, other) for at, other in later):
                yield _name(who, *sent.key)


def _certainly_before(one: Sent, other: Sent) -> bool:
    """It was receipted before the other left; or both left once, one after the other."""
    if one.receipted <= other.at[0]:
        return True
    repeated = any(at < one.receipted for at in one.at[1:])
    return bool(one.first.burst) and one.first.burst == other.first.burst and not repeated


def _name(who: str, case: str, number: int) -> str:
    return f"{who} {case}/{number}"


_BARS = ("store-",)
_BARS_ON_THE_BUS = (*_BARS, "broker-", "queue-", "party-away")
"""Faults that leave a sender no way at all while they last, by how their names begin."""
_ON_THE_BUS = {party.endpoint for party in ON_THE_BUS}


def recovery(lines: Iterable[Line]) -> float:
    """The longest time, in seconds, from a mended fault until each sender was served again.

    Served: a message that it sent after the mending has its final receipt. While another fault
    still bars the sender's way, or when a new one does so first, there is nothing to measure.
    """
    kept = list(lines)
    journeys: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for sent in _Case(kept).sent.values():
        journeys[sent.first.who].append((sent.at[0], sent.receipted))
    waits = (_waits(_calm(kept, who), of_sender) for who, of_sender in journeys.items())
    return max(chain([0.0], *waits))


def _calm(lines: Iterable[Line], who: str) -> Iterator[tuple[float, float]]:
    """For each mending that leaves a sender's way free: when, and until when it stays so."""
    mended: list[float] = []
    barred = 0
    for line in lines:
        bars = line.kind.startswith(_BARS_ON_THE_BUS if who in _ON_THE_BUS else _BARS)
        if line.what is Saw.FAULT and bars:
            yield from ((at, line.at) for at in mended)
            mended, barred = [], barred + 1
        elif line.what is Saw.HEALED:
            barred -= bars
            mended += [] if barred else [line.at]
        elif line.what is Saw.ENDED:
            yield from ((at, line.at) for at in mended)
            return


def _waits(
    calm: Iterable[tuple[float, float]], journeys: list[tuple[float, float]]
) -> Iterator[float]:
    for since, until in calm:
        served = min((done for left, done in journeys if left >= since), default=NEVER)
        if served < until:
            yield served - since
