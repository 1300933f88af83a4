"""The processes of the simulated parties, and waiting for what they do."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.context import SpawnProcess
from threading import BrokenBarrierError
from typing import Any, Protocol, Self, TypeAlias

from adapter.bench.board import CONTEXT, Board
from adapter.bench.errors import BrokenError

Job: TypeAlias = tuple[Callable[..., None], tuple[Any, ...]]
"""What a process runs, and what it is given besides the board."""

READY_SECONDS = 60
STALL_SECONDS = 90  # nothing has ended for so long: it never will
_LOOK = 0.25


class Checked(Protocol):
    """Somebody who can tell that it has broken."""

    def check(self) -> None:
        """BrokenError when it has."""


class Players:
    """Enter it, and every party is connected and has begun; leave it, and all have ended."""

    def __init__(self, board: Board, jobs: Sequence[Job]) -> None:
        self._board = board
        self._processes: list[SpawnProcess] = [
            CONTEXT.Process(target=_play, args=(target, *arguments, board), daemon=True)
            for target, arguments in jobs
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        try:
            self._board.gate.wait(READY_SECONDS)
        except BrokenBarrierError:
            self.__exit__()
            raise BrokenError("the simulated parties did not begin") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._board.over.set()
        for process in self._processes:
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()

    def check(self) -> None:
        """BrokenError when one of them has ended."""
        if any(process.exitcode is not None for process in self._processes):
            raise BrokenError("a simulated party ended; what it said stands above")


def _play(target: Callable[..., None], *arguments: Any) -> None:
    """Ctrl-C reaches all processes of a terminal, but the bench alone decides when it is over."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    target(*arguments)


def watch(
    reached: Callable[[], int],
    wanted: int,
    checked: Sequence[Checked],
    say: Callable[[int], None] = lambda _: None,
) -> None:
    """Wait until `reached` is as much as is wanted; BrokenError when it stops growing."""
    last, since = -1, time.monotonic()
    while (now := reached()) < wanted:
        for each in checked:
            each.check()
        if now != last:
            last, since = now, time.monotonic()
            say(now)
        if time.monotonic() - since > STALL_SECONDS:
            raise BrokenError(f"{now} of {wanted} were done, and then none for {STALL_SECONDS} s")
        time.sleep(_LOOK)


def pause(seconds: float, checked: Sequence[Checked]) -> None:
    """Let it run for so long; BrokenError when something breaks meanwhile."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for each in checked:
            each.check()
        time.sleep(min(_LOOK, left))
