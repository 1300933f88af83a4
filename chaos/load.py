"""The messages of a run: seeded cases, each with one sender, sent at a steady rate."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from itertools import count

from adapter.fhir.builders import Party
from chaos.ledger import Ledger, Line, Saw
from chaos.messages import Post, note, poison
from chaos.parties import BODEN, CLINIC, HOSPITAL, KALIX, LULEA, PITEA, PLANNING, UMEA
from chaos.plan import Plan

_RECEIVERS = {
    HOSPITAL.endpoint: (LULEA, UMEA, PITEA, KALIX, PLANNING, BODEN),
    CLINIC.endpoint: (LULEA, UMEA, PITEA, KALIX, HOSPITAL, BODEN),
    PLANNING.endpoint: (LULEA, UMEA, PITEA, KALIX, CLINIC, BODEN),
    LULEA.endpoint: (PLANNING, UMEA, PITEA, KALIX, HOSPITAL, BODEN),
}
_WEIGHTS = (30, 28, 14, 14, 11, 3)
_LONGEST = 8  # messages of one case
_POISONED_CASE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to be sent, with its place in its case."""

    sender: Party
    post: Post
    number: int
    to: tuple[str, ...]
    poisoned: bool
    chance: random.Random

    def line(self, post: Post, burst: int = 0) -> Line:
        """Return the ledger's line for sending this or a copy of it."""
        return Line(
            what=Saw.SENT,
            who=self.sender.endpoint,
            content=post.content,
            envelope=post.envelope,
            case=post.case,
            number=self.number,
            to=self.to,
            burst=burst,
            poison=self.poisoned,
        )


class Load:
    """Hands out cases and turns to send, until the load ends."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._cases = count()
        self._begun = 0
        self._since = time.monotonic()
        self._lock = threading.Lock()
        self.ended = threading.Event()

    def case(self, sender: Party) -> list[Message]:
        """Return the messages of a new case of a sender, in order."""
        with self._lock:
            number = next(self._cases)
        chance = random.Random(f"{self._plan.seed}/case/{number}")
        name = f"S{number}-{chance.randrange(10**6)}"
        length = chance.randint(1, _LONGEST)
        (usual,) = chance.choices(_RECEIVERS[sender.endpoint], _WEIGHTS)
        bad = _poisoned_place(number, length, chance)
        return [
            _message(sender, usual, name, place, poison() if place == bad else "", chance)
            for place in range(length)
        ]

    def turn(self) -> bool:
        """Whether a message may be sent now: no faster than planned, and none after the end."""
        with self._lock:
            allowed = (time.monotonic() - self._since) * self._plan.rate
            if self.ended.is_set() or self._begun >= allowed:
                return False
            self._begun += 1
            return True

    def wait_turn(self) -> bool:
        """Wait until a message may be sent; False after the end of the load."""
        while not self.turn():
            if self.ended.wait(0.01):
                return False
        return True

    def end(self, ledger: Ledger) -> None:
        """End the load: no new messages."""
        self.ended.set()
        ledger.write(Line(what=Saw.ENDED))


def _poisoned_place(number: int, length: int, chance: random.Random) -> int:
    """Return the place of the poison in a case, -1 for none.

    One case in five hundred has poison. The first such case comes early and begins with it, so
    that a short run has one too.
    """
    if number % _POISONED_CASE != 40:
        return -1
    return chance.randrange(length) if number > _POISONED_CASE else 0


def _message(
    sender: Party, usual: Party, case: str, number: int, poisoned: str, chance: random.Random
) -> Message:
    """Return a message: usually to the case's receiver, else to another one, or to both."""
    (other,) = chance.choices(_RECEIVERS[sender.endpoint], _WEIGHTS)
    drawn = {0: (other,), 1: (usual, other)}.get(chance.randrange(7), (usual,))
    to = tuple(dict.fromkeys(drawn))
    return Message(
        sender=sender,
        post=note(sender, to, case, number, poisoned),
        number=number,
        to=tuple(party.endpoint for party in to),
        poisoned=bool(poisoned),
        chance=random.Random(chance.random()),
    )
