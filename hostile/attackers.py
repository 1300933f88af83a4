"""The attacks of a run, each in a process of its own, so that none slows the measuring."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Collection, Sequence
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from queue import Empty
from typing import TypeAlias

from hostile.attacks import ATTACKS
from hostile.size import Size
from hostile.target import Target

LONGER = 90.0  # seconds after the run in which an attack must end
_PROCESSES = multiprocessing.get_context("spawn")
Found: TypeAlias = "Queue[tuple[str, Counter[str]]]"


class Attackers:
    """The chosen attacks. `found` has what came back, by the name of each that has ended."""

    def __init__(self, size: Size, target: Target, names: Sequence[str]) -> None:
        self._size = size
        self._names = [name for name in ATTACKS if name in names]
        self._queue: Found = _PROCESSES.Queue()
        self._stop = _PROCESSES.Event()
        self.found: dict[str, Counter[str]] = {}
        self._processes = [
            _PROCESSES.Process(
                target=_attack, args=(name, target, size, self._stop, self._queue), daemon=True
            )
            for name in self._names
        ]

    @property
    def unended(self) -> tuple[str, ...]:
        """The attacks that failed, or did not end in time."""
        return tuple(name for name in self._names if name not in self.found)

    def play(self) -> None:
        """Attack for the time of the run, and until every attack has done its work."""
        until = time.monotonic() + self._size.attacked
        for process in self._processes:
            process.start()
        try:
            working = [name for name in self._names if not ATTACKS[name].lasts]
            self._gather(working, until + LONGER)
            time.sleep(max(0.0, until - time.monotonic()))
            self._stop.set()
            self._gather(self._names, time.monotonic() + LONGER)
        finally:
            self._end()

    def _gather(self, names: Collection[str], until: float) -> None:
        while set(names) - self.found.keys() and time.monotonic() < until:
            try:
                name, counts = self._queue.get(timeout=0.2)
            except Empty:
                if self._have_failed(names):
                    return
            else:
                self.found[name] = counts

    def _have_failed(self, names: Collection[str]) -> bool:
        """Whether all that have not reported have ended with an error."""
        by_name = zip(self._names, self._processes, strict=True)
        waiting = [p for name, p in by_name if name in names and name not in self.found]
        return all(process.exitcode for process in waiting)

    def _end(self) -> None:
        self._stop.set()
        for process in self._processes:
            process.join(1)
            process.kill()


def _attack(name: str, target: Target, size: Size, stop: Event, found: Found) -> None:
    attack = ATTACKS[name]
    stop.wait(size.attacked * attack.begins)
    found.put((name, attack.run(target, size, stop)))
