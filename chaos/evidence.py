"""The ledger, sorted by message and mailbox, for the judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from chaos.ledger import Line, Saw
from chaos.parties import IN_XML, SUCCESSORS

FINAL = ("ok", "fatal-error")
NEVER = float("inf")
MOVING = "settings-moved"  # the fault in which one mailbox replaces another
RELOADED = 75.0  # seconds until the last process has new settings, if the ledger has no such line

Place = tuple[str, int]  # case and number


@dataclass(slots=True, kw_only=True)
class Sent:
    """One message, and the receipts and reports that its sender got about it."""

    first: Line
    sent_at: list[float] = field(default_factory=list)  # of every copy
    envelopes: set[str] = field(default_factory=set)  # of every copy
    receipt: str = ""  # code of the final receipt, or of the last that is not final
    receipted: float = NEVER  # when the final receipt came
    contradicted: bool = False  # another final receipt says the opposite
    reported: set[str] = field(default_factory=set)  # endpoints named by delivery reports
    had: set[str] = field(default_factory=set)  # of a recall: who may have what is recalled
    spared: set[str] = field(default_factory=set)  # of a recall: who has it not

    @property
    def key(self) -> Place:
        """Its place in its case: case and number."""
        return self.first.case, self.first.number

    def add_receipt(self, line: Line) -> None:
        """Add a receipt. The first final one counts; later ones may only repeat it."""
        self.had |= {_mailbox(who) for who in line.to}
        self.spared |= {_mailbox(who) for who in line.spared}
        if self.receipt in FINAL:
            self.contradicted |= line.code in FINAL and line.code != self.receipt
            return
        self.receipt = line.code
        if line.code in FINAL:
            self.receipted = line.at


@dataclass(slots=True, kw_only=True)
class Arrivals:
    """Everything that came to one mailbox, or to its successor, for one place in a case."""

    sent: Sent
    who: list[str] = field(default_factory=list)  # in order of arrival, each once
    contents: set[str] = field(default_factory=set)
    envelopes: set[str] = field(default_factory=set)
    first: float = NEVER
    copies: int = -1

    def add(self, line: Line) -> None:
        """Add an arrival."""
        self.first = min(self.first, line.at)
        self.contents.add(line.content)
        self.envelopes.add(line.envelope)
        if line.who not in self.who:
            self.who.append(line.who)
        self.copies += 1

    @property
    def doubled(self) -> bool:
        """Whether it came with another content id, in too many envelopes, or to both mailboxes."""
        other = self.contents != {self.sent.first.content}
        return other or len(self.who) > 1 or (len(self.envelopes) > 1 and not self._rewritten)

    @property
    def _rewritten(self) -> bool:
        """Whether it is FHIR that the adapter wrote: each resend has a new envelope (MedCom)."""
        return not IN_XML & {*self.who} and not self.envelopes & self.sent.envelopes


@dataclass(slots=True, kw_only=True)
class _Tenure:
    """From when until when a mailbox may get new messages."""

    who: str
    since: float
    until: float = NEVER


class Holders:
    """Which of two mailboxes that replace each other may get a message, by when it was sent."""

    def __init__(self) -> None:
        self._tenures: list[_Tenure] = []

    def move(self, line: Line) -> None:
        """Note that new settings take effect; the last process reads them later."""
        for gone in line.to if not self._tenures else ():
            self._tenures.append(_Tenure(who=gone, since=-NEVER))
        _end(self._tenures, line.at + RELOADED)
        self._tenures.append(_Tenure(who=line.who, since=line.at))

    def settle(self, line: Line) -> None:
        """Note that every process has the new settings."""
        if not line.detail:
            _end(self._tenures[:-1], line.at)

    def allow(self, line: Line, sent_at: float) -> bool:
        """Whether the mailbox of `line` may get a message that was sent at `sent_at`.

        A message sent before a move had settled may still go to the old mailbox much later. After
        an attempt with an unknown outcome, the adapter must not send it to the other mailbox.
        """
        if not self._tenures:
            return line.who not in SUCCESSORS
        tenures = (tenure for tenure in self._tenures if tenure.who == line.who)
        return any(t.since <= line.at and sent_at <= t.until for t in tenures)


def _end(tenures: Iterable[_Tenure], at: float) -> None:
    for tenure in tenures:
        tenure.until = min(tenure.until, at)


class Evidence:
    """All lines of a ledger. `strays` names what came to somebody whom it was not meant for."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.sent: dict[Place, Sent] = {}
        self.arrived: dict[tuple[str, str, int], Arrivals] = {}
        self.refused: dict[tuple[str, str, int], float] = {}  # when its receiver refused it
        self.strays: list[str] = []
        self.recalls: dict[Place, Sent] = {}  # by the place of the message that is recalled
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
                self._receipt_or_report(line)
            case Saw.MOVED:
                self._holders[_mailbox(line.who)].move(line)
            case Saw.HEALED if line.kind == MOVING:
                for holders in self._holders.values():
                    holders.settle(line)

    def _sent(self, line: Line) -> None:
        sent = self.sent.setdefault((line.case, line.number), Sent(first=line))
        self._contents[line.content] = sent
        sent.sent_at.append(line.at)
        sent.envelopes.add(line.envelope)
        if line.recalls >= 0:
            self.recalls[line.case, line.recalls] = sent

    def _got(self, line: Line) -> None:
        sent = self.sent.get((line.case, line.number))
        if sent is None or not self._addressed(line, sent):
            self.strays.append(name(line.who, line.case, line.number))
            return
        key = (_mailbox(line.who), *sent.key)
        self.arrived.setdefault(key, Arrivals(sent=sent)).add(line)

    def _addressed(self, line: Line, sent: Sent) -> bool:
        mailbox = _mailbox(line.who)
        if mailbox not in SUCCESSORS.values():
            return line.who in sent.first.to
        allowed = self._holders[mailbox].allow(line, sent.sent_at[0])
        return {line.who, mailbox} & {*sent.first.to} != set() and allowed

    def _receipt_or_report(self, line: Line) -> None:
        """Add a receipt or report; only the message's sender may get it."""
        sent = self._contents.get(line.content)
        if sent is None or line.asked not in ("", line.content):
            return  # it is about another message than the one it responds to
        if line.who != sent.first.who:
            self.strays.append(name(line.who, *sent.key))
        elif line.what is Saw.REPORTED:
            sent.reported |= {_mailbox(who) for who in line.to}
        else:
            sent.add_receipt(line)


def _mailbox(who: str) -> str:
    return SUCCESSORS.get(who, who)


def name(who: str, case: str, number: int) -> str:
    """Return the name of a problem: mailbox, case and number."""
    return f"{who} {case}/{number}"
