"""A party's end of a real RabbitMQ, through pika: its own user, its own connection.

The user may write `^care\\.in$`, read `^<endpoint>\\.inbox$` and configure nothing, so nothing is
declared here: the queues must be there. One instance belongs to one thread.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError, UnroutableError

from adapter.simulators.wire import LineDownError
from adapter.simulators.words import INCOMING

# pika writes the bodies of messages into its debug log.
logging.getLogger("pika").setLevel(logging.CRITICAL)


class BrokerLine:
    """Logged in as the user of `url` (amqp://user:password@host/vhost), reading `queue`.

    Every method but `close` raises LineDownError when the connection breaks; make a new one.
    """

    def __init__(self, url: str, queue: str) -> None:
        parameters = pika.URLParameters(url)
        parameters.client_properties = {"connection_name": f"simulated party {queue}"}
        parameters.socket_timeout = 5
        self._user = unquote(urlsplit(url).username or "guest")
        self._queue = queue
        self._newest = 0
        try:
            self._connection = BlockingConnection(parameters)
        except (AMQPError, OSError) as error:
            raise LineDownError(type(error).__name__) from error
        try:
            self._in, self._out = self._channels()
        except AMQPError as error:
            self.close()
            raise LineDownError(type(error).__name__) from error

    def _channels(self) -> tuple[BlockingChannel, BlockingChannel]:
        taking, giving = self._connection.channel(), self._connection.channel()
        taking.basic_qos(prefetch_count=50)
        taking.queue_declare(self._queue, passive=True)
        giving.confirm_delivery()
        return taking, giving

    def publish(
        self,
        body: bytes,
        *,
        message_id: str = "",
        event: str = "",
        case: str = "",
        content_type: str = "",
    ) -> None:
        """Hand a message to the adapter; on return the broker has confirmed it."""
        properties = pika.BasicProperties(
            message_id=message_id,
            type=event,
            correlation_id=case,
            content_type=content_type,
            user_id=self._user,
            delivery_mode=2,
        )
        try:
            self._out.basic_publish(INCOMING, "", body, properties, mandatory=True)
        except (AMQPError, NackError, UnroutableError) as error:
            raise LineDownError(type(error).__name__) from error

    def get(self, timeout: float) -> tuple[bytes, Mapping[str, str]] | None:
        """The next body and its properties, or None when `timeout` seconds have passed."""
        try:
            taken: Any = next(self._in.consume(self._queue, inactivity_timeout=timeout))
        except (AMQPError, StopIteration) as error:
            raise LineDownError(type(error).__name__) from error
        method, properties, body = taken
        if method is None:
            return None
        self._newest = method.delivery_tag
        return body, _names(properties)

    def acknowledge(self) -> None:
        """Let go of everything taken so far."""
        if not self._newest:
            return
        try:
            self._in.basic_ack(self._newest, multiple=True)
        except AMQPError as error:
            raise LineDownError(type(error).__name__) from error
        self._newest = 0

    def close(self) -> None:
        """Leave; what was not acknowledged comes back to the queue."""
        if self._connection.is_open:
            try:
                self._connection.close()
            except AMQPError:
                return  # it broke while closing, and so is closed


def occupied(url: str, queues: Sequence[str]) -> list[str]:
    """Those of the queues that exist and have messages or readers. LineDownError without broker."""
    try:
        connection = BlockingConnection(pika.URLParameters(url))
    except (AMQPError, OSError) as error:
        raise LineDownError(f"no broker: {type(error).__name__}") from error
    try:
        return [queue for queue in queues if _in_use(connection.channel(), queue)]
    finally:
        connection.close()


def _in_use(channel: BlockingChannel, queue: str) -> bool:
    try:
        found = channel.queue_declare(queue, passive=True).method
    except ChannelClosedByBroker:
        return False  # there is no such queue
    return bool(found.message_count or found.consumer_count)


def _names(properties: pika.BasicProperties) -> dict[str, str]:
    headers = properties.headers or {}
    found = {
        "message_id": properties.message_id,
        "type": properties.type,
        "correlation_id": properties.correlation_id,
        "content_type": properties.content_type,
        "x-delivery-id": headers.get("x-delivery-id"),
    }
    return {name: str(value) for name, value in found.items() if value}
