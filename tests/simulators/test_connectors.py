"""Parties behind HTTP, on the embedded bus, and on RabbitMQ."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from adapter.core.endpoint import Endpoint
from adapter.core.model import Envelope
from adapter.simulators import parties
from adapter.simulators.bus_client import BusClient, BusUnavailableError
from adapter.simulators.bus_connector import BusConnector
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.http_connector import Door, HttpConnector
from adapter.simulators.party_system import PartySystem
from adapter.simulators.rabbitmq_client import RabbitMqClient
from adapter.simulators.traffic_log import EntryKind, TrafficLog, has
from adapter.transports.memory import Bus, Memory
from adapter.transports.rabbitmq import Consumer, Publisher, Topology
from tests.kit.samples import CASE, PERSON, PLANNER, TOWN, message, party_system
from tests.kit.servers import RabbitMQ
from tests.kit.servers.base import free_ports
from tests.kit.waiting import wait_for


@contextmanager
def running(wire: HttpConnector | BusConnector) -> Iterator[None]:
    wire.start()
    try:
        yield
    finally:
        wire.stop()


def post(port: int, body: bytes) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/", body, {"x-delivery-id": "d-1"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_party_answers_a_post_with_its_receipt() -> None:
    (port,) = free_ports(1)
    town = HttpConnector(party_system(), port)
    with running(town):
        status, body = post(port, message(FhirFormat(PLANNER)))
    assert status == 200
    assert FhirFormat(PLANNER).read(body).about == "m-1"
    assert town.system.traffic.entries()[0].delivery == "d-1"


def test_a_post_that_cannot_be_read_is_a_bad_request() -> None:
    (port,) = free_ports(1)
    with running(HttpConnector(party_system(), port)):
        assert post(port, b"nonsense")[0] == 400


def test_a_party_that_is_down_refuses_connections_and_comes_back() -> None:
    (port,) = free_ports(1)
    town = HttpConnector(party_system(), port)
    with running(town):
        town.down(1)
        with pytest.raises(ConnectionRefusedError):
            post(port, message(FhirFormat(PLANNER)))
        wait_for("party that is back", lambda: status_or_error(port), "200".__eq__)


def status_or_error(port: int) -> str:
    """Return the status of the response to a message, or the name of the connection's error."""
    try:
        return str(post(port, message(FhirFormat(PLANNER)))[0])
    except OSError as error:
        return type(error).__name__


def test_a_receipt_that_comes_later_is_posted_to_the_adapters_door() -> None:
    port, other = free_ports(2)
    planner = HttpConnector(PartySystem(FhirFormat(PLANNER), TrafficLog("planner")), other)
    door = Door(url=f"http://127.0.0.1:{other}/inbox", token="t")
    town = HttpConnector(party_system(), port, door, receipts_after=0.05)
    with running(planner), running(town):
        assert post(port, message(FhirFormat(PLANNER))) == (202, b"")
        assert planner.system.traffic.wait(has(EntryKind.NOTED, "receipt", about="m-1"), 60)


def test_what_a_party_posts_is_receipted_in_the_same_exchange() -> None:
    port, other = free_ports(2)
    planner = HttpConnector(PartySystem(FhirFormat(PLANNER), TrafficLog("planner")), other)
    door = Door(url=f"http://127.0.0.1:{other}/inbox", token="t")
    town = HttpConnector(party_system(), port, door)
    with running(planner), running(town):
        content_id = town.system.send("message", CASE, PERSON, (PLANNER,), text="Hej")
        assert town.system.traffic.wait(has(EntryKind.NOTED, "receipt", about=content_id), 60)
    assert planner.system.traffic.entries()[0].kind is EntryKind.APPLIED


BUS_ENDPOINT = Endpoint(
    name="planning",
    organization=PLANNER.hsa,
    system="fhir",
    transport="memory",
    broker_user="planning",
)


