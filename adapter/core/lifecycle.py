"""The only file that knows how a delivery, and a message, moves from state to state.

A step that comes from outside (a receipt, an answer, a failure) has an entry in every state:
late news can surprise us, but it can never be illegal. docs/lifecycle.md is drawn from here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapter.core.errors import FatalError


class State(StrEnum):
    """Where a delivery is."""

    WAITING = "waiting"  # for its next attempt
    IN_FLIGHT = "in-flight"  # claimed, or sent and not yet receipted
    ACCEPTED = "accepted"  # the far side's system has it; a person has not yet answered
    CONFIRMED = "confirmed"  # the layer that the endpoint's settings ask for is reached
    DEAD = "dead"  # a person must look
    DISCARDED = "discarded"  # a person looked and let it go
    REPLACED = "replaced"  # a person corrected it: another one went in its place


class Step(StrEnum):
    """What moves a delivery."""

    CLAIM = "claim"
    ACCEPT = "accept"  # the system's receipt, where a person's answer is still awaited
    ANSWER = "answer"  # a person's answer
    CONFIRM = "confirm"
    RETRY = "retry"
    GIVE_UP = "give-up"
    REPLAY = "replay"
    DISCARD = "discard"
    REPLACE = "replace"


OPEN = (State.WAITING, State.IN_FLIGHT)  # open and due means: send it
FROM_OUTSIDE = (Step.ACCEPT, Step.ANSWER, Step.CONFIRM, Step.RETRY, Step.GIVE_UP)

TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.WAITING, Step.CLAIM): State.IN_FLIGHT,
    (State.WAITING, Step.ACCEPT): State.ACCEPTED,  # the receipt outran our retry
    (State.WAITING, Step.ANSWER): State.CONFIRMED,
    (State.WAITING, Step.CONFIRM): State.CONFIRMED,
    (State.WAITING, Step.RETRY): State.WAITING,
    (State.WAITING, Step.GIVE_UP): State.DEAD,
    (State.IN_FLIGHT, Step.CLAIM): State.IN_FLIGHT,  # crashed, or no receipt in time
    (State.IN_FLIGHT, Step.ACCEPT): State.ACCEPTED,
    (State.IN_FLIGHT, Step.ANSWER): State.CONFIRMED,  # who answers has received
    (State.IN_FLIGHT, Step.CONFIRM): State.CONFIRMED,
    (State.IN_FLIGHT, Step.RETRY): State.WAITING,
    (State.IN_FLIGHT, Step.GIVE_UP): State.DEAD,
    (State.ACCEPTED, Step.ACCEPT): State.ACCEPTED,
    (State.ACCEPTED, Step.ANSWER): State.CONFIRMED,
    (State.ACCEPTED, Step.CONFIRM): State.CONFIRMED,
    (State.ACCEPTED, Step.RETRY): State.ACCEPTED,
    (State.ACCEPTED, Step.GIVE_UP): State.ACCEPTED,
    (State.CONFIRMED, Step.ACCEPT): State.CONFIRMED,
    (State.CONFIRMED, Step.ANSWER): State.CONFIRMED,
    (State.CONFIRMED, Step.CONFIRM): State.CONFIRMED,
    (State.CONFIRMED, Step.RETRY): State.CONFIRMED,
    (State.CONFIRMED, Step.GIVE_UP): State.CONFIRMED,
    (State.DEAD, Step.ACCEPT): State.ACCEPTED,  # late, but a receipt is a receipt
    (State.DEAD, Step.ANSWER): State.CONFIRMED,
    (State.DEAD, Step.CONFIRM): State.CONFIRMED,
    (State.DEAD, Step.RETRY): State.DEAD,
    (State.DEAD, Step.GIVE_UP): State.DEAD,
    (State.DEAD, Step.REPLAY): State.WAITING,
    (State.DEAD, Step.DISCARD): State.DISCARDED,
    (State.DEAD, Step.REPLACE): State.REPLACED,
    (State.DISCARDED, Step.ACCEPT): State.DISCARDED,
    (State.DISCARDED, Step.ANSWER): State.DISCARDED,
    (State.DISCARDED, Step.CONFIRM): State.DISCARDED,
    (State.DISCARDED, Step.RETRY): State.DISCARDED,
    (State.DISCARDED, Step.GIVE_UP): State.DISCARDED,
    (State.REPLACED, Step.ACCEPT): State.REPLACED,
    (State.REPLACED, Step.ANSWER): State.REPLACED,
    (State.REPLACED, Step.CONFIRM): State.REPLACED,
    (State.REPLACED, Step.RETRY): State.REPLACED,
    (State.REPLACED, Step.GIVE_UP): State.REPLACED,
}


class Standing(StrEnum):
    """Where a message is."""

    RECEIVED = "received"  # stored, not yet understood
    PROCESSED = "processed"
    REFUSED = "refused"  # for its own faults; the sender was told
    DEAD = "dead"  # a person must look
    DISCARDED = "discarded"
    REPLACED = "replaced"  # a person corrected it


class Ruling(StrEnum):
    """What moves a message."""

    PROCESS = "process"
    REFUSE = "refuse"
    GIVE_UP = "give-up"
    REPLAY = "replay"
    DISCARD = "discard"
    REPLACE = "replace"


RULINGS: dict[tuple[Standing, Ruling], Standing] = {
    (Standing.RECEIVED, Ruling.PROCESS): Standing.PROCESSED,
    (Standing.RECEIVED, Ruling.REFUSE): Standing.REFUSED,
    (Standing.RECEIVED, Ruling.GIVE_UP): Standing.DEAD,
    (Standing.DEAD, Ruling.REPLAY): Standing.RECEIVED,
    (Standing.DEAD, Ruling.DISCARD): Standing.DISCARDED,
    (Standing.DEAD, Ruling.REPLACE): Standing.REPLACED,
    (Standing.REFUSED, Ruling.REPLACE): Standing.REPLACED,
}


def first_state(code: str) -> State:
    """Where a new delivery begins: it waits; with a code it is held, or unwritten, for a person."""
    return State.DEAD if code else State.WAITING


def advance(state: State, step: Step) -> State:
    """The state after a step; FatalError `illegal-transition` where the table has no entry."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise FatalError("illegal-transition", f"{step} while {state}") from None


