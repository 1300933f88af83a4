"""A broker, or a proxy before it, that hangs up in the moment of connecting, or says nothing."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pika.adapters.utils import io_services_utils

from adapter.errors import TransientError
from adapter.transports.rabbitmq.connection import connect
from adapter.transports.rabbitmq.line import Line

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
def already_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One time in sixty the reset comes before pika looks at its socket: here, every time."""

    class Gone(io_services_utils._AsyncStreamConnector):
        def __init__(self, **parts: Any) -> None:
            parts["sock"].close()
            super().__init__(**parts)

    monkeypatch.setattr(io_services_utils, "_AsyncStreamConnector", Gone)


@pytest.mark.usefixtures("already_gone")
def test_a_connection_that_is_reset_before_it_is_looked_at_is_unreachable(resetting: str) -> None:
    with pytest.raises(TransientError) as raised:
        connect(resetting, "test")
    assert raised.value.code == "unreachable"


@pytest.mark.usefixtures("already_gone")
def test_a_publisher_whose_connection_is_reset_so_is_unreachable(resetting: str) -> None:
    with pytest.raises(TransientError) as raised:
        Line(resetting, 2)
    assert raised.value.code == "unreachable"


def test_a_publisher_gives_up_a_broker_that_does_not_finish_its_greeting(silent: str) -> None:
    with pytest.raises(TransientError) as raised:
        Line(silent, 0.3)
    assert raised.value.code == "unreachable"
    assert not [t for t in threading.enumerate() if t.name == "publisher"]
