"""One process of the adapter that the rig can arm, mislead, freeze and kill.

Forked from a server that has imported everything, so that a life costs milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from adapter import runner
from adapter.core import kill_points, logs
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError
from adapter.runner import Adapter, Part
from adapter.store import Store
from chaos import sabotage

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "adapter.fhir.structure", "psycopg"])
STOPPED_IN_START = 3  # exit code: the store or the broker was not there yet


class _Clock:
    """The time, wrong by an offset."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def live(settings: Settings, part: Part, deed: str, log: Path, orders: Connection) -> None:
    """Be a worker or a web process until told or made to end."""
    logs.set_up("info", log.open("a", encoding="utf-8"))
    sabotage.add_poison()
    if deed:
        sabotage.commit(deed)
    clock = _Clock()
    runner.utc_now = clock.now
    threading.Thread(target=_obey, args=(orders, clock), daemon=True).start()
    adapter = Adapter(settings, Store(settings.store), parts=part)
    try:
        adapter.start()
    except AdapterError:
        adapter.stop()
        os._exit(STOPPED_IN_START)
    raise SystemExit(adapter.wait())


def _obey(orders: Connection, clock: _Clock) -> None:
    """What the rig says: `arm <kill point>:<n>`, or `clock <seconds>`. Without the rig, no life."""
    try:
        while True:
            word, _, value = str(orders.recv()).partition(" ")
            if word == "arm":
                kill_points.arm(value)
            else:
                clock.offset = timedelta(seconds=float(value))
    except EOFError:
        os._exit(1)


class Victim:
    """A process by name, that lives again after each death when somebody calls `look`."""

    def __init__(self, name: str, part: Part, settings: Settings, deed: str, log: Path) -> None:
        self.name, self.part, self.settings = name, part, settings
        self._deed, self._log = deed, log
        self._lock = threading.Lock()
        self._process: ForkServerProcess | None = None
        self._orders: Connection | None = None
        self._again_at = 0.0
        self._killed = False
        self.lives = 0
        self.ended_with = 0  # the exit code of the life before

    def begin(self) -> None:
        """A new life."""
        ours, theirs = _FORKS.Pipe()
        settings = self.settings
        process = _FORKS.Process(
            target=live,
            args=(settings, self.part, self._deed, self._log, theirs),
            daemon=True,
        )
        process.start()
        theirs.close()
        with self._lock:
            self._process, self._orders, self._killed = process, ours, False
            self.lives += 1
        if settings is not self.settings:  # changed while it began, and its signal went astray
            self.signal(signal.SIGTERM)

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        with self._lock:
            return self._process is not None and self._process.exitcode is None

    def lives_since(self, lives: int) -> bool:
        """Whether another life has begun than the one that was its `lives`-th."""
        return self.lives > lives

    def look(self, rest: float) -> int | None:
        """Supervise: begin again `rest` seconds after a death. The exit code when one is new."""
        if self.alive:
            return None
        now = time.monotonic()
        if self._again_at == 0:
            self._again_at = now + rest
            self.ended_with = self._exit()
            return self.ended_with
        if now >= self._again_at:
            self._again_at = 0
            self.begin()
        return None

    def _exit(self) -> int:
        with self._lock:
            found = self._process.exitcode if self._process is not None else None
            return 0 if found is None else found

    @property
    def was_killed(self) -> bool:
        """Whether its last death was the rig's doing."""
        return self._killed

    def order(self, words: str) -> bool:
        """Tell it something; the dead do not hear it."""
        if not self.alive:
            return False
        with self._lock, suppress(OSError):
            if self._orders is not None:
                self._orders.send(words)
                return True
        return False

    def arm(self, spec: str) -> None:
        """Let it kill itself at a kill point; "" takes it back."""
        self._killed = bool(spec)
        self.order(f"arm {spec}")

    def signal(self, number: signal.Signals) -> bool:
        """Send it a signal; False when it does not live."""
        with self._lock:
            process = self._process
        if process is None or process.pid is None or process.exitcode is not None:
            return False
        self._killed = self._killed or number in (signal.SIGKILL, signal.SIGTERM)
        os.kill(process.pid, number)
        return True

    def end(self) -> None:
        """Stop it as an operator would; after ten seconds, kill it."""
        self.signal(signal.SIGTERM)
        with self._lock:
            process = self._process
        if process is not None:
            process.join(10)
            process.kill()
            process.join()