def rule(standing: Standing, ruling: Ruling) -> Standing:
    """The standing after a ruling; FatalError `illegal-transition` without an entry."""
    try:
        return RULINGS[standing, ruling]
    except KeyError:
        raise FatalError("illegal-transition", f"{ruling} while {standing}") from None


_DOUBLINGS = 20  # of 366 days, the longest that settings allow, is still a timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Back-off after failed attempts: `first`, doubling up to `ceiling`, then each `ceiling`."""

    first: timedelta = timedelta(seconds=5)
    ceiling: timedelta = timedelta(hours=1)

    def due(
        self, failures: int, retry_after: float | None, now: datetime, probe_at: datetime | None
    ) -> datetime:
        """When to try again after so many failures.

        Where the far side is away: with its next probe, which the others wait for as well.
        """
        if probe_at is not None and not retry_after:
            return probe_at
        return now + self.wait(max(failures, 1), retry_after)

    def wait(self, failures: int, retry_after: float | None) -> timedelta:
        """At least what the far side asked for; else doubling, with up to a tenth of jitter."""
        step = min(self.first * (1 << min(failures - 1, _DOUBLINGS)), self.ceiling)
        wait = max(step, timedelta(seconds=retry_after or 0))
        return wait * (1 + random.random() / 10)


def in_time(due: datetime, now: datetime, expires_at: datetime) -> datetime | None:
    """When to try again; None when the time to live is over.

    What would come later comes when the time runs out: nobody gives up before.
    """
    return min(due, expires_at) if now < expires_at else None
