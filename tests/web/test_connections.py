"""Peers that hold connections and ask nothing: they are hung up on, and keep nobody out."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from adapter.core.endpoint import ConnectionLimits
from adapter.core.shortage import Shortage
from adapter.web.http_connections import HttpConnection
from adapter.web.middleware import KEEP_PLACE
from tests.kit.descriptors import no_more_descriptors
from tests.kit.places import DOCS
from tests.kit.site import Site, codes, served
from tests.kit.waiting import WAIT, wait_for

ASK = b"GET /health/live HTTP/1.1\r\nHost: adapter\r\n"
FEW = ConnectionLimits(total=20, per_address=10)


@pytest.fixture
def port(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A website in a hurry, that takes few connections."""
    monkeypatch.setattr(HttpConnection, "seconds", 1.0)
    with served(site.application(), FEW) as address:
        yield int(address.rpartition(":")[2])


def connected(port: int, *, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0))


def answered(wire: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"}"):
        part = wire.recv(65536)
        assert part, "hung up on"
        said += part
    return said


def asks(wire: socket.socket) -> bytes:
    wire.sendall(ASK + b"\r\n")
    return answered(wire)


@pytest.mark.parametrize("before", ["", "http://adapter", "HTTPS://other.example:8443"])
def test_a_request_may_name_the_host_before_its_path(port: int, before: str) -> None:
    with connected(port) as wire:
        wire.sendall(ASK.replace(b"/health", before.encode() + b"/health", 1) + b"\r\n")
        assert answered(wire).startswith(b"HTTP/1.1 200")


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


def test_one_address_displaces_only_itself(port: int) -> None:
    with ExitStack() as stack:
        partner = stack.enter_context(connected(port, source="127.0.0.2"))
        assert asks(partner).startswith(b"HTTP/1.1 200")
        for _ in range(40):
            stack.enter_context(connected(port))
        assert asks(partner).startswith(b"HTTP/1.1 200")
        for source in ("127.0.0.1", "127.0.0.3"):
            wire = stack.enter_context(connected(port, source=source))
            assert asks(wire).startswith(b"HTTP/1.1 200")


def test_at_the_limit_of_all_the_address_with_most_idle_connections_loses_one(port: int) -> None:
    with ExitStack() as stack:
        partner = stack.enter_context(connected(port, source="127.0.0.99"))
        assert asks(partner).startswith(b"HTTP/1.1 200")
        for number in range(60):
            stack.enter_context(connected(port, source=f"127.0.1.{number % 9 + 1}"))
        assert asks(partner).startswith(b"HTTP/1.1 200")
        newcomer = stack.enter_context(connected(port, source="127.0.0.98"))
        assert asks(newcomer).startswith(b"HTTP/1.1 200")


def test_when_all_are_at_work_one_more_is_told_to_wait() -> None:
    begun, enough = threading.Semaphore(0), threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        scope["state"][KEEP_PLACE]()  # its sender is known
        begun.release()
        while not enough.is_set():
            await receive_nothing()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    with served(slow, FEW) as address, ExitStack() as stack:
        port = int(address.rpartition(":")[2])
        for number in range(20):
            wire = stack.enter_context(connected(port, source=f"127.0.2.{number % 2 + 1}"))
            wire.sendall(ASK + b"\r\n")
            assert begun.acquire(timeout=WAIT)
        response = httpx.get(f"{address}/health/live")
        assert (response.status_code, codes(response)) == (503, ["too-many-connections"])
        assert int(response.headers["retry-after"]) > 0
        assert response.headers["connection"] == "close"
        assert response.headers["cache-control"] == "no-store"
        enough.set()
        wait_for("room", lambda: httpx.get(f"{address}/").status_code == 200)


def test_a_server_without_descriptors_goes_on_and_says_so(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    shortage = Shortage()
    with served(site.application(), FEW, shortage) as address, ExitStack() as stack:
        port = int(address.rpartition(":")[2])
        idle, waiting = stack.enter_context(connected(port)), stack.enter_context(socket.socket())
        assert asks(idle).startswith(b"HTTP/1.1 200")
        waiting.settimeout(WAIT)
        with no_more_descriptors():
            waiting.connect(("127.0.0.1", port))
            wait_for("shortage", lambda: shortage.why)
            assert idle.recv(100) == b""  # it made room
        assert asks(waiting).startswith(b"HTTP/1.1 200")
    assert shortage.why == "Too many open files"
    assert [r.message for r in caplog.records].count("connections-short") == 1


async def receive_nothing() -> None:
    await asyncio.sleep(0.01)  # until the test has seen what it wants


def test_as_many_as_there_are_places_are_all_served(port: int) -> None:
    with ExitStack() as stack:
        wires = []
        for number in range(20):
            source = f"127.0.0.{number % 2 + 1}"
            wires.append(stack.enter_context(connected(port, source=source)))
            wires[-1].sendall(ASK + b"\r\n")
        assert {answered(wire)[:12] for wire in wires} == {b"HTTP/1.1 200"}


def test_an_answer_starts_the_clock_anew(port: int) -> None:
    with connected(port) as wire:
        for _ in range(6):  # 1.5 s together, which is more than the limit for one header
            time.sleep(0.25)
            assert asks(wire).startswith(b"HTTP/1.1 200")
        assert wire.recv(100) == b""


def test_an_idle_connection_may_ask_again_as_long_as_the_documents_say(site: Site) -> None:
    page = (DOCS / "http.md").read_text()
    told = re.search(r"A connection that is idle for (\d+) seconds", page)
    seconds = int(told[1]) if told else 0
    assert seconds == HttpConnection.seconds
    with (
        served(site.application()) as address,
        connected(int(address.rpartition(":")[2])) as wire,
    ):
        asks(wire)
        time.sleep(seconds * 0.6)
        assert b"200 OK" in asks(wire)


def test_bytes_that_are_not_http_get_a_400_without_a_body(port: int) -> None:
    with connected(port) as wire:
        wire.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        said = b"".join(iter(lambda: wire.recv(65536), b""))
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-length: 0" in head.lower()
    assert body == b""


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
