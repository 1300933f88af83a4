"""The adapter in a process of its own, that dies where it is told to.

Forked from a server that has imported everything, so that a life costs milliseconds.
"""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.process import BaseProcess

from adapter.core import kill_points
from adapter.core.endpoint import Settings
from adapter.runner import Adapter
from adapter.store import Store

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "adapter.fhir.structure", "psycopg"])


def live(settings: Settings, spec: str) -> None:
    """Run until killed; by itself at `spec`, or with SIGTERM by the test."""
    kill_points.arm(spec)
    adapter = Adapter(settings, Store(settings.store))
    adapter.start()
    raise SystemExit(adapter.wait())


class Victim:
    """Lives again after each death."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: BaseProcess | None = None
        self._lock = threading.Lock()  # several senders look after it
        self.deaths = 0

    def begin(self, spec: str = "") -> None:
        """A new life, that ends at a window."""
        self._process = _FORKS.Process(target=live, args=(self._settings, spec), daemon=True)
        self._process.start()

    def look(self) -> None:
        """If it has died, count it and let it live on without being killed."""
        with self._lock:
            assert self._process is not None
            if self._process.exitcode is not None:
                assert self._process.exitcode == -9, f"exit {self._process.exitcode}"
                self.deaths += 1
                self.begin()

    def end(self) -> None:
        """Stop it as an operator would."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
