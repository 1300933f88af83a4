"""A broker, or a proxy before it, that hangs up during the connecting, or sends nothing."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from pika import spec
from pika.adapters.utils import io_services_utils
from pika.frame import Method

from adapter.core.errors import TransientError
from adapter.transports import Response
from adapter.transports.rabbitmq import Consumer, Publisher, Topology, connection
from adapter.transports.rabbitmq.connection import connect
from adapter.transports.rabbitmq.publish_connection import PublishConnection
from chaos.proxy import Proxies
from tests.kit.bus import codes, to_lulea
from tests.kit.servers.base import free_ports
from tests.kit.waiting import WAIT

NO_QUEUES = Topology((), lambda _: None)
_RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def resetting() -> Iterator[str]:
    """The address of a server that takes connections and resets each."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_reset_all, args=(server,))
        thread.start()
        yield f"amqp://a:b@127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _reset_all(server: socket.socket) -> None:
    while True:
        try:
            wire, _ = server.accept()
        except OSError:
            return
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        wire.close()


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"amqp://a:b@127.0.0.1:{server.getsockname()[1]}/"


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address has its time until it is given up: here, half a second."""
    monkeypatch.setattr(connection, "ADDRESS_SECONDS", 0.5)


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of a server that lets anybody log in, and then says nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_log_in, args=(server,))
        thread.start()
        yield f"amqp://a:b@127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def _log_in(server: socket.socket) -> None:
    wire, _ = server.accept()
    with wire:
        _open(wire)
        while wire.recv(4096):
            pass


def _open(wire: socket.socket) -> None:
    _answer(wire, b"AMQP", spec.Connection.Start(mechanisms="PLAIN", locales="en_US"))
    _answer(wire, _method(spec.Connection.StartOk), spec.Connection.Tune(2047, 131072, 0))
    _answer(wire, _method(spec.Connection.Open), spec.Connection.OpenOk())


@pytest.fixture
def hanging_up() -> Iterator[str]:
    """The address of a server that lets one client log in, and hangs up at its first question."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT)  # a test that never connects fails, and does not hang
        thread = threading.Thread(target=_log_in_and_hang_up, args=(server,))
        thread.start()
        yield f"amqp://a:b@127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def _log_in_and_hang_up(server: socket.socket) -> None:
    wire, _ = server.accept()
    with wire:
        _open(wire)
        wire.recv(4096)


def _answer(wire: socket.socket, until: bytes, method: Any) -> None:
    received = b""
    while until not in received:
        received += wire.recv(4096)
    wire.sendall(Method(0, method).marshal())


def _method(kind: Any) -> bytes:
    return struct.pack(">I", kind.INDEX)


@pytest.fixture
def already_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One time in sixty the reset comes before pika looks at its socket: here, every time."""

    class Gone(io_services_utils._AsyncStreamConnector):
        def __init__(self, **parts: Any) -> None:
            parts["sock"].close()
            super().__init__(**parts)

    monkeypatch.setattr(io_services_utils, "_AsyncStreamConnector", Gone)


def through(url: str, port: int) -> str:
    """The same broker behind a port of a proxy."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


@pytest.mark.servers
def test_of_several_addresses_the_first_that_answers_is_taken(
    rabbitmq_url: str, topology: Topology
) -> None:
    (nobody,) = free_ports(1)
    urls = f"{through(rabbitmq_url, nobody)}, {rabbitmq_url}"
    with closing(Publisher(urls, topology, timeout=WAIT)) as publisher:
        publisher.send([])
        assert publisher.send([to_lulea()]) == [Response()]
    with closing(Consumer(urls, topology)) as consumer:
        consumer.idle(0)
        assert consumer.consuming


