"""The processes of the simulated parties, and functions that wait while they run."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.context import SpawnProcess
from threading import BrokenBarrierError
from typing import Any, Protocol, Self, TypeAlias

from adapter.bench.measurement_errors import BrokenError
from adapter.bench.message_times import CONTEXT, MessageTimes

PartyJob: TypeAlias = tuple[Callable[..., None], tuple[Any, ...]]
"""The function of a process, and its arguments before the times."""

READY_SECONDS = 60
STALL_SECONDS = 90  # without progress, after which a measurement has failed
_LOOK = 0.25  # seconds between two checks


class Checkable(Protocol):
    """Processes that can be checked."""

    def check(self) -> None:
        """Raise BrokenError when a process has ended."""


class PartyProcesses:
    """On entry every party is connected and starts; on exit all have ended."""

    def __init__(self, times: MessageTimes, jobs: Sequence[PartyJob]) -> None:
        self._times = times
        self._processes: list[SpawnProcess] = [
            CONTEXT.Process(target=_run, args=(target, *arguments, times), daemon=True)
            for target, arguments in jobs
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        try:
            self._times.all_ready.wait(READY_SECONDS)
        except BrokenBarrierError:
            self.__exit__()
            raise BrokenError("the simulated parties did not begin") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._times.stop.set()
        for process in self._processes:
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()

    def check(self) -> None:
        """Raise BrokenError when a process has ended."""
        if any(process.exitcode is not None for process in self._processes):
            raise BrokenError("a simulated party ended; its output is printed above")


def _run(target: Callable[..., None], *arguments: Any) -> None:
    """Ignore Ctrl-C, which reaches all processes of a terminal: the bench itself sets `stop`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    target(*arguments)


def wait_for(
    reached: Callable[[], int],
    wanted: int,
    checked: Sequence[Checkable],
    say: Callable[[int], None] = lambda _: None,
) -> None:
    """Wait until `reached` returns `wanted`. BrokenError when it stops growing."""
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


def sleep_checked(seconds: float, checked: Sequence[Checkable]) -> None:
    """Sleep for so long. BrokenError when a process ends meanwhile."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for each in checked:
            each.check()
        time.sleep(min(_LOOK, left))
