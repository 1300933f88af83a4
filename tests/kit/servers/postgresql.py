"""A private PostgreSQL cluster, run by a user other than root."""

from __future__ import annotations

import os
import pwd
import secrets
import signal
import subprocess
from contextlib import suppress
from itertools import count
from pathlib import Path

from tests.kit.servers.base import START_SECONDS, Server, free_ports, wait_until
from tests.kit.servers.packages import (
    POSTGRESQL,
    POSTGRESQL_BINARIES,
    ServerError,
    require_installed,
)


class PostgreSQL(Server):
    """One PostgreSQL cluster; fsync and synchronous_commit stay on."""

    def __init__(self) -> None:
        super().__init__("careplan-postgresql", _unprivileged())
        (self.port,) = free_ports(1)
        self._password = secrets.token_hex(12)
        self._names = (f"fresh_{number}" for number in count())
        self._data = self.directory / "data"

    @classmethod
    def start(cls) -> PostgreSQL:
        """A running cluster; ServerError when PostgreSQL is missing or does not start."""
        require_installed(POSTGRESQL)
        cluster = cls()
        try:
            cluster._initialise()
            cluster.restart()
            cluster._run("createdb", "adapter")
        except BaseException:
            cluster.close()
            raise
        return cluster

    @property
    def url(self) -> str:
        """The database `adapter`, as SQLAlchemy writes it (driver psycopg)."""
        return self._url("adapter")

    def fresh(self) -> str:
        """A new, empty database."""
        name = next(self._names)
        self._run("createdb", name)
        return self._url(name)

    def restart(self) -> None:
        """End the cluster if it runs, and start it on the same port with the same data."""
        self.kill()
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "dynamic_shared_memory_type": "mmap",  # nothing outside the directory
        }
        settings = [f"--{name}={value}" for name, value in options.items()]
        command = [_postgresql("postgres"), "-D", str(self._data), "-p", str(self.port), *settings]
        process = self._spawn(command, self._environment())
        wait_until(self._answers, process, self.log)

    def complaints(self, about: str) -> int:
        """How often a text occurs in the server's log."""
        return self.log.read_text(errors="replace").count(about)

    def close(self) -> None:
        """End the server in order (it holds System V shared memory), and remove its files."""
        for process in self._processes:
            self._signal(process, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
        super().close()

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://adapter:{self._password}@127.0.0.1:{self.port}/{name}"

    def _answers(self) -> bool:
        return self._call("pg_isready", "-q").returncode == 0

    def _initialise(self) -> None:
        password = self.directory / "password"
        password.write_text(self._password)
        if self._owner:
            account = pwd.getpwnam(_unprivileged_name())
            for path in (self.directory, password):
                os.chown(path, account.pw_uid, account.pw_gid)
        options = ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = [_postgresql("initdb"), "-D", str(self._data), "-U", "adapter", *options]
        process = self._spawn([*command, f"--pwfile={password}"], self._environment())
        if process.wait(START_SECONDS):
            raise ServerError(self.log.read_text(errors="replace"))
        self._processes.remove(process)

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [_postgresql(program), *arguments],
            env=self._environment(),
            capture_output=True,
            check=False,
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode:
            raise ServerError(done.stderr.decode(errors="replace"))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": "adapter",
            "PGPASSWORD": self._password,
        }


def _unprivileged_name() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _unprivileged() -> list[str]:
    """Options for setpriv; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam(_unprivileged_name())
    return [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def _postgresql(program: str) -> str:
    paths = sorted(POSTGRESQL_BINARIES.glob(f"*/bin/{program}"), key=_version)
    if not paths:
        raise ServerError(f"{program} is not installed")
    return str(paths[-1])


def _version(path: Path) -> float:
    return float(path.parts[-3])
