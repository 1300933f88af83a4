"""The rig's proxy can cut connections, make them half-open, and delay their data."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from chaos.proxy import Proxies, Proxy
from tests.kit.servers.base import free_ports
from tests.kit.waiting import wait_for


@pytest.fixture
def through() -> Iterator[tuple[Proxy, int]]:
    """A proxy before an echo server, and its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_echo_all, args=(server,))
        thread.start()
        proxies = Proxies()
        (port,) = free_ports(1)
        yield proxies.between(port, server.getsockname()[1]), port
        server.shutdown(socket.SHUT_RDWR)
        proxies.close()
        thread.join()


def _echo_all(server: socket.socket) -> None:
    while True:
        try:
            wire, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(wire,), daemon=True).start()


def _echo(wire: socket.socket) -> None:
    with wire:
        try:
            while piece := wire.recv(4096):
                wire.sendall(piece)
        except OSError:
            return


def wired(port: int) -> socket.socket:
    """A connection that works."""
    wire = socket.create_connection(("127.0.0.1", port), 30)
    assert echo(wire) == b"hello"
    return wire


def wait_until_cut(wire: socket.socket) -> None:
    """Wait until a connection is reset or closed by the other side."""

    def echoed() -> bytes:
        try:
            return echo(wire)
        except ConnectionError:
            return b""

    wait_for("end of the connection", echoed, b"".__eq__)


def echo(wire: socket.socket) -> bytes:
    wire.sendall(b"hello")
    return wire.recv(4096)


def test_a_cut_resets_open_connections_and_new_ones_work(through: tuple[Proxy, int]) -> None:
    proxy, port = through
    assert not proxy.cut()  # there is no connection
    with wired(port) as wire:
        assert proxy.cut()
        wait_until_cut(wire)
    wired(port).close()


def test_a_half_open_connection_carries_nothing(through: tuple[Proxy, int]) -> None:
    proxy, port = through
    with wired(port) as wire:
        assert proxy.hang()
        wait_for("half-open connection", lambda: not proxy.hang())  # False: all of them hang
        wire.settimeout(0.3)
        with pytest.raises(TimeoutError):
            echo(wire)
        wired(port).close()


def test_a_slow_network_delays_both_directions(through: tuple[Proxy, int]) -> None:
    proxy, port = through
    with wired(port) as wire:
        proxy.delay(0.1)
        begun = time.monotonic()
        assert echo(wire) == b"hello"
        assert time.monotonic() - begun >= 0.2  # there and back
        proxy.delay(0)
