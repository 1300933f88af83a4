"""Judge from the ledger alone what happened to every message. Pure: lines in, counts out.

Five counts must be zero. docs/guarantees.md defines each, and what is not counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from chaos.evidence import FINAL, NEVER, Evidence, Sent, name
from chaos.ledger import Line, Saw
from chaos.parties import ON_THE_BUS

Key = tuple[str, str, int]  # mailbox, case, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The counts, and a line for each problem."""

    messages: int
    copies: int  # arrivals with the same ids as an earlier one: allowed, and counted
    poisoned: int
    reported: int
    events: Counter[str]  # how many messages of each event were sent
    recalled: int  # receivers whom a recall spared the message
    problems: dict[str, list[str]]

    def count(self, what: str) -> int:
        """Return the number of problems of this name."""
        return len(self.problems[what])

    @property
    def clean(self) -> bool:
        """Whether all five counts are zero. Without any message a run proves nothing."""
        return self.messages > 0 and not any(self.problems.values())

    @property
    def is_final(self) -> bool:
        """Whether there is a problem that cannot disappear with time."""
        return any(self.problems[what] for what in ("doubled", "misordered", "misdelivered"))


def judge(lines: Iterable[Line]) -> Verdict:
    """Judge a whole ledger."""
    evidence = Evidence(lines)
    problems = {
        "lost": list(_lost(evidence)),
        "doubled": [name(*key) for key, a in evidence.arrived.items() if a.doubled],
        "misordered": list(_misordered(evidence)),
        "misdelivered": [*evidence.strays, *_denied(evidence), *_spared(evidence)],
        "unreceipted": list(_unreceipted(evidence)),
    }
    return Verdict(
        messages=len(evidence.sent),
        copies=sum(a.copies for a in evidence.arrived.values()),
        poisoned=sum(s.first.poison for s in evidence.sent.values()),
        reported=sum(len(s.reported) for s in evidence.sent.values()),
        events=Counter(s.first.event for s in evidence.sent.values() if s.first.event),
        recalled=sum(_ended(evidence, key) for key in _missing(evidence)),
        problems=problems,
    )


def _lost(evidence: Evidence) -> Iterator[str]:
    """Yield what has a final receipt, did not reach a receiver, and was not reported as refused.

    Only poison may be refused by the adapter, so a refusal of another message counts as a loss. A
    report excuses a message only if its receiver refused it. An accepted recall excuses the message
    that it recalls, and nothing else.
    """
    for key in _missing(evidence):
        if not _ended(evidence, key) and not _needless(evidence, key):
            yield name(*key)


def _missing(evidence: Evidence) -> Iterator[Key]:
    """Yield what has a final receipt, and neither reached its receiver nor was refused there."""
    for sent in evidence.sent.values():
        if sent.receipt not in (("ok",) if sent.first.poison else FINAL):
            continue
        for who in sent.first.to:
            key = (who, *sent.key)
            if key not in evidence.arrived and not _given_up(evidence, key):
                yield key


def _ended(evidence: Evidence, key: Key) -> bool:
    """Whether a recall of this message was accepted: it ends what has not left."""
    recall = evidence.recalls.get(key[1:])
    return recall is not None and recall.receipt == "ok"


def _needless(evidence: Evidence, key: Key) -> bool:
    """Whether this is a recall, and its receiver surely has nothing that is recalled.

    The receipt of the recall says so. Whoever got the message must get its recall, whatever the
    receipt says.
    """
    who, case, number = key
    recall = evidence.sent[case, number]
    if recall.first.recalls < 0 or recall.receipt != "ok":
        return False
    return who not in recall.had and (who, case, recall.first.recalls) not in evidence.arrived


def _spared(evidence: Evidence) -> Iterator[str]:
    """Yield what came to one who, by the recall's receipt, had nothing and would get nothing."""
    for recall in evidence.recalls.values():
        case, number = recall.key
        for who in recall.spared:
            for place in (recall.first.recalls, number):
                if (who, case, place) in evidence.arrived:
                    yield name(who, case, place)


