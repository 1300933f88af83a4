"""What a case of planning tells, message by message, and who must be told of each. Seeded.

Nothing here asks the adapter: who is told follows from docs/meaning.md. Those that an event names
are told. Progress goes to the sender of the plan, an answer to the caller, and a recall to those
that the recalled message went to, whomever it names.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from adapter.fhir.builders import Party
from chaos.parties import SEND_BY_HTTP
from chaos.planning import ASKS, may_bear

_OPENING = ("message", "planning-basis")
"""Events that may open a case (`begins`). The hospitals, which send by HTTP, only
begin messages."""
_ONCE = ("care-contact", "planning-basis", "information-transfer", "message", "message")
_CHAINED = ("sip-invitation-changed", "sip-invitation-cancelled")
_SHARE = 0.5  # of the cases
_RECALLED = 0.35  # of the messages that may be recalled


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message of a case. `code` is what an invitation, plan or contact is known by."""

    event: str
    to: tuple[Party, ...]  # who must be told
    code: str = ""
    version: int = 1
    says: str = ""
    recalls: int = -1  # the number of the message that it recalls
    has_attachment: bool = False
    stranger: Party | None = None  # named by the message, and not to be told

    @property
    def waits(self) -> bool:
        """Whether it may only be sent after the receipts of all that came before it."""
        return self.event not in _OPENING


def is_planned(chance: random.Random) -> bool:
    """Whether a case is one of planning."""
    return chance.random() < _SHARE


def script(
    sender: Party, usual: Party, parties: tuple[Party, ...], length: int, chance: random.Random
) -> list[Step]:
    """Return the messages of a case of planning: about `length` of them."""
    opening = _OPENING[:1] if sender in SEND_BY_HTTP else _OPENING
    steps = [Step(event=chance.choice(opening), to=(usual,))]
    while len(steps) < length:
        steps += _next(usual, parties, chance)
        steps += _recall(steps, parties, chance)
    return [_with_attachment(step, chance) for step in steps]


def _next(usual: Party, parties: tuple[Party, ...], chance: random.Random) -> list[Step]:
    to = _receivers(usual, parties, chance)
    code = f"{chance.randrange(10**12):012}"
    kind = chance.choice(("once", "once", "invitation", "plan"))
    if kind == "plan":
        return [Step(event="care-plan", to=to, code=code, says=ASKS)]
    if kind == "invitation":
        return _invitation(to, parties, code, chance)
    return [Step(event=chance.choice(_ONCE), to=to, code=code)]


def _invitation(
    to: tuple[Party, ...], parties: tuple[Party, ...], code: str, chance: random.Random
) -> list[Step]:
    """An invitation that is answered, or one that is changed or cancelled before."""
    then = chance.choice(("", *_CHAINED))
    first = Step(
        event="sip-invitation",
        to=to,
        code=code,
        says="" if then else ASKS,
        stranger=_stranger(to, parties, chance),
    )
    return [first, replace(first, event=then, version=2, stranger=None)] if then else [first]


def _recall(steps: list[Step], parties: tuple[Party, ...], chance: random.Random) -> list[Step]:
    """The recall of the newest message, now and then; not of one that somebody still answers."""
    number = len(steps) - 1
    if chance.random() > _RECALLED or steps[number].says == ASKS:
        return []
    to = steps[number].to
    return [Step(event="recall", to=to, recalls=number, stranger=_stranger(to, parties, chance))]


def _receivers(
    usual: Party, parties: tuple[Party, ...], chance: random.Random
) -> tuple[Party, ...]:
    other = chance.choice(parties)
    return tuple(dict.fromkeys((usual, other) if chance.randrange(4) == 0 else (usual,)))


def _stranger(
    to: tuple[Party, ...], parties: tuple[Party, ...], chance: random.Random
) -> Party | None:
    strangers = [party for party in parties if party not in to]
    return chance.choice(strangers) if chance.randrange(3) == 0 else None


def _with_attachment(step: Step, chance: random.Random) -> Step:
    return replace(step, has_attachment=may_bear(step.event) and chance.randrange(2) == 0)
