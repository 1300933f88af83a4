"""One process of the adapter, which the rig can kill, freeze and give a wrong clock.

It is forked from a server that has imported everything, so that a restart takes milliseconds.
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
STOPPED_IN_START = 3  # exit code: the store or the broker did not respond yet


class _Clock:
    """A clock that is wrong by an offset."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def live(settings: Settings, part: Part, kind: str, log: Path, orders: Connection) -> None:
    """Run as a worker or web process, with this kind of sabotage, until stopped or killed."""
    logs.set_up("info", log.open("a", encoding="utf-8"))
    sabotage.add_poison()
    if kind:
        sabotage.commit(kind)
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
    """Obey the rig: `arm <kill point>:<n>` or `clock <seconds>`. Exit when the rig is gone."""
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
    """A named process. `look` starts it again after each death."""

    def __init__(self, name: str, part: Part, settings: Settings, kind: str, log: Path) -> None:
        self.name, self.part, self.settings = name, part, settings
        self._sabotage, self._log = kind, log
        self._lock = threading.Lock()
        self._process: ForkServerProcess | None = None
        self._orders: Connection | None = None
        self._restart_at = 0.0
        self._killed = False
        self.lives = 0
        self.ended_with = 0  # the exit code of the last life

    def begin(self) -> None:
        """Start the process."""
        ours, theirs = _FORKS.Pipe()
        settings = self.settings
        process = _FORKS.Process(
            target=live,
            args=(settings, self.part, self._sabotage, self._log, theirs),
            daemon=True,
        )
        process.start()
        theirs.close()
        with self._lock:
            self._process, self._orders, self._killed = process, ours, False
            self.lives += 1
        if settings is not self.settings:  # they changed while it started, and it missed the signal
            self.signal(signal.SIGTERM)

    @property
    def alive(self) -> bool:
        """Whether it is running."""
        with self._lock:
            return self._process is not None and self._process.exitcode is None

    def lives_since(self, lives: int) -> bool:
        """Whether it has been started again since its start number `lives`."""
        return self.lives > lives

    def look(self, rest: float) -> int | None:
        """Start it again `rest` seconds after a death; return the exit code of a new death."""
        if self.alive:
            return None
        now = time.monotonic()
        if self._restart_at == 0:
            self._restart_at = now + rest
            self.ended_with = self._exit()
            return self.ended_with
        if now >= self._restart_at:
            self._restart_at = 0
            self.begin()
        return None

    def _exit(self) -> int:
        with self._lock:
            code = self._process.exitcode if self._process is not None else None
            return 0 if code is None else code

    @property
    def was_killed(self) -> bool:
        """Whether the rig caused its last death."""
        return self._killed

    def order(self, words: str) -> bool:
        """Send it an order; False when it does not run."""
        if not self.alive:
            return False
        with self._lock, suppress(OSError):
            if self._orders is not None:
                self._orders.send(words)
                return True
        return False

    def arm(self, spec: str) -> None:
        """Make it kill itself at a kill point; "" revokes that."""
        self._killed = bool(spec)
        self.order(f"arm {spec}")

    def signal(self, number: signal.Signals) -> bool:
        """Send it a signal; False when it does not run."""
        with self._lock:
            process = self._process
        if process is None or process.pid is None or process.exitcode is not None:
            return False
        self._killed = self._killed or number in (signal.SIGKILL, signal.SIGTERM)
        os.kill(process.pid, number)
        return True

    def end(self) -> None:
        """Stop it with SIGTERM; kill it after ten seconds."""
        self.signal(signal.SIGTERM)
        with self._lock:
            process = self._process
        if process is not None:
            process.join(10)
            process.kill()
            process.join()
