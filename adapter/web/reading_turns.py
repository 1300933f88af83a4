"""Large bodies are read in turn, one part at a time, with a pause between two parts.

A round of the event loop serves every connection that has bytes. 120 bodies that arrive at once
would each hand over up to 256 KiB in it, and the small requests of others, which need several
rounds, would wait. In the pause the loop serves the others. A body that arrives alone is not
held up. Requests that come before the last response (pipelined) take turns in the same way.
`make hostile` measures what the pause is worth: docs/guarantees.md.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from uvicorn.protocols.http.flow_control import FlowControl

PAUSE = 0.002  # seconds between two parts: 128 MB/s for all large bodies together


class Waiting(Protocol):
    """What waits for its turn."""

    def read_on(self) -> None:
        """Go on: the turn has come."""


class ReadingTurns:
    """The connections of one event loop that wait to read on, in their order."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()

    def enter(self, waiting: Waiting) -> None:
        """Let a connection read on when its turn comes."""
        self._waiting.append(waiting)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        waiting = self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_later(PAUSE, self._next)
        waiting.read_on()


class InTurn(FlowControl):
    """uvicorn's flow control of a connection. After a pause it reads on when its turn comes."""

    def __init__(self, transport: asyncio.Transport, turns: ReadingTurns) -> None:
        super().__init__(transport)
        self._turns = turns
        self._is_waiting = False

    def resume_reading(self) -> None:
        """Wait for a turn, if reading is paused."""
        if self.read_paused and not self._is_waiting:
            self._is_waiting = True
            self._turns.enter(self)

    def read_on(self) -> None:
        """Read the next part."""
        self._is_waiting = False
        super().resume_reading()
