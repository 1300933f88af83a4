"""When each message was sent, received and receipted, in memory that all processes share.

A message is its number, which is part of its content id. Each cell is written by one process.
Times are seconds of `time.monotonic()`, one clock for all processes of a machine; 0 is "not yet".
"""

from __future__ import annotations

import ctypes
import multiprocessing
from collections.abc import MutableSequence
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.context import SpawnContext
from multiprocessing.synchronize import Barrier, Event
from typing import TypeAlias, cast
from uuid import uuid4

Times: TypeAlias = MutableSequence[float]
CONTEXT: SpawnContext = multiprocessing.get_context("spawn")
_PREFIX = 24  # characters of a content id that are the same for a whole measurement


class Goal(StrEnum):
    """When a message counts as done."""

    RECEIPTED = "receipted"  # a journey: the receiver has the message, the sender its receipt
    RECEIVED = "received"  # the receiver has the message; no receipts are sent


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTimes:
    """The times of one measurement, as all of its processes see them."""

    prefix: str
    goal: Goal
    sent: Times
    received: Times
    receipted: Times
    all_ready: Barrier
    stop: Event

    @property
    def ends(self) -> Times:
        """The times at which messages reached the goal."""
        return self.receipted if self.goal is Goal.RECEIPTED else self.received

    def content_id(self, number: int) -> str:
        """Return the content id (a UUID) of a message."""
        return f"{self.prefix}{number:012x}"

    def number(self, content_id: str) -> int | None:
        """Return the message of a content id; None for one of another measurement."""
        same = content_id.startswith(self.prefix)
        return int(content_id[_PREFIX:], 16) if same else None

    def note_received(self, number: int, at: float) -> None:
        """Note when the first copy of a message was received."""
        self.received[number] = self.received[number] or at

    def note_receipted(self, number: int, at: float) -> None:
        """Note when the first receipt for a message was received."""
        self.receipted[number] = self.receipted[number] or at


def empty_times(size: int, processes: int, goal: Goal = Goal.RECEIPTED) -> MessageTimes:
    """Return times for `size` messages. `all_ready` waits for the processes and the caller."""
    return MessageTimes(
        prefix=str(uuid4())[:_PREFIX],
        goal=goal,
        sent=_times(size),
        received=_times(size),
        receipted=_times(size),
        all_ready=CONTEXT.Barrier(processes + 1),
        stop=CONTEXT.Event(),
    )


def _times(size: int) -> Times:
    return cast(Times, CONTEXT.RawArray(ctypes.c_double, size))