def _given_up(evidence: Evidence, key: Key) -> bool:
    """Whether its receiver refused it, and its sender got a report of that."""
    who, case, number = key
    return key in evidence.refused and who in evidence.sent[case, number].reported


def _denied(evidence: Evidence) -> Iterator[str]:
    """Yield what arrived although the adapter refused it, or reported it without a refusal.

    A delivery that was refused, reported and then replayed is not counted.
    """
    for key in evidence.arrived:
        who, case, number = key
        sent = evidence.sent[case, number]
        groundless = who in sent.reported and key not in evidence.refused
        if sent.receipt == "fatal-error" or groundless:
            yield name(*key)


def _unreceipted(evidence: Evidence) -> Iterator[str]:
    """Yield what has no final receipt, or two that contradict; poison needs just any receipt."""
    for sent in evidence.sent.values():
        receipted = sent.receipt in FINAL or (sent.first.poison and sent.receipt)
        if not receipted or sent.contradicted:
            yield name(sent.first.who, *sent.key)


def _misordered(evidence: Evidence) -> Iterator[str]:
    """Yield what arrived after a message that was certainly sent later."""
    by_case: dict[tuple[str, str], list[_Arrival]] = defaultdict(list)
    for key, arrivals in evidence.arrived.items():
        dead = evidence.refused[key] if _given_up(evidence, key) else NEVER
        sent = evidence.sent[key[1], key[2]]
        arrival = _Arrival(at=arrivals.first, dead=dead, sent=sent)
        by_case[arrivals.who[0], key[1]].append(arrival)
    for (who, _), arrived in by_case.items():
        arrived.sort(key=lambda arrival: arrival.sent.key)
        for place, arrival in enumerate(arrived):
            if any(arrival.overtaken(later) for later in arrived[place + 1 :]):
                yield name(who, *arrival.sent.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """A first arrival. From `dead` on, the adapter need not hold back later messages for it."""

    at: float
    dead: float
    sent: Sent

    def overtaken(self, later: _Arrival) -> bool:
        """Whether a later message arrived before this one, while this one was not dead."""
        before = later.at < min(self.at, self.dead)
        return before and _certainly_before(self.sent, later.sent)


def _certainly_before(first: Sent, second: Sent) -> bool:
    """Whether the adapter must have got `first` before `second`.

    Either `first` had its receipt before `second` was sent, or both were sent in one burst and
    `first` only once. If it was repeated, its first copy may be lost, and the order is unknown.
    """
    if first.receipted <= second.sent_at[0]:
        return True
    repeated = any(at < first.receipted for at in first.sent_at[1:])
    return bool(first.first.burst) and first.first.burst == second.first.burst and not repeated


_BARS = ("store-",)
_BARS_ON_THE_BUS = (*_BARS, "broker-", "queue-", "party-away")
"""Prefixes of the faults during which no message of a sender can be received."""
_ON_THE_BUS = {party.endpoint for party in ON_THE_BUS}


def recovery(lines: Iterable[Line]) -> float:
    """Return the longest time, in seconds, from a mended fault until a sender was served again.

    A sender is served when a message sent after the mending has its final receipt. Otherwise its
    wait ends when the next fault bars the way, or when the ledger ends. For a sender that sent
    nothing more it ends with the load.
    """
    kept = list(lines)
    journeys: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for sent in Evidence(kept).sent.values():
        journeys[sent.first.who].append((sent.sent_at[0], sent.receipted))
    waits = (_waits(_calm(kept, who), of_sender) for who, of_sender in journeys.items())
    return max(chain([0.0], *waits))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calm:
    """A time from a mended fault to the next one, in which a sender could be served."""

    since: float
    until: float
    idle: float  # until when the sender may begin a message


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
    for period in calm:
        later = (receipted for sent, receipted in journeys if sent >= period.since)
        yield min(min(later, default=period.idle), period.until) - period.since
