"""Callers without a token hold no place and no thread, however they ask and read."""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import count, pairwise
from pathlib import Path
from statistics import median

import h11
import httpx
import pytest
from starlette.types import Receive, Scope, Send

from adapter.core.endpoint import ConnectionLimits
from adapter.operate.health import Survey
from adapter.web import metadata
from adapter.web.content_negotiation import must_take_fhir_json
from adapter.web.http_connections import CountingConnection, HttpConnection
from tests.kit.site import PROCESS, Site, served
from tests.kit.waiting import WAIT, wait_for

FEW = ConnectionLimits(total=6, per_address=6)
ASK = b"GET /fhir/metadata HTTP/1.1\r\nHost: adapter\r\n\r\n"
CHUNKED = (
    b"POST /inbox HTTP/1.1\r\nHost: adapter\r\nAuthorization: Bearer %s\r\n"
    b"Content-Type: application/fhir+json\r\nTransfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture
def port(site: Site) -> Iterator[int]:
    with served(site.application(), FEW) as address:
        yield int(address.rpartition(":")[2])


def connected(port: int, source: str) -> socket.socket:
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)  # the system doubles it
    wire.bind((source, 0))
    wire.settimeout(WAIT)
    wire.connect(("127.0.0.1", port))
    return wire


def asks_and_never_reads(port: int, source: str) -> socket.socket:
    """Return a connection on which the answers have filled every buffer on their way."""
    wire = connected(port, source)
    wire.settimeout(1.0)
    with suppress(OSError):
        while True:
            wire.sendall(ASK * 100)
    return wire


def is_cut(wire: socket.socket) -> bool:
    wire.settimeout(0.1)
    try:
        wire.sendall(b"G")
    except TimeoutError:
        return False
    except OSError:
        return True
    return False


def test_whoever_asks_without_a_token_and_reads_no_answer_keeps_nobody_out(port: int) -> None:
    with ExitStack() as stack:
        for number in range(FEW.total):
            stack.enter_context(asks_and_never_reads(port, f"127.0.7.{number + 1}"))
        for _ in range(3):
            answer = httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False)
            assert answer.status_code == 200


def test_a_connection_whose_answers_are_not_read_is_cut(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HttpConnection, "patience", 1.0)
    with asks_and_never_reads(port, "127.0.7.1") as wire:
        wait_for("cut", lambda: is_cut(wire))


def test_the_answers_that_wait_for_one_reader_are_bounded_in_the_system_too(port: int) -> None:
    with asks_and_never_reads(port, "127.0.7.1") as wire:
        ends = f":{wire.getsockname()[1]:04X}"
        lines = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()]
        waiting = [int(each[4].partition(":")[0], 16) for each in lines if each[2].endswith(ends)]
        assert 0 < max(waiting) < 1024 * 1024


def test_a_body_in_crumbs_is_no_longer_read() -> None:
    """h11 takes some 20 µs for each: a packet of them would hold up everybody else for a second."""
    reader = CountingConnection()
    reader.receive_data(CHUNKED % b"x" + b"1\r\n \r\n" * 40_000)
    assert 1000 < parts(reader) < 2000


def parts(reader: h11.Connection) -> int:
    """Return how many events come before the reader refuses the rest."""
    with suppress(h11.RemoteProtocolError):
        for number in count():
            if reader.next_event() is h11.NEED_DATA:
                return number
    return number


def test_the_sender_of_crumbs_is_cut_off(site: Site, port: int) -> None:
    with connected(port, "127.0.7.1") as wire:
        wire.sendall(CHUNKED % site.token("sundby-journal").encode())
        with pytest.raises(ConnectionError):
            wire.sendall(b"1\r\n \r\n" * 2_000_000)


def test_a_body_in_small_chunks_is_taken(site: Site, port: int) -> None:
    head = CHUNKED % site.token("sundby-journal").encode()
    with connected(port, "127.0.7.1") as wire:
        wire.sendall(head + b"14\r\n" + b" " * 20 + b"\r\n")
        wire.sendall((b"14\r\n" + b" " * 20 + b"\r\n") * 900 + b"0\r\n\r\n")
        assert wire.recv(65536).startswith(b"HTTP/1.1 400")  # blanks are no JSON


def test_a_bad_chunk_after_the_answer_ends_the_connection_without_a_fault(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(port, "127.0.7.1") as wire:
        wire.sendall(CHUNKED % b"x")
        assert wire.recv(65536).startswith(b"HTTP/1.1 401")
        wire.sendall(b"zz\r\n\r\n")
        with suppress(OSError):
            while wire.recv(65536):
                pass
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_between_two_pipelined_requests_the_event_loop_serves_others_for_many_rounds() -> None:
    rounds: list[int] = []

    async def answers(scope: Scope, receive: Receive, send: Send) -> None:
        rounds.append(counted())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with served(answers, FEW) as address, ExitStack() as stack:
        port = int(address.rpartition(":")[2])
        for number in (1, 2):
            wire = stack.enter_context(connected(port, f"127.0.7.{number}"))
            wire.sendall(ASK * 100)
        wait_for("answers", lambda: len(rounds) == 200)
    assert median(later - earlier for earlier, later in pairwise(rounds)) > 10


def counted() -> int:
    """Return the number of the round of the running event loop; the first call begins to count."""
    loop = asyncio.get_running_loop()
    if loop not in _ROUNDS:
        _ROUNDS[loop] = 0
        loop.call_soon(_count, loop)
    return _ROUNDS[loop]


def _count(loop: asyncio.AbstractEventLoop) -> None:
    _ROUNDS[loop] += 1
    loop.call_soon(_count, loop)


_ROUNDS: dict[asyncio.AbstractEventLoop, int] = {}


def test_the_capability_statement_needs_no_thread() -> None:
    """FastAPI calls plain functions in threads: those in which messages are stored."""
    assert inspect.iscoroutinefunction(metadata.metadata)
    assert inspect.iscoroutinefunction(must_take_fhir_json)


def test_a_definition_is_refused_to_a_caller_that_takes_no_fhir_json(port: int) -> None:
    address = f"http://127.0.0.1:{port}/fhir/StructureDefinition"
    answer = httpx.get(address, headers={"Accept": "text/html"}, trust_env=False)
    assert answer.status_code == 406


def test_callers_of_health_and_metrics_leave_the_threads_of_messages_free(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, waiting = threading.Event(), threading.Semaphore(0)

    def slow(*_: object) -> object:
        waiting.release()
        go_on.wait(WAIT)
        return Survey(findings=())

    monkeypatch.setattr("adapter.operate.health.survey", slow)
    with served(site.application()) as address, httpx.Client(trust_env=False, timeout=WAIT) as me:
        port = int(address.rpartition(":")[2])
        with ExitStack() as stack:
            for number in range(60):
                wire = stack.enter_context(connected(port, f"127.0.7.{number + 1}"))
                wire.sendall(b"GET /health/ready HTTP/1.1\r\nHost: adapter\r\n\r\n")
            assert waiting.acquire(timeout=WAIT)
            try:
                headers = {
                    "Authorization": f"Bearer {site.token('sundby-journal')}",
                    "Content-Type": "application/fhir+json",
                }
                answer = me.post(f"{address}{PROCESS}", content=b"[]", headers=headers, timeout=5)
                assert answer.status_code == 422  # no Bundle
            finally:
                go_on.set()
