"""The ledger, sorted by message and mailbox. What is wrong, the judge says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from chaos.cast import SUCCESSORS
from chaos.ledger import Line, Saw

FINAL = ("ok", "fatal-error")
NEVER = float("inf")
MOVING = "settings-moved"  # the fault in which one mailbox takes another's place
RELOADED = 75.0  # seconds after which the last process has new settings, if nobody says when

Place = tuple[str, int]  # case and number


@dataclass(slots=True, kw_only=True)
class Sent:
    """One message of a sender, and what its sender heard of it."""

    first: Line
    at: list[float] = field(default_factory=list)  # of every copy that left
    receipt: str = ""  # the final one, or the last that is not final
    receipted: float = NEVER  # when the final one came
    contradicted: bool = False  # another final one says the opposite
    reported: set[str] = field(default_factory=set)  # endpoints that a report named

    @property
    def key(self) -> Place:
        """Its place: case and number."""
        return self.first.case, self.first.number

    def hear(self, line: Line) -> None:
        """A receipt. The first that is final counts; what comes later may only repeat it."""
        if self.receipt in FINAL:
            self.contradicted |= line.code in FINAL and line.code != self.receipt
            return
        self.receipt = line.code
        if line.code in FINAL:
            self.receipted = line.at


@dataclass(slots=True, kw_only=True)
class Arrivals:
    """Everything that came to one mailbox, or to its successor, for one place in a case."""

    content: str  # under which it left
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
        """It came as another message than it was, as several, or to a mailbox and its successor."""
        return self.contents != {self.content} or max(len(self.envelopes), len(self.who)) > 1


@dataclass(slots=True, kw_only=True)
class _Tenure:
    """How long a mailbox may be given what is new."""

    who: str
    since: float
    until: float = NEVER


class Holders:
    """Who of two mailboxes that stand in for each other may have what, by when it left."""

    def __init__(self) -> None:
        self._tenures: list[_Tenure] = []

    def move(self, line: Line) -> None:
        """New settings begin to be read; the last process has them a while later."""
        for gone in line.to if not self._tenures else ():
            self._tenures.append(_Tenure(who=gone, since=-NEVER))
        _end(self._tenures, line.at + RELOADED)
        self._tenures.append(_Tenure(who=line.who, since=line.at))

    def settle(self, line: Line) -> None:
        """Every process has them now."""
        if not line.detail:
            _end(self._tenures[:-1], line.at)

    def allow(self, line: Line, left: float) -> bool:
        """Whether this may come to whom it came, having left the sender at `left`.

        What left before a move had settled may be under way to the old mailbox for long: once it
        was tried there, and nobody knows whether it arrived, it may not go to the other.
        """
        if not self._tenures:
            return line.who not in SUCCESSORS
        mine = (tenure for tenure in self._tenures if tenure.who == line.who)
        return any(one.since <= line.at and left <= one.until for one in mine)


def _end(tenures: Iterable[_Tenure], at: float) -> None:
    for tenure in tenures:
        tenure.until = min(tenure.until, at)


class Evidence:
    """All lines of a ledger."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.sent: dict[Place, Sent] = {}
        self.arrived: dict[tuple[str, str, int], Arrivals] = {}
        self.refused: dict[tuple[str, str, int], float] = {}  # when, by the receiver itself
        self.strays: list[str] = []
        self._contents: dict[str, Sent] = {}
        self._holders: dict[str, Holders] = defaultdict(Holders)
        for line in lines:
            self._take(line)

    def _take(self, line: Line) -> None:
        match line.what:
            case Saw.SENT:
                self._sent(line)
            case Saw.GOT:
                self._got(line)
            case Saw.REFUSED:
                self.refused.setdefault((_mailbox(line.who), line.case, line.number), line.at)
            case Saw.RECEIPTED | Saw.REPORTED:
                self._heard(line)
            case Saw.MOVED:
                self._holders[_mailbox(line.who)].move(line)
            case Saw.HEALED if line.kind == MOVING:
                for holders in self._holders.values():
                    holders.settle(line)

    def _sent(self, line: Line) -> None:
        found = self.sent.setdefault((line.case, line.number), Sent(first=line))
        self._contents[line.content] = found
        found.at.append(line.at)

    def _got(self, line: Line) -> None:
        sent = self.sent.get((line.case, line.number))
        if sent is None or not self._addressed(line, sent):
            self.strays.append(name(line.who, line.case, line.number))
            return
        key = (_mailbox(line.who), *sent.key)
        self.arrived.setdefault(key, Arrivals(content=sent.first.content)).add(line)

    def _addressed(self, line: Line, sent: Sent) -> bool:
        mailbox = _mailbox(line.who)
        if mailbox not in SUCCESSORS.values():
            return line.who in sent.first.to
        allowed = self._holders[mailbox].allow(line, sent.at[0])
        return {line.who, mailbox} & {*sent.first.to} != set() and allowed

    def _heard(self, line: Line) -> None:
        """What the adapter says of a message is its sender's to hear, and nobody else's."""
        found = self._contents.get(line.content)
        if found is None or line.asked not in ("", line.content):
            return  # about another message than the sender's: it says nothing of this one
        if line.who != found.first.who:
            self.strays.append(name(line.who, *found.key))
        elif line.what is Saw.REPORTED:
            found.reported |= {_mailbox(who) for who in line.to}
        else:
            found.hear(line)


def _mailbox(who: str) -> str:
    return SUCCESSORS.get(who, who)


def name(who: str, case: str, number: int) -> str:
    """How a problem is named."""
    return f"{who} {case}/{number}"
