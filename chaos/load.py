"""The messages of a run: seeded cases, each with one sender, sent at a steady rate."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from itertools import count

from adapter.fhir.builders import Party
from chaos import planning, scripts
from chaos.ledger import Ledger, Line, Saw
from chaos.messages import HAS_ATTACHMENT, Post, note, poison
from chaos.parties import BODEN, CLINIC, HOSPITAL, KALIX, LULEA, PITEA, PLANNING, UMEA
from chaos.plan import Plan
from chaos.scripts import Step

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
    waits: bool = False  # until everything sent before it in its case has its receipt
    recalls: int = -1  # the number of the message that it recalls

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
            event=post.event,
            recalls=self.recalls,
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
        if bad < 0 and scripts.is_planned(random.Random(f"{self._plan.seed}/planned/{number}")):
            return _planned(sender, usual, name, length, chance)
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


def _planned(
    sender: Party, usual: Party, case: str, length: int, chance: random.Random
) -> list[Message]:
    """Return the messages of a case of planning."""
    steps = scripts.script(sender, usual, _RECEIVERS[sender.endpoint], length, chance)
    messages: list[Message] = []
    for number, step in enumerate(steps):
        about = messages[step.recalls].post.content if step.recalls >= 0 else ""
        messages.append(_of_step(sender, step, case, number, about, chance))
    return messages


def _of_step(
    sender: Party, step: Step, case: str, number: int, about: str, chance: random.Random
) -> Message:
    return Message(
        sender=sender,
        post=_post(sender, step, case, number, about),
        number=number,
        to=tuple(party.endpoint for party in step.to),
        poisoned=False,
        chance=random.Random(chance.random()),
        waits=step.waits,
        recalls=step.recalls,
    )


def _post(sender: Party, step: Step, case: str, number: int, about: str) -> Post:
    if step.event == "message":
        return note(sender, step.to, case, number)
    attached = HAS_ATTACHMENT if step.has_attachment else ""
    word = planning.Word(
        event=step.event,
        sender=sender,
        to=step.to,
        case=f"{sender.organization}/{case}",
        text=" ".join(filter(None, (f"[[{case}/{number}]]", step.says, attached))),
        code=step.code,
        version=step.version,
        about=about,
        has_attachment=step.has_attachment,
        stranger=step.stranger,
    )
    return planning.written(word, case)


def reply_message(sender: Party, post: Post, number: int, asked_by: str) -> Message:
    """Return the answer to a message of the case: only the one that asked must be told."""
    return Message(
        sender=sender,
        post=post,
        number=number,
        to=(asked_by,),
        poisoned=False,
        chance=random.Random(post.content),
    )
