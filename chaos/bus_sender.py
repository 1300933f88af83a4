"""What a party sends on the bus: bursts within a case, repeated until there are receipts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from adapter.fhir.builders import Party
from chaos import messages, planning
from chaos.ledger import Ledger
from chaos.load import Load, Message, reply_message
from chaos.manners import Manners
from chaos.messages import Arrived, Post
from chaos.plan import patience

CASES = 80  # under way at once
_ENOUGH = 3  # receipts that are not final, after which poison is not sent again


@dataclass(slots=True, kw_only=True)
class _Unreceipted:
    """A message that was sent and has no final receipt."""

    message: Message
    burst: int
    repeat_at: float = 0.0
    sent_times: int = 0
    receipts: int = 0


@dataclass(slots=True, kw_only=True)
class _CaseOpen:
    """A case under way: the messages to send, and those of the current burst without receipt."""

    unsent: list[Message]
    burst: dict[str, _Unreceipted] = field(default_factory=dict)


class BusSender:
    """Decides which message is sent when. Used by one thread only."""

    def __init__(self, party: Party, load: Load, ledger: Ledger, manners: Manners) -> None:
        self._party = party
        self._load, self._ledger, self._manners = load, ledger, manners
        self._cases: list[_CaseOpen] = []
        self._bursts = count(1)
        self._answered: set[tuple[str, int]] = set()

    def take_receipt(self, arrived: Arrived) -> None:
        """Note a receipt of the adapter."""
        for case in self._cases:
            waiting = case.burst.get(arrived.about)
            if waiting is None:
                continue
            waiting.receipts += 1
            given_up = waiting.message.poisoned and waiting.receipts >= _ENOUGH
            if arrived.code != "transient-error" or given_up:
                del case.burst[arrived.about]

    def answer(self, body: bytes) -> None:
        """Answer a message that asks for it: once, whatever copies come."""
        answer = planning.reply(self._party, body)
        if answer is None or self._load.ended.is_set():
            return
        post, asked_by = answer
        _, number = messages.place(post.body)
        if (post.case, number) not in self._answered:
            self._answered.add((post.case, number))
            message = reply_message(self._party, post, number, asked_by)
            self._cases.append(_CaseOpen(unsent=[message]))

    def due(self, now: float) -> Iterator[Post]:
        """Yield what must be sent now, in order. Each is in the ledger before it is yielded."""
        self._cases = [case for case in self._cases if case.burst or case.unsent]
        while len(self._cases) < CASES and not self._load.ended.is_set():
            self._cases.append(_CaseOpen(unsent=self._load.case(self._party)))
        for case in self._cases:
            yield from self._repeats(case, now)
            if not case.burst:
                yield from self._next_burst(case, now)

    def _next_burst(self, case: _CaseOpen, now: float) -> Iterator[Post]:
        """Yield the next burst: one to three messages."""
        number = next(self._bursts)
        for _ in range(case.unsent[0].chance.randint(1, 3) if case.unsent else 0):
            if not case.unsent or (case.burst and case.unsent[0].waits):
                break
            if not self._load.turn():
                break
            message = case.unsent.pop(0)
            waiting = _Unreceipted(message=message, burst=number)
            case.burst[message.post.content] = waiting
            yield self._note_sent(waiting, message.post, now)
            yield from self._extra_copy(waiting, now)
        if self._load.ended.is_set():
            case.unsent.clear()

    def _extra_copy(self, waiting: _Unreceipted, now: float) -> Iterator[Post]:
        """Yield some messages once more than needed, in the same envelope or in a new one."""
        post, roll = waiting.message.post, waiting.message.chance.random()
        if roll < 0.02:
            self._manners.count("message-doubled")
            yield self._note_sent(waiting, post, now)
        elif roll < 0.04:
            self._manners.count("message-resent")
            yield self._note_sent(waiting, post.again(), now)

    def _repeats(self, case: _CaseOpen, now: float) -> Iterator[Post]:
        """Yield again what has waited too long, every third time in a new envelope."""
        for waiting in list(case.burst.values()):
            if waiting.repeat_at <= now:
                post = waiting.message.post
                yield self._note_sent(
                    waiting, post.again() if waiting.sent_times % 3 == 2 else post, now
                )

    def _note_sent(self, waiting: _Unreceipted, post: Post, now: float) -> Post:
        waiting.sent_times += 1
        waiting.repeat_at = now + patience(waiting.sent_times)
        self._ledger.write(waiting.message.line(post, waiting.burst))
        return post
