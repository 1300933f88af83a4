"""Partners on the bus. They use pika directly, and none of the adapter's code."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.spec import BasicProperties


class BusPartner:
    """A partner on RabbitMQ, with the four methods that a partner of the embedded bus has."""

    def __init__(self, url: str, queue: str) -> None:
        self._user = urlsplit(url).username
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self._connection.channel()
        self.channel.confirm_delivery()
        self._queue = queue
        self._newest = 0

    def publish(
        self,
        body: bytes,
        *,
        message_id: str = "",
        event: str = "",
        case: str = "",
        content_type: str = "",
    ) -> None:
        properties = BasicProperties(
            message_id=message_id,
            type=event,
            correlation_id=case,
            content_type=content_type,
            user_id=self._user,
            delivery_mode=2,
        )
        self.publish_raw(body, properties)

    def publish_raw(self, body: bytes, properties: BasicProperties) -> None:
        self.channel.basic_publish("care.in", "", body, properties, mandatory=True)

    def get(self, timeout: float) -> tuple[bytes, Mapping[str, Any]] | None:
        arrivals = self.channel.consume(self._queue, inactivity_timeout=timeout)
        method, properties, body = next(arrivals)
        if method is None or properties is None or body is None:
            return None
        self._newest = method.delivery_tag or 0
        return body, vars(properties)

    def acknowledge(self) -> None:
        self.channel.basic_ack(self._newest, multiple=True)

    def refuse(self) -> None:
        self.channel.basic_nack(self._newest, requeue=False)

    def close(self) -> None:
        with suppress(AMQPError):  # the broker may have hung up first
            self._connection.close()


def at_its_inbox(url: str, name: str, seconds: float = 60) -> BusPartner:
    """A partner's end of the broker, after the adapter has declared `care.in` and its inbox."""
    queue = f"{name}.inbox"
    deadline = time.monotonic() + seconds
    while True:
        partner = BusPartner(url, queue)
        try:
            partner.channel.queue_declare(queue, passive=True)
        except ChannelClosedByBroker as error:
            partner.close()
            if time.monotonic() > deadline:
                raise AssertionError(f"no {queue} in {seconds} s; seen last: {error}") from error
            time.sleep(0.05)
        else:
            return partner
