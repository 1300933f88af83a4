"""Real RabbitMQ and PostgreSQL servers for a run, which the rig can kill, wipe and fill.

The kernel ends a server together with the thread that started it. So each server has a thread
that lives as long as the run.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import pika
import psycopg
from pika.exceptions import AMQPError

from chaos.parties import BROKER_USERS
from tests.kit.servers import PostgreSQL, RabbitMQ, ServerError

T = TypeVar("T")
QUEUES = ("care.in", "care.dead", *(f"{user}.inbox" for user in BROKER_USERS))
NAMESPACE = "CHAOS_OWN_MOUNTS"  # set when the rig runs in a private mount namespace
_ROOMY = 4096  # MB
_TRIES = 20
HEARTBEAT = 4  # seconds; a half-open connection is detected within two of these


class Servers:
    """The broker and the store.

    `host` is the adapter's URL on the virtual host of the run. `disk` is the store's small
    disk, or None.
    """

    def __init__(
        self,
        broker: RabbitMQ,
        cluster: PostgreSQL,
        threads: tuple[ThreadPoolExecutor, ThreadPoolExecutor],
        host: str = "",
        disk: Disk | None = None,
    ) -> None:
        self.broker, self.cluster, self.disk = broker, cluster, disk
        self.host = host or broker.url
        self._threads = threads
        self._tool = threading.Lock()

    def with_broker(self, what: Callable[[], T]) -> T:
        """Call a function in the thread that may start the broker."""
        return self._threads[0].submit(what).result()

    def with_store(self, what: Callable[[], T]) -> T:
        """Call a function in the thread that may start the store."""
        return self._threads[1].submit(what).result()

    def broker_url(self, port: int) -> str:
        """Return the URL of the adapter's own user, through the proxy at `port`."""
        parts = urlsplit(self.host)
        host = f"{(parts.netloc).rpartition(':')[0]}:{port}"
        return urlunsplit((parts.scheme, host, parts.path, f"heartbeat={HEARTBEAT}", ""))

    def has_queues(self) -> bool:
        """Whether every queue exists and works."""
        try:
            with pika.BlockingConnection(pika.URLParameters(self.host)) as connection:
                for queue in QUEUES:
                    connection.channel().queue_declare(queue, passive=True)
        except (AMQPError, OSError):
            return False
        return True

    def settle(self, seconds: float) -> None:
        """Wait until the adapter has made its queues and the broker has stored their definitions.

        Raises UnmendedError after so many seconds.
        """
        self.await_queues(seconds)
        self.run_tool(self.broker.settle)

    def await_queues(self, seconds: float) -> None:
        """Wait until every queue exists. Raises UnmendedError after so many seconds."""
        if not eventually(self.has_queues, seconds):
            raise UnmendedError("the adapter did not make its queues")

    def run_tool(self, what: Callable[[], object]) -> None:
        """Call a function that runs rabbitmqctl: one at a time, and again if its port is taken."""
        for _ in range(_TRIES):
            with self._tool, suppress(ServerError):
                what()
                return
            time.sleep(0.5)
        raise ServerError("the broker's tool does not reach it")

    def store_answers(self, url: str) -> bool:
        """Whether the database accepts writes."""
        plain = url.replace("+psycopg", "")
        try:
            with psycopg.connect(plain, connect_timeout=2, autocommit=True) as connection:
                connection.execute("create temporary table probe as select 1 as one")
        except psycopg.Error:
            return False
        return True


class UnmendedError(Exception):
    """The fault is over, and the adapter has not recovered from it."""


class Disk:
    """A small file system in memory. Its size can change while it is in use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        _run("mount", "-t", "tmpfs", "-o", f"size={_ROOMY}m", "careplan-chaos", str(path))

    def fill(self) -> None:
        """Shrink it until there is no room. Tries again when something is written meanwhile."""
        for _ in range(_TRIES):
            stats = os.statvfs(self._path)
            used = (stats.f_blocks - stats.f_bfree) * stats.f_frsize
            with suppress(subprocess.CalledProcessError):
                self._resize(f"{used // 1024 + 16}k")
                return

    def empty(self) -> None:
        """Make room again."""
        self._resize(f"{_ROOMY}m")

    def close(self) -> None:
        """Unmount it."""
        _run("umount", "--lazy", str(self._path))

    def _resize(self, size: str) -> None:
        _run("mount", "-o", f"remount,size={size}", str(self._path))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition holds within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Start private servers for the run, and end them afterwards."""
    with ExitStack() as stack:
        threads = (_thread(stack), _thread(stack))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="careplan-chaos-")))
        disk = _disk(stack, folder)
        cluster = threads[1].submit(_on_disk, folder, PostgreSQL.start).result()
        stack.callback(lambda: threads[1].submit(cluster.close).result())
        broker = threads[0].submit(RabbitMQ.start, BROKER_USERS, 0).result()
        stack.callback(lambda: threads[0].submit(broker.close).result())
        yield Servers(broker, cluster, threads, disk=disk)


def _thread(stack: ExitStack) -> ThreadPoolExecutor:
    return stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="servers"))


def _disk(stack: ExitStack, folder: Path) -> Disk | None:
    folder.chmod(0o755)  # PostgreSQL runs as another user
    if not os.environ.get(NAMESPACE):
        return None
    disk = Disk(folder)
    stack.callback(disk.close)
    return disk


def _on_disk(folder: Path, start: Callable[[], T]) -> T:
    """Start a server with its files in a folder."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        return start()
    finally:
        tempfile.tempdir = before
