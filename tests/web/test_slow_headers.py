"""Peers that hold connections and ask nothing: they are hung up on, and keep nobody out."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from adapter.web import serving
from adapter.web.slow_headers import SlowHeaderTimeout
from tests.kit.site import Site, codes, served
from tests.kit.waiting import wait_for

ASK = b"GET /health/live HTTP/1.1\r\nHost: adapter\r\n"


@pytest.fixture
def port(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A website in a hurry, that takes few connections."""
    monkeypatch.setattr(SlowHeaderTimeout, "seconds", 1.0)
    monkeypatch.setattr(serving, "CONNECTIONS", 20)
    with served(site.application()) as address:
        yield int(address.rpartition(":")[2])


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def answered(wire: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"}"):
        said += wire.recv(65536)
    return said


def trickle(wire: socket.socket) -> None:
    for byte in ASK * 100:
        wire.sendall(bytes([byte]))
        time.sleep(0.02)  # the pace of a slow peer: each byte comes well within the limit


@pytest.mark.parametrize("head", [b"", b"GET /health", ASK], ids=["silent", "begun", "half"])
def test_a_peer_that_never_ends_its_head_is_hung_up_on(port: int, head: bytes) -> None:
    with connected(port) as wire:
        wire.sendall(head)
        began = time.monotonic()
        assert wire.recv(100) == b""
        assert 0.5 < time.monotonic() - began < 30


def test_so_is_one_that_trickles(port: int) -> None:
    with connected(port) as wire, pytest.raises(ConnectionError):
        trickle(wire)


def test_those_who_hold_all_connections_keep_others_out_for_a_moment_only(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(connected(port))
        response = httpx.get(f"http://127.0.0.1:{port}/health/live")
        assert (response.status_code, codes(response)) == (503, ["too-many-connections"])
        assert int(response.headers["retry-after"]) > 0
        assert response.headers["connection"] == "close"
        assert response.headers["cache-control"] == "no-store"
        wait_for("answer", lambda: lives(port))


def lives(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200


def test_as_many_as_there_are_places_are_all_served(port: int) -> None:
    with ExitStack() as stack:
        wires = []
        for _ in range(20):
            wires.append(stack.enter_context(connected(port)))
            wires[-1].sendall(ASK + b"\r\n")
        assert {answered(wire)[:12] for wire in wires} == {b"HTTP/1.1 200"}


def test_an_answer_starts_the_clock_anew(port: int) -> None:
    with connected(port) as wire:
        for _ in range(6):  # 1.5 s together, which is more than the limit for one header
            time.sleep(0.25)
            wire.sendall(ASK + b"\r\n")
            assert answered(wire).startswith(b"HTTP/1.1 200")
        assert wire.recv(100) == b""


def test_a_body_may_take_longer(port: int, site: Site) -> None:
    head = (
        "POST /fhir/$process-message HTTP/1.1\r\nHost: adapter\r\nContent-Length: 2\r\n"
        f"Content-Type: application/fhir+json\r\nAuthorization: Bearer "
        f"{site.token('astad-omsorg')}\r\n\r\n"
    )
    with connected(port) as wire:
        wire.sendall(head.encode() + b"{")
        time.sleep(1.5)  # longer than the limit for the header
        wire.sendall(b"}")
        assert answered(wire).startswith(b"HTTP/1.1 422")
