"""Loops that run until somebody stops them, and that never die quietly."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from adapter.core.errors import AdapterError, TransientError

log = logging.getLogger(__name__)


class Loops:
    """A process's threads. One that dies stops the others: half an adapter is worse than none."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.broken = ""  # the name of the loop that died
        self._threads: list[threading.Thread] = []
        self._waits: dict[str, tuple[AdapterError, float]] = {}

    @property
    def waiting(self) -> dict[str, AdapterError]:
        """What each loop that cannot go on at present waits for to end."""
        return {name: error for name, (error, _) in self._waits.copy().items()}

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
        except BaseException:  # also SystemExit, of which a thread dies without a word
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
            self._wait(name, error)
            recover()
            self.stopping.wait(1)
        else:
            self._go_on(name)

    def _wait(self, name: str, error: AdapterError) -> None:
        """Tell it once, however long it lasts; again when it is something else."""
        before, since = self._waits.get(name, (None, time.monotonic()))
        self._waits[name] = (error, since)
        if before is None or (before.code, before.detail) != (error.code, error.detail):
            told = {"loop": name, "code": error.code, "why": error.detail}
            log.warning("waits", extra=told)

    def _go_on(self, name: str) -> None:
        if name in self._waits:
            _, since = self._waits.pop(name)
            seconds = round(time.monotonic() - since, 1)
            log.info("goes-on", extra={"loop": name, "seconds": seconds})

    def join(self) -> None:
        """Wait until every loop has ended; call after `stopping` is set."""
        for thread in self._threads:
            thread.join()


class Bell:
    """Wakes a loop when there is work, and at the latest after `seconds`.

    Not at once: what else comes within `gather` seconds is worked on together. A turn has its
    price, however much there is to do in it.
    """

    def __init__(self, seconds: float, gather: float = 0.0) -> None:
        self._event = threading.Event()
        self._seconds, self._gather = seconds, gather

    def ring(self) -> None:
        """There is work."""
        self._event.set()

    def wait(self) -> None:
        """Sleep until somebody rings, or the time has passed."""
        if self._event.wait(self._seconds):
            time.sleep(self._gather)
        self._event.clear()
