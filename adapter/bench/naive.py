"""The naive pipeline (benchmarks/naive.py) on the same broker: its queue and its processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from adapter.bench.arena import PROGRAMS, Arena
from adapter.bench.errors import BrokenError
from adapter.bench.network import RECEIVERS
from adapter.transports.rabbitmq import DEAD, EXCHANGE, INCOMING
from adapter.transports.rabbitmq.connection import connect

_PROGRAM = PROGRAMS / "naive.py"
_QUEUE = "naive.in"
_ARGUMENTS = {  # as care.in has them, but without the single active consumer: all may consume
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-delivery-limit": 20,
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
}


def at_hand() -> bool:
    """Whether this is a checkout: an installed package has no benchmarks."""
    return _PROGRAM.exists()


class Pipeline:
    """Running processes of it."""

    def __init__(self, job: str, number: int) -> None:
        self._processes = [_start(job) for _ in range(number)]

    def check(self) -> None:
        """BrokenError when one of them has ended."""
        for process in self._processes:
            if process.poll() is not None:
                raise BrokenError(f"the naive pipeline ended with {process.returncode}")

    def end(self) -> None:
        """End all of them."""
        for process in self._processes:
            process.terminate()
            process.wait()


@contextmanager
def pipeline(arena: Arena) -> Iterator[Pipeline]:
    """As many processes as there are workers; they consume what senders publish."""
    with _queue(arena.servers.broker):
        running = Pipeline(json.dumps(_job(arena)), arena.sizes.workers)
        try:
            yield running
        finally:
            running.end()


def _job(arena: Arena) -> dict[str, object]:
    found = arena.servers.parties(RECEIVERS)
    return {
        "broker": arena.servers.broker.split(",")[0],
        "queue": _QUEUE,
        "exchange": EXCHANGE,
        "endpoints": {f"urn:hsa:{party.who.hsa}": party.name for party in found},
    }


def _start(job: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, str(_PROGRAM)], stdin=subprocess.PIPE, text=True)
    if process.stdin is not None:
        process.stdin.write(job)
        process.stdin.close()
    return process


@contextmanager
def _queue(broker: str) -> Iterator[None]:
    """While this lasts, what partners publish goes to the pipeline's queue instead of care.in."""
    with connect(broker, "adapter bench") as connection:
        channel = connection.channel()
        channel.queue_declare(_QUEUE, durable=True, arguments=_ARGUMENTS)
        channel.queue_bind(_QUEUE, INCOMING)
        channel.queue_unbind(INCOMING, INCOMING, "")
    try:
        yield
    finally:
        with connect(broker, "adapter bench") as connection:
            channel = connection.channel()
            channel.queue_bind(INCOMING, INCOMING, "")
            channel.queue_delete(_QUEUE)
