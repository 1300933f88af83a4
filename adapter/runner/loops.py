"""Loops, each in a thread, that run until they are stopped; a loop that dies is logged."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from adapter.core.errors import AdapterError, TransientError

log = logging.getLogger(__name__)


class Loops:
    """The threads of a process. If one dies, all stop, so that the process can be restarted."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.broken = ""  # the name of the loop that died
        self._threads: list[threading.Thread] = []
        self._waits: dict[str, tuple[AdapterError, float]] = {}

    @property
    def waiting(self) -> dict[str, AdapterError]:
        """Return, by loop, the error that keeps it waiting at present."""
        return {name: error for name, (error, _) in self._waits.copy().items()}

    def start(
        self,
        name: str,
        step: Callable[[], object],
        idle: Callable[[], object],
        recover: Callable[[], object] = lambda: None,
    ) -> None:
        """Run `step` repeatedly; run `idle` after a step that returned something false.

        After a TransientError, `recover` is called and the loop waits a second.
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
        except BaseException:  # also SystemExit, which ends a thread silently
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
        """Note why a loop waits; log it once, and again when the error is another."""
        before, since = self._waits.get(name, (None, time.monotonic()))
        self._waits[name] = (error, since)
        if before is None or (before.code, before.detail) != (error.code, error.detail):
            log_fields = {"loop": name, "code": error.code, "why": error.detail}
            log.warning("waits", extra=log_fields)

    def _go_on(self, name: str) -> None:
        if name in self._waits:
            _, since = self._waits.pop(name)
            seconds = round(time.monotonic() - since, 1)
            log.info("goes-on", extra={"loop": name, "seconds": seconds})

    def join(self) -> None:
        """Wait until every loop has ended; call it after `stopping` is set."""
        for thread in self._threads:
            thread.join()


class Bell:
    """Wakes a loop when there is work, and at the latest after `seconds`.

    It wakes the loop `gather` seconds late: one step has a fixed cost, so work that comes close
    together is done in one step.
    """

    def __init__(self, seconds: float, gather: float = 0.0) -> None:
        self._event = threading.Event()
        self._seconds, self._gather = seconds, gather

    def ring(self) -> None:
        """Say that there is work."""
        self._event.set()

    def wait(self) -> None:
        """Sleep until a ring, or until the time has passed."""
        if self._event.wait(self._seconds):
            time.sleep(self._gather)
        self._event.clear()


def ends_within(limit: timedelta, work: Callable[[], None]) -> bool:
    """Run it in a thread that keeps no process alive; return whether it ended in time."""
    thread = threading.Thread(target=work, name="stop", daemon=True)
    thread.start()
    thread.join(limit.total_seconds())
    return not thread.is_alive()
