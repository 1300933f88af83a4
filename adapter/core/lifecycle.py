"""The state tables of deliveries and messages, and the times of retries.

A step that comes from outside (a receipt, an answer, a failure) has an entry in every state: it
may come at any time, so it is never illegal. docs/lifecycle.md is drawn from these tables.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapter.core.errors import FatalError


class State(StrEnum):
    """The state of a delivery."""

    WAITING = "waiting"  # waits for its next attempt
    IN_FLIGHT = "in-flight"  # claimed, or sent and not yet receipted
    ACCEPTED = "accepted"  # the far side's system has it; a person's answer is awaited
    CONFIRMED = "confirmed"  # the receipt that `done_when` asks for has come
    DEAD = "dead"  # given up or held: a person must decide
    DISCARDED = "discarded"  # a person closed it without sending it
    REPLACED = "replaced"  # a person corrected it: another delivery was sent in its place
    NO_LONGER_DUE = "no-longer-due"  # its receiver's right ended before it was sent


class Step(StrEnum):
    """What changes the state of a delivery."""

    CLAIM = "claim"
    ACCEPT = "accept"  # the system's receipt, where a person's answer is still awaited
    ANSWER = "answer"  # a person's answer
    CONFIRM = "confirm"
    RETRY = "retry"
    GIVE_UP = "give-up"
    REPLAY = "replay"
    DISCARD = "discard"
    REPLACE = "replace"
    LAPSE = "lapse"  # its receiver's right has ended, or a newer notice says the same


OPEN = (State.WAITING, State.IN_FLIGHT)  # sent as soon as it is due

TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.WAITING, Step.CLAIM): State.IN_FLIGHT,
    (State.WAITING, Step.ACCEPT): State.ACCEPTED,  # the receipt of an earlier attempt came late
    (State.WAITING, Step.ANSWER): State.CONFIRMED,
    (State.WAITING, Step.CONFIRM): State.CONFIRMED,
    (State.WAITING, Step.RETRY): State.WAITING,
    (State.WAITING, Step.GIVE_UP): State.DEAD,
    (State.WAITING, Step.LAPSE): State.NO_LONGER_DUE,
    (State.IN_FLIGHT, Step.CLAIM): State.IN_FLIGHT,  # its process died, or no receipt came in time
    (State.IN_FLIGHT, Step.ACCEPT): State.ACCEPTED,
    (State.IN_FLIGHT, Step.ANSWER): State.CONFIRMED,  # a person can only answer what has arrived
    (State.IN_FLIGHT, Step.CONFIRM): State.CONFIRMED,
    (State.IN_FLIGHT, Step.RETRY): State.WAITING,
    (State.IN_FLIGHT, Step.GIVE_UP): State.DEAD,
    (State.IN_FLIGHT, Step.LAPSE): State.NO_LONGER_DUE,
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
    (State.DEAD, Step.ACCEPT): State.ACCEPTED,  # a late receipt counts too
    (State.DEAD, Step.ANSWER): State.CONFIRMED,
    (State.DEAD, Step.CONFIRM): State.CONFIRMED,
    (State.DEAD, Step.RETRY): State.DEAD,
    (State.DEAD, Step.GIVE_UP): State.DEAD,
    (State.DEAD, Step.REPLAY): State.WAITING,
    (State.DEAD, Step.DISCARD): State.DISCARDED,
    (State.DEAD, Step.REPLACE): State.REPLACED,
    (State.DEAD, Step.LAPSE): State.NO_LONGER_DUE,
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
    (State.NO_LONGER_DUE, Step.ACCEPT): State.NO_LONGER_DUE,  # its receipt is stored all the same
    (State.NO_LONGER_DUE, Step.ANSWER): State.NO_LONGER_DUE,
    (State.NO_LONGER_DUE, Step.CONFIRM): State.NO_LONGER_DUE,
    (State.NO_LONGER_DUE, Step.RETRY): State.NO_LONGER_DUE,
    (State.NO_LONGER_DUE, Step.GIVE_UP): State.NO_LONGER_DUE,
}


class Standing(StrEnum):
    """The standing of a message."""

    RECEIVED = "received"  # stored, not yet processed
    PROCESSED = "processed"
    REFUSED = "refused"  # it has faults of its own; its receipt names them
    DEAD = "dead"  # a person must decide
    DISCARDED = "discarded"
    REPLACED = "replaced"  # a person corrected it


# The words for a message or any of its deliveries; `dead` and two more are words for both.
STATES = tuple(dict.fromkeys([*map(str, Standing), *map(str, State)]))


class Ruling(StrEnum):
    """What changes the standing of a message."""

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
    """Return the first state of a delivery: dead with a code (held, not written), else waiting."""
    return State.DEAD if code else State.WAITING


def advance(state: State, step: Step) -> State:
    """Return the state after a step; FatalError `illegal-transition` without an entry."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise FatalError("illegal-transition", f"{step} while {state}") from None


def rule(standing: Standing, ruling: Ruling) -> Standing:
    """Return the standing after a ruling; FatalError `illegal-transition` without an entry."""
    try:
        return RULINGS[standing, ruling]
    except KeyError:
        raise FatalError("illegal-transition", f"{ruling} while {standing}") from None


_DOUBLINGS = 20  # 366 days, the longest that settings allow, doubled 20 times fit a timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Back-off after failed attempts: it begins with `first` and doubles up to `ceiling`."""

    first: timedelta = timedelta(seconds=5)
    ceiling: timedelta = timedelta(hours=1)

    def due(
        self, failures: int, retry_after: float | None, now: datetime, probe_at: datetime | None
    ) -> datetime:
        """Return the time of the next attempt after a number of failures.

        `probe_at` is the next probe of an open circuit. Then everything waits for that probe.
        """
        if probe_at is not None and not retry_after:
            return probe_at
        return now + self.wait(max(failures, 1), retry_after)

    def wait(self, failures: int, retry_after: float | None) -> timedelta:
        """Return the back-off with up to 10 % jitter; at least what the far side asks for."""
        step = min(self.first * (1 << min(failures - 1, _DOUBLINGS)), self.ceiling)
        return max(step * (1 + random.random() / 10), self.asked(retry_after))

    def asked(self, retry_after: float | None) -> timedelta:
        """Return the wait that the far side asks for, in any number of seconds; at most `ceiling`.

        It has no jitter: the far side has named the time.
        """
        return timedelta(seconds=min(retry_after or 0, self.ceiling.total_seconds()))


def in_time(due: datetime, now: datetime, expires_at: datetime) -> datetime | None:
    """Return when to try again, at `expires_at` at the latest; None when that time is over."""
    return min(due, expires_at) if now < expires_at else None
