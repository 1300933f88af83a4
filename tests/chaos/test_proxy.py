"""The rig's proxy: what goes through it can be cut, hang, and be slow."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from chaos.proxy import Proxies, Proxy
from tests.kit.servers.base import free_ports


@pytest.fixture
def through() -> Iterator[tuple[Proxy, int]]:
    """A proxy before a server that says everything back, and its port."""
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
    """A connection that has carried something."""
    wire = socket.create_connection(("127.0.0.1", port), 30)
    assert said_back(wire) == b"hello"
    return wire


def carries_nothing(wire: socket.socket) -> bool:
    """Whether it soon says nothing back."""
    try:
        while said_back(wire):
            time.sleep(0.01)
    except ConnectionError:
        return True
    return True


def said_back(wire: socket.socket) -> bytes:
    wire.sendall(b"hello")
    return wire.recv(4096)


def test_a_cut_resets_what_is_open_and_welcomes_what_is_new(through: tuple[Proxy, int]) -> None:
    proxy, port = through
    assert not proxy.cut()  # nobody was there
    with wired(port) as wire:
        assert proxy.cut()
        assert carries_nothing(wire)
    wired(port).close()


def test_a_half_open_connection_swallows_and_says_nothing(through: tuple[Proxy, int]) -> None:
    proxy, port = through
    with wired(port) as wire:
        assert proxy.hang()
        time.sleep(0.1)
        assert not proxy.hang()  # it hangs already
        wire.settimeout(0.3)
        with pytest.raises(TimeoutError):
            said_back(wire)
        wired(port).close()


def test_a_slow_network_delays_every_piece(through: tuple[Proxy, int]) -> None:
    proxy, port = through
    with wired(port) as wire:
        proxy.delay(0.1)
        begun = time.monotonic()
        assert said_back(wire) == b"hello"
        assert time.monotonic() - begun >= 0.2  # there and back
        proxy.delay(0)