@pytest.mark.servers
def test_a_lost_address_is_left_for_the_other_and_taken_again(
    rabbitmq_url: str, topology: Topology
) -> None:
    ports = free_ports(2)
    urls = ",".join(through(rabbitmq_url, port) for port in ports)
    doors = [_door(port, port_of(rabbitmq_url)) for port in ports]
    publisher, consumer = Publisher(urls, topology, timeout=WAIT), Consumer(urls, topology)
    with closing(publisher), closing(consumer):
        consumer.idle(0)
        assert publisher.send([to_lulea()]) == [Response()]
        doors[0].close()  # both were connected through it
        with pytest.raises(TransientError, match="unreachable"):
            consumer.idle(WAIT)
        consumer.idle(0)
        assert consumer.consuming
        assert "taken" in [codes(publisher.send([to_lulea()]))[0] for _ in range(2)]
        doors[0] = _door(ports[0], port_of(rabbitmq_url))
        doors[1].close()
        with pytest.raises(TransientError, match="unreachable"):
            consumer.idle(WAIT)
        consumer.idle(0)
        assert "taken" in [codes(publisher.send([to_lulea()]))[0] for _ in range(2)]
    doors[0].close()


def _door(port: int, behind: int) -> Proxies:
    proxies = Proxies()
    proxies.between(port, behind)
    return proxies


@pytest.mark.usefixtures("already_gone")
def test_a_connection_that_is_reset_before_it_is_looked_at_is_no_connection(resetting: str) -> None:
    with pytest.raises(TransientError) as raised:
        connect(resetting, "test")
    assert raised.value.code == "no-connection"


@pytest.mark.usefixtures("already_gone")
def test_a_publisher_whose_connection_is_reset_that_early_is_no_connection(resetting: str) -> None:
    with pytest.raises(TransientError) as raised:
        PublishConnection(resetting, 2)
    assert raised.value.code == "no-connection"


@pytest.mark.usefixtures("soon")
def test_a_publisher_gives_up_a_broker_that_does_not_finish_its_handshake(silent: str) -> None:
    assert gives_up(silent) == "no-connection"


@pytest.mark.usefixtures("soon")
def test_every_address_is_tried_even_when_the_timeout_is_short(silent: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as second:
        url = f"amqp://a:b@127.0.0.1:{second.getsockname()[1]}/"
        assert gives_up(f"{silent},{url}") == "no-connection"
        second.settimeout(0)
        second.accept()[0].close()


@pytest.mark.servers
@pytest.mark.usefixtures("topology")
def test_a_broker_behind_an_address_that_says_nothing_is_reached(
    silent: str, rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ADDRESS_SECONDS", 3)
    publishing = PublishConnection(f"{silent},{rabbitmq_url}", WAIT)
    assert not publishing.broken
    publishing.close()


def test_a_publisher_gives_up_a_broker_that_opens_no_channel(mute: str) -> None:
    assert gives_up(mute) == "no-connection"


def test_a_broker_whose_name_is_unknown_gets_nothing() -> None:
    with closing(Publisher("amqp://a:b@no-such-host.invalid/", NO_QUEUES)) as publisher:
        assert codes(publisher.send([to_lulea()])) == ["no-connection"]


def test_a_broker_that_goes_while_its_queues_are_declared_gets_nothing(hanging_up: str) -> None:
    with closing(Publisher(hanging_up, NO_QUEUES)) as publisher:
        assert codes(publisher.send([to_lulea()])) == ["no-connection"]


def gives_up(url: str) -> str:
    """The code with which a connection is given up after a tenth of a second, its thread ended."""
    with pytest.raises(TransientError) as raised:
        PublishConnection(url, 0.1)
    assert not [t for t in threading.enumerate() if t.name == "publisher"]
    return raised.value.code


@pytest.mark.servers
@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"netloc": "adapter:wrong@{host}"}, "the broker refuses the user adapter or its password"),
        ({"path": "/none"}, "virtual host none"),
        ({"netloc": "adapter:x@127.0.0.1:9"}, "no broker answers"),
        ({"netloc": "adapter:x@no.such.host.invalid:5672"}, "the name of the host is unknown"),
        ({"scheme": "amqps"}, "TLS fails"),
    ],
    ids=str,
)
def test_a_wrong_address_of_the_broker_is_told_with_place_and_cause(
    rabbitmq_url: str, change: dict[str, str], cause: str
) -> None:
    parts = urlsplit(rabbitmq_url)
    host = parts.netloc.rpartition("@")[2]
    wrong = parts._replace(**{key: value.format(host=host) for key, value in change.items()})
    with pytest.raises(TransientError) as raised:
        connection.connect(wrong.geturl(), "test")
    assert cause in raised.value.detail
    assert f"{wrong.hostname}:{wrong.port}" in raised.value.detail
