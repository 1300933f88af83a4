"""Both ends of each transport; RabbitMQ is a private one, with a virtual host for each test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pika
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as HttpResponse

from adapter.core.model import Envelope
from adapter.transports import Response
from adapter.transports.http import HttpClient
from adapter.transports.memory import Bus, Memory
from adapter.transports.mllp import MllpClient, MllpServer
from adapter.transports.rabbitmq import (
    Consumer,
    Publisher,
    Topology,
)
from tests.kit.bus import ENDPOINTS, ignore
from tests.kit.partners import BusPartner
from tests.kit.servers import RabbitMQ
from tests.kit.transport_ends import Pulled, Sending, endpoint, lulea_topology
from tests.kit.waiting import WAIT


@pytest.fixture
def topology() -> Topology:
    return Topology(ENDPOINTS, ignore)


@pytest.fixture
def publisher(rabbitmq_url: str, topology: Topology) -> Iterator[Publisher]:
    with closing(Publisher(rabbitmq_url, topology, timeout=WAIT)) as publisher:
        publisher.send([])
        yield publisher


@pytest.fixture
def consumer(rabbitmq_url: str, topology: Topology) -> Iterator[Consumer]:
    with closing(Consumer(rabbitmq_url, topology)) as consumer:
        consumer.idle(0)
        yield consumer


@pytest.fixture
def lulea(rabbitmq: RabbitMQ, rabbitmq_url: str, publisher: Publisher) -> Iterator[BusPartner]:
    url = rabbitmq.partner("lulea", beside=rabbitmq_url)
    with closing(BusPartner(url, "lulea.inbox")) as partner:
        yield partner


# What test_conformance.py asks of each transport in turn.


@pytest.fixture
def pulled_memory() -> Pulled:
    bus = Bus()
    partner = bus.partner("lulea", "lulea.inbox")
    return Pulled(transport=Memory(bus, [endpoint("memory")]), put=partner.publish)


@pytest.fixture
def pulled_rabbitmq(rabbitmq: RabbitMQ, rabbitmq_url: str) -> Iterator[Pulled]:
    url = rabbitmq.partner("lulea", beside=rabbitmq_url)
    with closing(Consumer(rabbitmq_url, lulea_topology())) as consumer:
        consumer.idle(0)
        with closing(BusPartner(url, "lulea.inbox")) as partner:
            yield Pulled(transport=consumer, put=partner.publish)


@pytest.fixture(params=["memory", pytest.param("rabbitmq", marks=pytest.mark.servers)])
def pulled(request: pytest.FixtureRequest) -> Pulled:
    transport: Pulled = request.getfixturevalue(f"pulled_{request.param}")
    return transport


@pytest.fixture
def sending_memory() -> Sending:
    bus = Bus(["lulea.inbox"])

    def taken() -> list[bytes]:
        partner = bus.partner("lulea", "lulea.inbox")
        arrivals = iter(lambda: partner.get(0), None)
        return [arrival[0] for arrival in arrivals if arrival]

    return Sending(transport=Memory(bus, [endpoint("memory")]), taken=taken)


@pytest.fixture
def sending_rabbitmq(rabbitmq_url: str) -> Iterator[Sending]:
    def taken() -> list[bytes]:
        with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
            channel = connection.channel()
            arrivals = iter(lambda: channel.basic_get("lulea.inbox"), (None, None, None))
            return [body or b"" for _, _, body in arrivals]

    with closing(Publisher(rabbitmq_url, lulea_topology())) as publisher:
        yield Sending(transport=publisher, taken=taken)


@pytest.fixture
def sending_mllp() -> Iterator[Sending]:
    taken: list[bytes] = []

    def accept(envelope: Envelope) -> Response:
        taken.append(envelope.body)
        return Response(body=b"MSA|AA|1\r")

    door = endpoint("mllp", listen="127.0.0.1:0")
    server = MllpServer(door, accept, lambda _: None)
    thread = threading.Thread(target=server.run)
    thread.start()
    host, port = server.address
    with closing(MllpClient(endpoint("mllp", f"{host}:{port}"))) as client:
        yield Sending(transport=client, taken=lambda: taken)
    server.stop()
    thread.join()


@pytest.fixture
def sending_http(httpserver: HTTPServer) -> Iterator[Sending]:
    taken: list[bytes] = []

    def take(request: Request) -> HttpResponse:
        taken.append(request.get_data())
        return HttpResponse(status=200)

    httpserver.expect_request("/").respond_with_handler(take)
    with closing(HttpClient(endpoint("http", httpserver.url_for("/")))) as client:
        yield Sending(transport=client, taken=lambda: taken)


@pytest.fixture(
    params=[
        "memory",
        pytest.param("rabbitmq", marks=pytest.mark.servers),
        pytest.param("mllp", marks=pytest.mark.waits),
        pytest.param("http", marks=pytest.mark.waits),
    ]
)
def sending(request: pytest.FixtureRequest) -> Sending:
    transport: Sending = request.getfixturevalue(f"sending_{request.param}")
    return transport
