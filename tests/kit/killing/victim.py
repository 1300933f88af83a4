"""The adapter in its own process, which can be killed at a kill point.

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
    """Run until it kills itself at `spec`, or until the test stops it with SIGTERM."""
    kill_points.arm(spec)
    adapter = Adapter(settings, Store(settings.store))
    adapter.start()
    raise SystemExit(adapter.wait())


class Victim:
    """A process of the adapter that `look` starts again after each death."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: BaseProcess | None = None
        self._lock = threading.Lock()  # several senders look after it
        self.deaths = 0

    def begin(self, spec: str = "") -> None:
        """Start the process, to be killed at the kill point of `spec`."""
        self._process = _FORKS.Process(target=live, args=(self._settings, spec), daemon=True)
        self._process.start()

    def look(self) -> None:
        """If it has died, count the death, and start it again without a kill point."""
        with self._lock:
            assert self._process is not None
            if self._process.exitcode is not None:
                assert self._process.exitcode == -9, f"exit {self._process.exitcode}"
                self.deaths += 1
                self.begin()

    def end(self) -> None:
        """Stop it with SIGTERM; kill it after ten seconds."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
