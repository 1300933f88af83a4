"""A party's own connection to RabbitMQ, through pika and with its own user.

The user may write `^care\\.in$`, read `^<endpoint>\\.inbox$` and configure nothing. So nothing is
declared here: the queues must exist. An instance belongs to one thread.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError, UnroutableError

from adapter.simulators.bus_client import BusUnavailableError
from adapter.simulators.published_constants import INCOMING

# pika writes message bodies into its debug log.
logging.getLogger("pika").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How a client uses its connection."""

    prefetch: int = 50  # messages that the broker sends ahead of `acknowledge`
    confirms: bool = True  # `publish` waits until the broker has confirmed the message


class RabbitMqClient:
    """Logged in as the user of `url` (amqp://user:password@host/vhost), reading `queue`.

    Every method but `close` raises BusUnavailableError when the connection breaks; the client is
    then of no further use. `channel` is the one that publishes.
    """

    def __init__(self, url: str, queue: str, options: ClientOptions | None = None) -> None:
        parameters = pika.URLParameters(url)
        parameters.client_properties = {"connection_name": f"simulated party {queue}"}
        parameters.socket_timeout = 5
        self._options = options or ClientOptions()
        self._user = unquote(urlsplit(url).username or "guest")
        self._queue = queue
        self._last_tag = 0
        try:
            self._connection = BlockingConnection(parameters)
        except (AMQPError, OSError) as error:
            raise BusUnavailableError(type(error).__name__) from error
        try:
            self._consuming, self.channel = self._channels()
        except AMQPError as error:
            self.close()
            raise BusUnavailableError(type(error).__name__) from error

    def _channels(self) -> tuple[BlockingChannel, BlockingChannel]:
        consuming, publishing = self._connection.channel(), self._connection.channel()
        consuming.basic_qos(prefetch_count=self._options.prefetch)
        consuming.queue_declare(self._queue, passive=True)
        if self._options.confirms:
            publishing.confirm_delivery()
        return consuming, publishing

    def publish(
        self,
        body: bytes,
        *,
        message_id: str = "",
        event: str = "",
        case: str = "",
        content_type: str = "",
    ) -> None:
        """Publish a message to the adapter. With confirms, the broker has it on return."""
        properties = pika.BasicProperties(
            message_id=message_id,
            type=event,
            correlation_id=case,
            content_type=content_type,
            user_id=self._user,
            delivery_mode=2,
        )
        try:
            self.channel.basic_publish(INCOMING, "", body, properties, mandatory=True)
        except (AMQPError, NackError, UnroutableError) as error:
            raise BusUnavailableError(type(error).__name__) from error

    def get(self, timeout: float) -> tuple[bytes, Mapping[str, str]] | None:
        """Return the next body and its properties, or None after `timeout` seconds.

        A timeout of 0 returns only what pika has already read from the socket.
        """
        delivered = self.get_delivered(timeout)
        if delivered is None:
            return None
        body, properties = delivered
        return body, _property_names(properties)

    def get_delivered(self, timeout: float) -> tuple[bytes, pika.BasicProperties] | None:
        """Return the same as `get`, with every property that the broker delivered."""
        try:
            delivered: Any = next(self._consuming.consume(self._queue, inactivity_timeout=timeout))
        except (AMQPError, StopIteration) as error:
            raise BusUnavailableError(type(error).__name__) from error
        method, properties, body = delivered
        if method is None:
            return None
        self._last_tag = method.delivery_tag
        return body, properties

    def refuse(self) -> None:
        """Refuse the message that `get` returned last; the broker makes it a dead letter."""
        try:
            self._consuming.basic_nack(self._last_tag, requeue=False)
        except AMQPError as error:
            raise BusUnavailableError(type(error).__name__) from error

    def acknowledge(self) -> None:
        """Acknowledge everything that `get` has returned so far."""
        if not self._last_tag:
            return
        try:
            self._consuming.basic_ack(self._last_tag, multiple=True)
        except AMQPError as error:
            raise BusUnavailableError(type(error).__name__) from error
        self._last_tag = 0

    def close(self) -> None:
        """Disconnect. Messages that were not acknowledged return to the queue."""
        if self._connection.is_open:
            try:
                self._connection.close()
            except AMQPError:
                return  # it broke while closing, and so is closed


def queues_in_use(url: str, queues: Sequence[str]) -> list[str]:
    """Return the queues that have messages or consumers. BusUnavailableError without a broker."""
    try:
        connection = BlockingConnection(pika.URLParameters(url))
    except (AMQPError, OSError) as error:
        raise BusUnavailableError(f"no broker: {type(error).__name__}") from error
    try:
        return [queue for queue in queues if _in_use(connection.channel(), queue)]
    finally:
        connection.close()


def _in_use(channel: BlockingChannel, queue: str) -> bool:
    try:
        state = channel.queue_declare(queue, passive=True).method
    except ChannelClosedByBroker:
        return False  # there is no such queue
    return bool(state.message_count or state.consumer_count)


def _property_names(properties: pika.BasicProperties) -> dict[str, str]:
    headers = properties.headers or {}
    values = {
        "message_id": properties.message_id,
        "type": properties.type,
        "correlation_id": properties.correlation_id,
        "content_type": properties.content_type,
        "x-delivery-id": headers.get("x-delivery-id"),
    }
    return {name: str(value) for name, value in values.items() if value}
