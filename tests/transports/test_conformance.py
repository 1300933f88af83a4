"""What every transport promises, asked of each in turn, with real far sides on loopback."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import pika
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as HttpResponse

from adapter.core.endpoint import Endpoint
from adapter.core.model import Envelope
from adapter.transports import Response, Transport
from adapter.transports.http import HttpClient
from adapter.transports.memory import Bus, Memory
from adapter.transports.mllp import MllpClient, MllpServer
from adapter.transports.rabbitmq import Consumer, Publisher, Topology
from tests.kit.partners import BusPartner
from tests.kit.servers import RabbitMQ
from tests.kit.waiting import WAIT

QUIET = 0.2
PERSON = b"195009072553"
MEGABYTES = 10 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """A transport that is pulled, and a partner that puts messages before it."""

    transport: Transport
    put: Callable[[bytes], None]

    def take(self, number: int) -> list[Envelope]:
        return list(islice(self.transport.receive(WAIT), number))

    def rest(self, number: int) -> list[bytes]:
        """So many, and what comes after them, which should be nothing."""
        taken = self.take(number) if number else []
        return [envelope.body for envelope in [*taken, *self.transport.receive(QUIET)]]


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A transport that sends, and what its far side has taken, asked without waiting."""

    transport: Transport
    taken: Callable[[], list[bytes]]


def endpoint(transport: str, address: str = "", listen: str = "") -> Endpoint:
    return Endpoint(
        name="lulea",
        organization="SE2120002742-LULEA",
        system="fhir",
        transport=transport,
        address=address,
        listen=listen,
        broker_user="lulea",
        timeout=timedelta(seconds=WAIT),
    )


def binary(size: int) -> bytes:
    """Any bytes but those that MLLP frames with."""
    return random.Random(size).randbytes(size).translate(None, b"\x0b\x1c")


def topology() -> Topology:
    return Topology([endpoint("rabbitmq")], lambda _: None)


@pytest.fixture
def pulled_memory() -> Pulled:
    bus = Bus()
    partner = bus.partner("lulea", "lulea.inbox")
    return Pulled(transport=Memory(bus, [endpoint("memory")]), put=partner.publish)


@pytest.fixture
def pulled_rabbitmq(rabbitmq: RabbitMQ, rabbitmq_url: str) -> Iterator[Pulled]:
    url = rabbitmq.partner("lulea", beside=rabbitmq_url)
    with closing(Consumer(rabbitmq_url, topology())) as consumer:
        consumer.open()
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

    with closing(Publisher(rabbitmq_url, topology())) as publisher:
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
    params=["memory", pytest.param("rabbitmq", marks=pytest.mark.servers), "mllp", "http"]
)
def sending(request: pytest.FixtureRequest) -> Sending:
    transport: Sending = request.getfixturevalue(f"sending_{request.param}")
    return transport


# A transport that is pulled.


def test_what_was_put_comes_in_order_and_unchanged(pulled: Pulled) -> None:
    bodies = [b"", b"one", bytes(range(256)), "åäö".encode()]
    for body in bodies:
        pulled.put(body)
    assert [envelope.body for envelope in pulled.take(4)] == bodies


def test_what_was_not_acknowledged_comes_back_in_order_after_close(pulled: Pulled) -> None:
    for number in range(5):
        pulled.put(str(number).encode())
    taken = pulled.take(5)
    pulled.transport.acknowledge([taken[0], taken[2]])
    pulled.transport.close()
    assert pulled.rest(3) == [b"1", b"3", b"4"]


def test_what_was_acknowledged_is_gone(pulled: Pulled) -> None:
    for number in range(3):
        pulled.put(str(number).encode())
    pulled.transport.acknowledge(pulled.take(3))
    pulled.transport.close()
    assert pulled.rest(0) == []


def test_death_in_the_middle_of_receiving_loses_nothing(pulled: Pulled) -> None:
    for number in range(4):
        pulled.put(str(number).encode())
    arrivals = pulled.transport.receive(WAIT)
    assert next(arrivals).body == b"0"
    pulled.transport.close()
    # A broker may give the new connection first what it had not yet given the old one.
    assert sorted(pulled.rest(4)) == [b"0", b"1", b"2", b"3"]


