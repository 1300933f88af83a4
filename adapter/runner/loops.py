"""Loops that run until somebody stops them, and that never die quietly."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from adapter.errors import TransientError

log = logging.getLogger(__name__)


class Loops:
    """A process's threads. One that dies stops the others: half an adapter is worse than none."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.broken = ""  # the name of the loop that died
        self._threads: list[threading.Thread] = []

    def start(
        self,
        name: str,
        step: Callable[[], object],
        idle: Callable[[], object],
        recover: Callable[[], object] = lambda: None,
    ) -> None:
        """Run `step` again and again; `idle` after one that found nothing to do.

        A TransientError is waited out: `recover` lets go of what may be half done.
        """
        thread = threading.Thread(target=self._run, args=(name, step, idle, recover), name=name)
        thread.start()
        self._threads.append(thread)

    def _run(
        self,
        name: str,
        step: Callable[[], object],
        idle: Callable[[], object],
        recover: Callable[[], object],
    ) -> None:
        try:
            while not self.stopping.is_set():
                self._turn(name, step, idle, recover)
        except Exception:
            log.exception("loop-died", extra={"loop": name})
            self.broken = self.broken or name
            self.stopping.set()

    def _turn(
        self,
        name: str,
        step: Callable[[], object],
        idle: Callable[[], object],
        recover: Callable[[], object],
    ) -> None:
        try:
            if not step():
                idle()
        except TransientError as error:
            log.warning("paused", extra={"loop": name, "code": error.code})
            recover()
            self.stopping.wait(1)

    def join(self) -> None:
        """Wait until every loop has ended; call after `stopping` is set."""
        for thread in self._threads:
            thread.join()


class Bell:
    """Wakes a loop at once when there is work, and at the latest after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._event = threading.Event()
        self._seconds = seconds

    def ring(self) -> None:
        """There is work."""
        self._event.set()

    def wait(self) -> None:
        """Sleep until somebody rings, or the time has passed."""
        self._event.wait(self._seconds)
        self._event.clear()