def test_a_party_on_the_embedded_bus_receipts_what_it_takes() -> None:
    bus = Bus()
    adapter = Memory(bus, [BUS_ENDPOINT])
    planner = parties.bus_party(
        PLANNER, TrafficLog("planning"), connect=lambda: bus.partner("planning", "planning.inbox")
    )
    with running(planner):
        body = message(FhirFormat(TOWN))
        adapter.send([Envelope(endpoint="planning", body=body, delivery="d-9")])
        (receipt,) = list(adapter.receive(0.5))
    assert (receipt.endpoint, receipt.event) == ("planning", "receipt")
    assert FhirFormat(TOWN).read(receipt.body).about == "m-1"
    assert planner.system.traffic.entries()[0].delivery == "d-9"


def test_a_party_on_the_bus_that_is_down_leaves_its_messages_there() -> None:
    bus = Bus()
    clients: list[WatchedClient] = []

    def connect() -> WatchedClient:
        clients.append(WatchedClient(bus.partner("planning", "planning.inbox")))
        return clients[-1]

    planner = parties.bus_party(PLANNER, TrafficLog("planning"), connect=connect)
    bus.declare("planning.inbox")
    with running(planner):
        wait_for("connection", lambda: clients)
        planner.down(1)
        wait_for("end of the connection", lambda: clients[0].closed)
        Memory(bus, []).send([Envelope(endpoint="planning", body=message(FhirFormat(TOWN)))])
        time.sleep(0.1)  # nothing may be taken in this time
        assert planner.system.traffic.entries() == ()
        assert planner.system.traffic.wait(has(EntryKind.APPLIED, "message"), 60)


class WatchedClient:
    """A client that remembers whether it was closed."""

    def __init__(self, client: BusClient) -> None:
        self._client = client
        self.publish, self.get = client.publish, client.get
        self.acknowledge = client.acknowledge
        self.closed = False

    def close(self) -> None:
        self._client.close()
        self.closed = True


class BreaksOnce:
    """A client whose first publishing fails."""

    def __init__(self, client: BusClient) -> None:
        self.client = client
        self.broken = False

    def publish(self, body: bytes, **named: str) -> None:
        if not self.broken:
            self.broken = True
            raise BusUnavailableError
        self.client.publish(body, **named)

    def __getattr__(self, name: str) -> object:
        return getattr(self.client, name)


def test_what_could_not_be_published_goes_when_the_bus_is_back() -> None:
    bus = Bus()
    client = BreaksOnce(bus.partner("planning", "planning.inbox"))
    planner = parties.bus_party(PLANNER, TrafficLog("planning"), connect=lambda: client)  # type: ignore[arg-type, return-value]
    with running(planner):
        planner.system.send("message", CASE, PERSON, (TOWN,), text="Hej")
        (sent,) = list(Memory(bus, [BUS_ENDPOINT]).receive(1))
    assert sent.event == "message"


@pytest.mark.servers
def test_a_party_on_rabbitmq_needs_no_more_than_its_own_user(rabbitmq: RabbitMQ) -> None:
    url = rabbitmq.fresh()
    endpoint = replace(BUS_ENDPOINT, transport="rabbitmq")
    topology = Topology([endpoint], lambda _names: None)
    adapter, sender = Consumer(url, topology), Publisher(url, topology)
    adapter.idle(0)
    own = rabbitmq.partner("planning", beside=url)
    planner = parties.bus_party(
        PLANNER, TrafficLog("planning"), connect=lambda: RabbitMqClient(own, "planning.inbox")
    )
    with running(planner):
        body = message(FhirFormat(TOWN))
        sender.send([Envelope(id="e-1", endpoint="planning", body=body, delivery="d-9")])
        (receipt,) = list(adapter.receive(2))
        adapter.acknowledge([receipt])
    adapter.close()
    sender.close()
    assert (receipt.endpoint, receipt.event) == ("planning", "receipt")
    assert planner.system.traffic.entries()[0].delivery == "d-9"


@pytest.mark.servers
def test_a_queue_that_is_not_there_is_a_bus_that_is_unavailable(rabbitmq: RabbitMQ) -> None:
    url = rabbitmq.fresh()
    with pytest.raises(BusUnavailableError):
        RabbitMqClient(rabbitmq.partner("planning", beside=url), "planning.inbox")
