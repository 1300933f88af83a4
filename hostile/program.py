"""The attacked process: `adapter serve`, its memory, its starts and its end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import httpx

from adapter.bench.worker_processes import process_memory
from hostile.region import Region

START_SECONDS = 180.0  # also on a machine with much other work
STOP_SECONDS = 60.0


class NotStartedError(Exception):
    """The adapter did not become ready; the text has the end of its log."""


class Program:
    """On entry it is ready; on exit it has ended."""

    def __init__(self, region: Region, folder: Path) -> None:
        self._region, self._settings = region, folder / "adapter.toml"
        self.log = folder / "adapter.log"

    def __enter__(self) -> Self:
        self._region.write(self._settings)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "adapter", "serve", "--settings", str(self._settings)],
                env=os.environ | self._region.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._await(self.is_ready)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def stop(self) -> float:
        """End it with SIGTERM, and kill it after a minute; return the seconds that it took."""
        begun = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - begun

    def is_ready(self) -> bool:
        """Whether it can store messages."""
        return self._says("ready")

    def is_live(self) -> bool:
        """Whether it answers within five seconds that it lives."""
        return self._says("live")

    def memory(self) -> float:
        """Return its memory now, in MiB."""
        return process_memory(self.process.pid, "VmRSS")

    def peak(self) -> float:
        """Return its highest memory since its start, in MiB."""
        return process_memory(self.process.pid, "VmHWM")

    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def starts(self) -> int:
        """Return how often the log says that it has started."""
        return self.log.read_bytes().count(b'"what": "started"')

    def _says(self, what: str) -> bool:
        address = f"http://127.0.0.1:{self._region.health}/health/{what}"
        try:
            return httpx.get(address, timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def _await(self, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while not holds():
            if self.has_ended() or time.monotonic() > until:
                raise NotStartedError(self.log.read_text(errors="backslashreplace")[-2000:])
            time.sleep(0.1)
