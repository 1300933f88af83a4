"""Both ends of a private RabbitMQ, on a virtual host that one test has for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from adapter.transports.rabbitmq import (
    Consumer,
    Publisher,
    Topology,
)
from tests.kit.bus import ENDPOINTS, ignore
from tests.kit.partners import BusPartner
from tests.kit.servers import RabbitMQ
from tests.kit.waiting import WAIT


@pytest.fixture
def topology() -> Topology:
    return Topology(ENDPOINTS, ignore)


@pytest.fixture
def publisher(rabbitmq_url: str, topology: Topology) -> Iterator[Publisher]:
    with closing(Publisher(rabbitmq_url, topology, timeout=WAIT)) as publisher:
        publisher.open()
        yield publisher


@pytest.fixture
def consumer(rabbitmq_url: str, topology: Topology) -> Iterator[Consumer]:
    with closing(Consumer(rabbitmq_url, topology)) as consumer:
        consumer.open()
        yield consumer


@pytest.fixture
def lulea(rabbitmq: RabbitMQ, rabbitmq_url: str, publisher: Publisher) -> Iterator[BusPartner]:
    url = rabbitmq.partner("lulea", beside=rabbitmq_url)
    with closing(BusPartner(url, "lulea.inbox")) as partner:
        yield partner
