"""What a message other than about a stay leads to: who gets what, and what the case keeps."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.core.endpoint import Endpoint
from adapter.core.errors import Issue, Severity
from adapter.core.model import Bundle, Event
from adapter.core.participant import Participant
from adapter.inbound.case_of import Matter
from adapter.inbound.turn import Turn
from adapter.policy.plans import Plans


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One endpoint, and the message that it gets."""

    endpoint: Endpoint
    event: Event
    bundle: Bundle
    is_exempt: bool = False  # it leaves also when the receiver's right has ended
    is_return: bool = False  # it goes back, whatever the protection of the person
    hold: str = ""  # a code of the catalogue: held until a person replays it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What follows from a message: deliveries, remarks to its sender, facts and participants."""

    targets: tuple[Target, ...] = ()
    issues: tuple[Issue, ...] = ()
    kept: Plans
    rows: tuple[Participant, ...] = ()  # new or changed
    note: str = ""  # why nothing is sent


def returning(event: Event, endpoint: Endpoint, bundle: Bundle, hold: str = "") -> Target:
    """Return the target of an answer: the sender of what it answers."""
    return Target(
        endpoint=endpoint, event=event, bundle=bundle, is_exempt=True, is_return=True, hold=hold
    )


def not_a_party(turn: Turn, matter: Matter, name: str) -> Issue:
    """Return the warning for a receiver that takes no part in the case, and log it."""
    turn.log("not-a-party", name, case=matter.case.id)
    return Issue(code="not-a-party", detail=name, severity=Severity.WARNING)