def test_receiving_in_small_batches_loses_nothing(pulled: Pulled) -> None:
    for number in range(5):
        pulled.put(str(number).encode())
    bodies = [[envelope.body for envelope in pulled.take(2)] for _ in range(2)]
    assert [*bodies, pulled.rest(1)] == [[b"0", b"1"], [b"2", b"3"], [b"4"]]


def test_idle_loses_nothing_and_ends_early(pulled: Pulled) -> None:
    pulled.put(b"body")
    began = time.monotonic()
    pulled.transport.idle(60)
    assert time.monotonic() - began < WAIT
    assert pulled.rest(1) == [b"body"]


def test_nothing_comes_of_nothing_in_the_time_that_was_said(pulled: Pulled) -> None:
    began = time.monotonic()
    assert list(pulled.transport.receive(0.1)) == []
    assert 0.1 <= time.monotonic() - began < WAIT
    pulled.transport.acknowledge([])


def test_ten_megabytes_come_unchanged(pulled: Pulled) -> None:
    body = random.Random(1).randbytes(MEGABYTES)
    pulled.put(body)
    (envelope,) = pulled.take(1)
    assert envelope.body == body


def test_what_a_partner_put_has_a_sender(pulled: Pulled) -> None:
    pulled.put(b"body")
    (envelope,) = pulled.take(1)
    assert envelope.endpoint == "lulea"


def test_no_log_tells_what_came(pulled: Pulled, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        pulled.put(PERSON)
        pulled.transport.acknowledge(pulled.take(1))
        pulled.transport.close()
    assert PERSON.decode() not in caplog.text


# A transport that sends.


def to_lulea(body: bytes) -> Envelope:
    return Envelope(id="e-1", endpoint="lulea", event="message", body=body)


def test_when_send_returns_the_far_side_has_everything_in_order(sending: Sending) -> None:
    bodies = [str(number).encode() for number in range(20)]
    outcomes = sending.transport.send([to_lulea(body) for body in bodies])
    assert sending.taken() == bodies
    assert [type(outcome) for outcome in outcomes] == [Response] * 20


def test_ten_megabytes_go_unchanged(sending: Sending) -> None:
    body = binary(MEGABYTES)
    assert isinstance(sending.transport.send([to_lulea(body)])[0], Response)
    assert sending.taken() == [body]


def test_sending_nothing_sends_nothing(sending: Sending) -> None:
    assert sending.transport.send([]) == []


def test_after_close_the_next_sending_connects_anew(sending: Sending) -> None:
    sending.transport.send([to_lulea(b"before")])
    sending.transport.close()
    sending.transport.close()
    assert isinstance(sending.transport.send([to_lulea(b"after")])[0], Response)
    assert sending.taken()[-1] == b"after"


def test_no_log_tells_what_went(sending: Sending, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sending.transport.send([to_lulea(PERSON)])
        sending.transport.close()
    assert PERSON.decode() not in caplog.text


# Across a crash: RabbitMQ; memory ends with its process, and says so.


@pytest.mark.servers
def test_what_was_sent_and_what_was_not_acknowledged_survive_kill_9_of_the_broker(
    rabbitmq: RabbitMQ, pulled_rabbitmq: Pulled, sending_rabbitmq: Sending
) -> None:
    pulled_rabbitmq.put(b"in")
    pulled_rabbitmq.take(1)
    sending_rabbitmq.transport.send([to_lulea(b"out")])
    rabbitmq.settle()
    rabbitmq.restart()
    pulled_rabbitmq.transport.close()
    assert [envelope.body for envelope in pulled_rabbitmq.take(1)] == [b"in"]
    assert sending_rabbitmq.taken() == [b"out"]


RECEIVER = """
import sys
from adapter.core.endpoint import Endpoint
from adapter.transports.rabbitmq import Consumer, Topology
consumer = Consumer(sys.argv[1], Topology([], lambda _: None))
for envelope in consumer.receive(60):
    print(envelope.body.decode(), flush=True)
"""


@pytest.mark.servers
def test_kill_9_of_the_receiver_loses_nothing(pulled_rabbitmq: Pulled, rabbitmq_url: str) -> None:
    pulled_rabbitmq.transport.close()
    command = [sys.executable, "-c", RECEIVER, rabbitmq_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as receiver:
        pulled_rabbitmq.put(b"body")
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == b"body\n"
        receiver.kill()
    assert [envelope.body for envelope in pulled_rabbitmq.take(1)] == [b"body"]
