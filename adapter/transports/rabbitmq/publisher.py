"""Sending to the inboxes of endpoints, with any number of messages unconfirmed at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from adapter.core.errors import AdapterError, TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome, SendOnly
from adapter.transports.rabbitmq.batch import Batch
from adapter.transports.rabbitmq.connection import connect
from adapter.transports.rabbitmq.publish_connection import PublishConnection
from adapter.transports.rabbitmq.topology import Topology


class Publisher(SendOnly):
    """Publishes with confirms and `mandatory`; unlike other transports, threads may share it.

    An outcome is a Response (the message is in the endpoint's queue), or a TransientError:
    `unroutable` (no such queue), `refused-for-now` (the queue rejected it), `no-connection` (it
    was not published), `unreachable` (the connection broke, and the broker may have it),
    `timed-out` (no confirm in time, and the broker may have it), `settings` (the broker's
    topology differs from the declared one), `other-store` (the virtual host is another store's).
    A FatalError: `too-large-for-broker` (over its `max_message_size`; the detail has its words),
    `not-written` (an AMQP property is too long).
    """

    def __init__(self, url: str, topology: Topology, *, timeout: float = 20.0) -> None:
        self._url = url
        self._topology = topology
        self._timeout = timeout
        self._lock = threading.Lock()
        self._connection: PublishConnection | None = None
        self._declared = False

    @property
    def blocked(self) -> str:
        """Why the broker accepts nothing at present (an alarm); "" when it accepts."""
        connection = self._connection
        return "" if connection is None or connection.broken else connection.blocked

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Publish all, and return when each is confirmed or `timeout` has passed.

        When connecting alone took longer than `timeout`, nothing is published: another process
        may be sending the messages by now.
        """
        began = time.monotonic()
        try:
            connection = self._open_connection()
        except TransientError as error:
            return [_before_publishing(error) for _ in envelopes]
        if time.monotonic() - began > self._timeout:
            late = TransientError("no-connection", "broker: connected too late")
            return [late for _ in envelopes]
        batch = Batch(envelopes)
        connection.publish(batch)
        batch.wait(self._timeout)
        if batch.unanswered and not connection.blocked:
            connection.close()
        missing = "broker: blocked" if connection.blocked else "broker: no confirm"
        outcomes = batch.outcomes(missing)
        if any(_is_unroutable(outcome) for outcome in outcomes):
            self._declared = False  # somebody deleted a queue; the next send declares it again
        return outcomes

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open_connection(self) -> PublishConnection:
        with self._lock:
            if self._connection is None or self._connection.broken:
                self._connection = None
                self._declared = False
            if not (self._declared and self._topology.is_ours):
                self._declare()
            if self._connection is None:
                self._connection = PublishConnection(self._url, self._timeout)
            return self._connection

    def _declare(self) -> None:
        with connect(self._url, "adapter declares") as connection:
            self._topology.declare(connection)
        self._declared = True


def _before_publishing(error: TransientError) -> TransientError:
    """Return the error of declaring as an error of messages that were not published."""
    if error.code == "unreachable":
        return TransientError("no-connection", error.detail)
    return error


def _is_unroutable(outcome: Outcome) -> bool:
    return isinstance(outcome, AdapterError) and outcome.code == "unroutable"
