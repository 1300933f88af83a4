"""One connection that publishes in a thread of its own, with pipelined confirms.

pika's BlockingConnection waits for each confirm, which is fifteen times slower.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import ChannelClosedByBroker, ShortStringTooLong, StreamLostError
from pika.spec import Basic, BasicProperties

from adapter.core.errors import FatalError, TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome, Response
from adapter.transports.rabbitmq import pika_internals
from adapter.transports.rabbitmq.connection import addresses, no_connection, unreachable
from adapter.transports.rabbitmq.pika_internals import DroppableConnection
from adapter.transports.rabbitmq.topology import EXCHANGE

log = logging.getLogger(__name__)
MOST_MESSAGES = 500
MOST_BYTES = 32 * 1024 * 1024
CLOSE_SECONDS = 2.0


class Batch:
    """The messages that one thread sends together, and the outcome of each."""

    def __init__(self, envelopes: Sequence[Envelope]) -> None:
        self.items = [_Item(self, envelope) for envelope in envelopes]
        self.given_up = False
        self._open = len(self.items)
        self._done = threading.Event()

    @property
    def unanswered(self) -> bool:
        """Whether the broker has not yet answered a message that was written to it."""
        return any(item.outcome is None and item.written for item in self.items)

    def count_outcome(self) -> None:
        """Note that one more of the items has its outcome."""
        self._open -= 1
        if self._open == 0:
            self._done.set()

    def wait(self, timeout: float) -> None:
        """Wait for every outcome, but not longer than `timeout` seconds."""
        if self.items:
            self._done.wait(timeout)
        self.given_up = True

    def outcomes(self, missing: str) -> list[Outcome]:
        """Return them in order; TransientError `timed-out: <missing>` where there is none."""
        return [item.outcome or TransientError("timed-out", missing) for item in self.items]


class _Item:
    """One envelope of a batch."""

    __slots__ = ("_batch", "envelope", "outcome", "returned", "written")

    def __init__(self, batch: Batch, envelope: Envelope) -> None:
        self._batch = batch
        self.envelope = envelope
        self.outcome: Outcome | None = None
        self.returned = False
        self.written = False

    @property
    def given_up(self) -> bool:
        """Whether the sending thread has stopped waiting."""
        return self._batch.given_up

    @property
    def key(self) -> str:
        """The routing key."""
        return f"{self.envelope.endpoint}.{self.envelope.event}"

    def settle(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._batch.count_outcome()


class PublishConnection:
    """Opened by its constructor, which raises TransientError `no-connection` when it cannot be.

    Each address may take `ADDRESS_SECONDS`. A broker that was reached has `timeout` seconds to
    open the channel. A connection that breaks is never opened again.

    Only its own thread touches pika's connection; other threads call `publish` and `close`.
    """

    def __init__(self, url: str, timeout: float) -> None:
        pika_internals.install()
        self.blocked = ""  # why the broker accepts nothing: low on memory, on disk
        self.broken = False
        self._blocked_at = 0.0
        self._timeout = timeout
        self._parameters = addresses(url)
        self._waiting: deque[_Item] = deque()
        self._outstanding: dict[int, _Item] = {}
        self._bytes = 0
        self._tag = 0
        self._user = ""
        self._reason: BaseException = StreamLostError("closed")
        self._connection: DroppableConnection | None = None
        self._channel: Channel | None = None
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._loop = IOLoop()
        self._workflow = DroppableConnection.create_connection(
            self._parameters, self._on_connected, custom_ioloop=self._loop
        )
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()
        self._wait_until_open()

    def publish(self, batch: Batch) -> None:
        """Queue a batch; each outcome is set when the broker confirms the message."""
        with self._lock:
            if not self.broken:
                self._waiting.extend(batch.items)
                self._loop.add_callback_threadsafe(self._pump)
                return
        self._fail(batch.items)

    def close(self) -> None:
        """Close the connection and end its thread.

        A missing outcome is `unreachable` if the message was written, else `no-connection`.
        """
        with self._lock:
            if not self.broken:
                self._loop.add_callback_threadsafe(self._close_connection)
        self._thread.join()

    # From here on: the thread of the connection.

    def _run(self) -> None:
        try:
            self._loop.start()
        except ValueError as error:  # pika raises it for a connection that is reset at once
            self._reason = error
        finally:
            with self._lock:
                self.broken = True
                self._loop.close()
            self._fail([*self._outstanding.values(), *self._waiting])
            self._ready.set()

    def _wait_until_open(self) -> None:
        self._ready.wait()
        if self.broken:
            self._thread.join()
            raise no_connection(self._reason)

    def _fail(self, items: Sequence[_Item]) -> None:
        for item in items:
            if item.outcome is None:
                lost = unreachable if item.written else no_connection
                item.settle(lost(self._reason))

    def _on_connected(self, result: Any) -> None:
        if not isinstance(result, DroppableConnection):
            self._reason = result
            self._loop.stop()
            return
        self._connection = result
        self._user = getattr(result.params.credentials, "username", "")
        result.add_on_close_callback(self._on_closed)
        result.add_on_connection_blocked_callback(self._on_blocked)
        result.add_on_connection_unblocked_callback(self._on_unblocked)
        result.channel(on_open_callback=self._on_channel)
        self._loop.call_later(self._timeout, self._give_up_unless_ready)

    def _give_up_unless_ready(self) -> None:
        if not self._ready.is_set():
            self._close_connection()

    def _on_channel(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._ready.set())

    def _on_channel_closed(self, _: Channel, reason: BaseException) -> None:
        if isinstance(reason, ChannelClosedByBroker):
            self._close_connection()
            self._reason = reason

    def _on_closed(self, _: object, reason: BaseException) -> None:
        if not isinstance(self._reason, ChannelClosedByBroker):
            self._reason = reason
        self._loop.stop()

    def _close_connection(self) -> None:
        if self._connection is None:
            self._workflow.abort()
        elif self._connection.is_open:
            self._connection.close()
            self._loop.call_later(CLOSE_SECONDS, self._connection.drop)

    def _on_blocked(self, _: object, frame: Any) -> None:
        self.blocked = str(frame.method.reason) or "an alarm"
        self._blocked_at = time.monotonic()
        log.warning("broker-blocked", extra={"why": self.blocked})

    def _on_unblocked(self, *_: object) -> None:
        self.blocked = ""
        seconds = round(time.monotonic() - self._blocked_at, 1)
        log.info("broker-unblocked", extra={"seconds": seconds})
        self._pump()

    def _pump(self) -> None:
        """Write what is queued, as far as the window and the broker allow."""
        while self._waiting and not self.blocked and self._has_room():
            item = self._waiting.popleft()
            if not item.given_up:
                self._write(item)

    def _has_room(self) -> bool:
        return len(self._outstanding) < MOST_MESSAGES and self._bytes < MOST_BYTES

    def _write(self, item: _Item) -> None:
        if self._channel is None or not self._channel.is_open:
            item.settle(no_connection(self._reason))
            return
        properties = self._properties(item.envelope)
        try:
            self._channel.basic_publish(
                EXCHANGE, item.key, item.envelope.body, properties, mandatory=True
            )
        except ShortStringTooLong:
            item.settle(FatalError("not-written", "an AMQP property is over 255 bytes"))
            return
        self._tag += 1
        self._bytes += len(item.envelope.body)
        self._outstanding[self._tag] = item
        item.written = True

    def _properties(self, envelope: Envelope) -> BasicProperties:
        return BasicProperties(
            message_id=envelope.id,
            correlation_id=envelope.case,
            type=envelope.event,
            content_type=envelope.content_type,
            delivery_mode=2,
            user_id=self._user or None,
            headers={"x-delivery-id": envelope.delivery},
        )

    def _on_return(
        self, _: Channel, method: Basic.Return, about: BasicProperties, __: bytes
    ) -> None:
        """Mark a message that no queue takes; the broker returns it before it confirms it."""
        for item in self._outstanding.values():
            same = (item.envelope.id, item.key) == (about.message_id, method.routing_key)
            if same and not item.returned:
                item.returned = True
                return

    def _on_confirm(self, frame: Any) -> None:
        method: Basic.Ack | Basic.Nack = frame.method
        tags = [method.delivery_tag]
        if method.multiple:
            tags = list(takewhile(lambda tag: tag <= method.delivery_tag, self._outstanding))
        for tag in tags:
            self._settle(self._outstanding.pop(tag), method)
        self._pump()

    def _settle(self, item: _Item, method: Basic.Ack | Basic.Nack) -> None:
        self._bytes -= len(item.envelope.body)
        item.settle(_outcome(item, method))


def _outcome(item: _Item, method: Basic.Ack | Basic.Nack) -> Outcome:
    if isinstance(method, Basic.Nack):
        return TransientError("refused-for-now", "the broker did not take it")
    if item.returned:
        return TransientError("unroutable", item.key)
    return Response()
