"""Sending to endpoints' inboxes, any number of messages on their way at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from adapter.core.errors import AdapterError, TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome
from adapter.transports.rabbitmq.connection import connect
from adapter.transports.rabbitmq.publish_connection import Batch, PublishConnection
from adapter.transports.rabbitmq.topology import Topology


class Publisher:
    """Publishes with confirms and `mandatory`; unlike other transports, threads may share it.

    An outcome is an Answer (the broker has it in the endpoint's queue), or a TransientError:
    `unroutable` (no such queue), `refused-for-now` (the queue said no), `unreachable` (the
    connection broke; the broker may have it), `timed-out` (no confirm in time; likewise),
    `settings` (the topology differs from ours).
    """

    def __init__(self, url: str, topology: Topology, *, timeout: float = 20.0) -> None:
        self._url = url
        self._topology = topology
        self._timeout = timeout
        self._lock = threading.Lock()
        self._line: PublishConnection | None = None
        self._declared = False

    def open(self) -> None:
        """Connect now, and verify the topology; `send` does it when it needs to."""
        self._open_line()

    def status(self) -> str:
        """`open`; `blocked` (an alarm of the broker: it takes nothing); or `closed`."""
        line = self._line
        if line is None or line.broken:
            return "closed"
        return "blocked" if line.blocked else "open"

    @property
    def blocked(self) -> str:
        """Why the broker takes nothing at present (an alarm); "" when it takes."""
        line = self._line
        return "" if line is None or line.broken else line.blocked

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Nothing comes this way."""
        return iter(())

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Nothing came this way."""

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Publish all, and return when each is confirmed or `timeout` has passed.

        Where connecting alone took as long nothing is published: others may be sending it by now.
        """
        began = time.monotonic()
        try:
            line = self._open_line()
        except TransientError as error:
            return [error for _ in envelopes]
        if time.monotonic() - began > self._timeout:
            return [TransientError("unreachable", "broker: connected too late") for _ in envelopes]
        batch = Batch(envelopes)
        line.publish(batch)
        batch.wait(self._timeout)
        if batch.unanswered and not line.blocked:
            line.close()
        outcomes = batch.outcomes("broker: blocked" if line.blocked else "broker: no confirm")
        if any(_is_unroutable(outcome) for outcome in outcomes):
            self._declared = False  # somebody deleted a queue; the next send declares it again
        return outcomes

    def idle(self, seconds: float) -> None:
        """Wait; the line answers heartbeats in its own thread."""
        threading.Event().wait(seconds)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            line, self._line = self._line, None
        if line is not None:
            line.close()

    def _open_line(self) -> PublishConnection:
        with self._lock:
            if self._line is None or self._line.broken:
                self._line = None
                self._declared = False
            if not self._declared:
                self._declare()
            if self._line is None:
                self._line = PublishConnection(self._url, self._timeout)
            return self._line

    def _declare(self) -> None:
        with connect(self._url, "adapter declares") as connection:
            self._topology.declare(connection)
        self._declared = True


def _is_unroutable(outcome: Outcome) -> bool:
    return isinstance(outcome, AdapterError) and outcome.code == "unroutable"
