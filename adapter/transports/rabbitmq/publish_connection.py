"""One connection that publishes in a thread of its own, with pipelined confirms.

pika's BlockingConnection waits for each confirm, which is fifteen times slower.
"""

from __future__ import annotations

import logging
import re
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
from adapter.transports.rabbitmq.batch import Batch, Item
from adapter.transports.rabbitmq.connection import addresses, no_connection, unreachable
from adapter.transports.rabbitmq.pika_internals import DroppableConnection
from adapter.transports.rabbitmq.topology import EXCHANGE

log = logging.getLogger(__name__)
MOST_MESSAGES = 500
MOST_BYTES = 32 * 1024 * 1024
CLOSE_SECONDS = 2.0
_TOO_LARGE = re.compile(
    r"message size (?P<size>\d+) (is )?larger than (configured )?max size (?P<most>\d+)"
)


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
        self._waiting: deque[Item] = deque()
        self._outstanding: dict[int, Item] = {}
        self._bytes = 0
        self._tag = 0
        self._user = ""
        self._most, self._refusal = 0, ""  # the broker's limit once it has told it, in its words
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

    def _fail(self, items: Sequence[Item]) -> None:
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
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._on_ready(channel))

    def _on_ready(self, channel: Channel) -> None:
        self._channel = channel
        self._ready.set()
        self._pump()

    def _on_channel_closed(self, _: Channel, reason: BaseException) -> None:
        if not isinstance(reason, ChannelClosedByBroker):
            return
        if self._refuses_too_large(reason) and self._connection is not None:
            self._channel = None
            self._connection.channel(on_open_callback=self._on_channel)
            return
        self._close_connection()
        self._reason = reason

    def _refuses_too_large(self, reason: ChannelClosedByBroker) -> bool:
        """Settle the message that the broker refused for its size, and queue the others again.

        False when the channel was closed for another reason. The broker takes nothing on a
        channel that it closes. What it took before is sent again with the same ids: its confirm
        will not come.
        """
        refusal = _TOO_LARGE.search(reason.reply_text)
        refused = self._of_size(int(refusal["size"])) if refusal else None
        if refusal is None or refused is None:
            return False
        self._most, self._refusal = int(refusal["most"]), reason.reply_text
        outstanding = [*self._outstanding.values()]
        self._outstanding.clear()
        self._bytes = self._tag = 0
        refused.settle(FatalError("too-large-for-broker", self._refusal))
        self._waiting.extendleft(item for item in reversed(outstanding) if item is not refused)
        return True

    def _of_size(self, size: int) -> Item | None:
        items = self._outstanding.values()
        return next((item for item in items if len(item.envelope.body) == size), None)

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
        while self._waiting and self._channel and not self.blocked and self._has_room():
            item = self._waiting.popleft()
            if not item.given_up:
                self._write(item)

    def _has_room(self) -> bool:
        return len(self._outstanding) < MOST_MESSAGES and self._bytes < MOST_BYTES

    def _write(self, item: Item) -> None:
        if self._channel is None or not self._channel.is_open:
            item.settle(no_connection(self._reason))
            return
        if 0 < self._most < len(item.envelope.body):
            item.settle(FatalError("too-large-for-broker", self._refusal))
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

    def _settle(self, item: Item, method: Basic.Ack | Basic.Nack) -> None:
        self._bytes -= len(item.envelope.body)
        item.settle(_outcome(item, method))


def _outcome(item: Item, method: Basic.Ack | Basic.Nack) -> Outcome:
    if isinstance(method, Basic.Nack):
        return TransientError("refused-for-now", "the broker did not take it")
    if item.returned:
        return TransientError("unroutable", item.key)
    return Response()
