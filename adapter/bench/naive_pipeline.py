"""The naive pipeline (benchmarks/naive.py) on the same broker: its queue and its processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from adapter.bench.measured_network import RECEIVERS
from adapter.bench.measurement_errors import BrokenError
from adapter.bench.measurement_setup import PROGRAMS, MeasurementSetup
from adapter.transports.rabbitmq import DEAD, EXCHANGE, INCOMING
from adapter.transports.rabbitmq.connection import connect

_PROGRAM = PROGRAMS / "naive.py"
_QUEUE = "naive.in"
_ARGUMENTS = {  # as of care.in, but without the single active consumer: all processes consume
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-delivery-limit": 20,
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
}


def is_installed() -> bool:
    """Whether this is a checkout: a package has no benchmarks."""
    return _PROGRAM.exists()


class Pipeline:
    """The running processes of the pipeline."""

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
def pipeline(setup: MeasurementSetup) -> Iterator[Pipeline]:
    """Run as many processes as there are workers; they consume what the senders publish."""
    with _queue(setup.servers.broker):
        running = Pipeline(json.dumps(_job(setup)), setup.sizes.workers)
        try:
            yield running
        finally:
            running.end()


def _job(setup: MeasurementSetup) -> dict[str, object]:
    receivers = setup.servers.parties(RECEIVERS)
    return {
        "broker": setup.servers.broker.split(",")[0],
        "queue": _QUEUE,
        "exchange": EXCHANGE,
        "endpoints": {f"urn:hsa:{party.organisation.hsa}": party.name for party in receivers},
    }


def _start(job: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, str(_PROGRAM)], stdin=subprocess.PIPE, text=True)
    if process.stdin is not None:
        process.stdin.write(job)
        process.stdin.close()
    return process


@contextmanager
def _queue(broker: str) -> Iterator[None]:
    """Route what parties publish to the pipeline's queue instead of care.in meanwhile."""
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
