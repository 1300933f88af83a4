"""When each message was sent, held by its receiver, and receipted: memory that processes share.

A message is its number, which its content id carries. Each cell is written by one process. Times
are seconds of `time.monotonic()`, one clock for all processes of a machine; 0 is "not yet".
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
_RUN = 24  # characters of a content id that are the same for a whole measurement


class Goal(StrEnum):
    """What ends a message's way."""

    RECEIPTED = "receipted"  # a journey: the receiver has the message, the sender its receipt
    HELD = "held"  # the receiver has the message; nobody gives receipts


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One measurement, as all of its processes see it."""

    run: str
    goal: Goal
    sent: Times
    held: Times
    receipted: Times
    gate: Barrier  # all wait here until all are there
    over: Event

    @property
    def ends(self) -> Times:
        """The times at which messages reached the goal."""
        return self.receipted if self.goal is Goal.RECEIPTED else self.held

    def content_id(self, number: int) -> str:
        """The UUID of a message's content."""
        return f"{self.run}{number:012x}"

    def number(self, content_id: str) -> int | None:
        """The message of a content id; None for one of another measurement."""
        mine = content_id.startswith(self.run)
        return int(content_id[_RUN:], 16) if mine else None


def board(size: int, processes: int, goal: Goal = Goal.RECEIPTED) -> Board:
    """An empty board for `size` messages; the gate waits for the processes and for the caller."""
    return Board(
        run=str(uuid4())[:_RUN],
        goal=goal,
        sent=_times(size),
        held=_times(size),
        receipted=_times(size),
        gate=CONTEXT.Barrier(processes + 1),
        over=CONTEXT.Event(),
    )


def _times(size: int) -> Times:
    return cast(Times, CONTEXT.RawArray(ctypes.c_double, size))
