"""Partners on the bus: the simulated parties' client, and what no good party does with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pika.exceptions import ChannelClosedByBroker
from pika.spec import BasicProperties

from adapter.simulators.bus_client import BusUnavailableError
from adapter.simulators.published_constants import INCOMING
from adapter.simulators.rabbitmq_client import ClientOptions, RabbitMqClient
from tests.kit.waiting import WAIT

_OPTIONS = ClientOptions(prefetch=0)  # the broker sends everything, acknowledged or not


class BusPartner(RabbitMqClient):
    """A partner on RabbitMQ that may also publish any properties, and sees all that it gets."""

    def __init__(self, url: str, queue: str) -> None:
        super().__init__(url, queue, _OPTIONS)

    def publish_raw(self, body: bytes, properties: BasicProperties) -> None:
        """Publish with these properties alone; pika's errors are not translated."""
        self.channel.basic_publish(INCOMING, "", body, properties, mandatory=True)

    def get(self, timeout: float) -> tuple[bytes, Mapping[str, Any]] | None:
        """Return the next body and all its properties, or None after `timeout` seconds."""
        delivered = self.get_delivered(timeout)
        return (delivered[0], vars(delivered[1])) if delivered else None


def at_its_inbox(url: str, name: str, seconds: float = WAIT) -> BusPartner:
    """A partner's end of the broker, after the adapter has declared `care.in` and its inbox."""
    queue = f"{name}.inbox"
    deadline = time.monotonic() + seconds
    while True:
        try:
            return BusPartner(url, queue)
        except BusUnavailableError as error:
            if not isinstance(error.__cause__, ChannelClosedByBroker):
                raise
            if time.monotonic() > deadline:
                seen = error.__cause__
                raise AssertionError(f"no {queue} in {seconds} s; seen last: {seen}") from error
            time.sleep(0.05)
