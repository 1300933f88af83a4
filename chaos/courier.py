"""Outgoing post on the bus: bursts within a case, repeated until receipted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from adapter.fhir.builders import Party
from chaos.ledger import Ledger
from chaos.load import Load, Message
from chaos.manners import Manners
from chaos.messages import Arrived, Post
from chaos.plan import patience

CASES = 80  # that are under way at once
_ENOUGH = 3  # answers that are no final receipt, after which poison is not sent again


@dataclass(slots=True, kw_only=True)
class _Open:
    """What left, and has no final receipt."""

    message: Message
    burst: int
    again_at: float = 0.0
    times: int = 0
    answers: int = 0


@dataclass(slots=True, kw_only=True)
class _CaseOpen:
    """A case under way: what is still to be sent, and what of the present burst is open."""

    left: list[Message]
    burst: dict[str, _Open] = field(default_factory=dict)


class Courier:
    """Decides what leaves when. Belongs to one thread."""

    def __init__(self, party: Party, load: Load, ledger: Ledger, manners: Manners) -> None:
        self._party = party
        self._load, self._ledger, self._manners = load, ledger, manners
        self._cases: list[_CaseOpen] = []
        self._bursts = count(1)

    def receipted(self, arrived: Arrived) -> None:
        """A receipt of the adapter has come."""
        for case in self._cases:
            found = case.burst.get(arrived.about)
            if found is None:
                continue
            found.answers += 1
            if arrived.code != "transient-error" or (
                found.message.poisoned and found.answers >= _ENOUGH
            ):
                del case.burst[arrived.about]

    def due(self, now: float) -> Iterator[Post]:
        """What is to leave now, in order. Each is in the ledger before it is yielded."""
        self._cases = [case for case in self._cases if case.burst or case.left]
        while len(self._cases) < CASES and not self._load.ended.is_set():
            self._cases.append(_CaseOpen(left=self._load.case(self._party)))
        for case in self._cases:
            yield from self._repeated(case, now)
            if not case.burst:
                yield from self._begun(case, now)

    def _begun(self, case: _CaseOpen, now: float) -> Iterator[Post]:
        """The next burst: one to three messages."""
        number = next(self._bursts)
        for _ in range(case.left[0].chance.randint(1, 3) if case.left else 0):
            if not case.left or not self._load.turn():
                break
            message = case.left.pop(0)
            one = _Open(message=message, burst=number)
            case.burst[message.post.content] = one
            yield self._left(one, message.post, now)
            yield from self._twice(one, now)
        if self._load.ended.is_set():
            case.left.clear()

    def _twice(self, one: _Open, now: float) -> Iterator[Post]:
        """Some leave once more than needed, with the same envelope or in a new one."""
        post, roll = one.message.post, one.message.chance.random()
        if roll < 0.02:
            self._manners.count("message-doubled")
            yield self._left(one, post, now)
        elif roll < 0.04:
            self._manners.count("message-resent")
            yield self._left(one, post.again(), now)

    def _repeated(self, case: _CaseOpen, now: float) -> Iterator[Post]:
        """What has waited too long: the same bytes, every third time in a new envelope."""
        for one in list(case.burst.values()):
            if one.again_at <= now:
                post = one.message.post
                yield self._left(one, post.again() if one.times % 3 == 2 else post, now)

    def _left(self, one: _Open, post: Post, now: float) -> Post:
        one.times += 1
        one.again_at = now + patience(one.times)
        self._ledger.write(one.message.line(post, one.burst))
        return post
