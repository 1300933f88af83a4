"""Shared by both private servers: ports, a directory, processes that end with their parent."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.kit.servers.packages import ServerError

START_SECONDS = 300.0  # a server that dies is noticed at once; a loaded machine needs minutes
_PORTS = range(20_000, 30_000)


def free_ports(number: int) -> list[int]:
    """Return different loopback ports that are free at this moment.

    They are below the kernel's range for outgoing connections. A port in that range could be taken
    by another test's connection before the server listens.
    """
    ports: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            ports.append(port)
        if len(ports) == number:
            return ports
    raise ServerError("no port is free")


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Poll until ready; ServerError with the end of the log if the process or the time ends."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            text = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise ServerError(f"{process.args!r} did not start:\n{text}")
        time.sleep(0.05)


class Server:
    """One server process in its own process group, directory and ports.

    The directory is made in `within`, or in the system's folder for temporary files.
    """

    def __init__(self, prefix: str, owner: Sequence[str] = (), within: Path | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=within))
        self.log = self.directory / "server.log"
        self._owner = tuple(owner)
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the server and remove its directory."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self) -> None:
        """End every process of the server at once, as `kill -9` does."""
        for process in reversed(self._processes):
            self._signal(process, signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def _signal(self, process: subprocess.Popen[bytes], number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)

    def _spawn(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        wrapper = ["setpriv", *self._owner, "--pdeathsig", "KILL", "--"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*wrapper, *command],
                cwd=self.directory,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        return process
