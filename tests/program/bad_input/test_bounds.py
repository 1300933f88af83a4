"""Senders that take memory, connections and rows: each within a bound, and others are served."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from adapter.store.tables import message
from adapter.transports.mllp.framing import START
from tests.kit.program import messages
from tests.kit.program.caller import codes, post, still_served
from tests.kit.program.feed import Feed
from tests.kit.program.running import Program

pytestmark = pytest.mark.servers
SIZE = 9_600_000
MOST_MEGABYTES = 400  # above what it had before; six such bodies once took 3,700
HEAD = (
    "POST /fhir/$process-message HTTP/1.1\r\nHost: adapter\r\nAuthorization: Bearer {token}\r\n"
    "Content-Type: application/fhir+json\r\nContent-Length: {size}\r\n\r\n"
)


def peak(program: Program) -> int:
    """The most memory that the process ever had, in MB."""
    text = Path(f"/proc/{program.process.pid}/status").read_text(encoding="utf-8")
    return int(text.partition("VmHWM:")[2].split()[0]) // 1024


@pytest.mark.parametrize(
    ("sender", "path", "body"),
    [
        ("sundby", "/fhir/$process-message", b"[" + b"[]," * (SIZE // 3) + b"0]"),
        ("astad", "/inbox", b"<a>" + b"<a/>" * (SIZE // 4) + b"</a>"),
    ],
    ids=["json", "xml"],
)
def test_six_bodies_of_millions_of_parts_are_refused_in_little_memory(
    program: Program, sender: str, path: str, body: bytes
) -> None:
    before = peak(program)

    def send(_: int) -> httpx.Response:
        return post(program, body, sender=sender, path=path)

    with still_served(program), ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(send, range(6)))
    assert {response.status_code for response in responses} <= {413, 429}
    assert {code for r in responses for code in codes(r)} <= {"too-large", "too-much-at-once"}
    assert peak(program) - before < MOST_MEGABYTES


def test_bodies_that_never_end_take_no_more_than_their_senders_share(program: Program) -> None:
    before = peak(program)
    head = HEAD.format(token=program.tokens["sundby"], size=SIZE + 1).encode()
    with ExitStack() as stack:
        for _ in range(30):
            wire = socket.create_connection(("127.0.0.1", program.web), timeout=30)
            stack.enter_context(wire)
            offer(wire, head + b" " * SIZE)
        response = post(program, messages.document(), path="/inbox", sender="astad")
        assert response.status_code == 200
    assert peak(program) - before < MOST_MEGABYTES


def offer(wire: socket.socket, content: bytes) -> None:
    """Send as much as the far side takes."""
    try:
        wire.sendall(content)
    except ConnectionError:
        return


@pytest.mark.parametrize("door", [lambda p: p.web, lambda p: p.health], ids=["web", "health"])
def test_idle_connections_shut_nobody_out(program: Program, door: Callable[[Program], int]) -> None:
    with ExitStack() as stack:
        for _ in range(520):
            wire = socket.create_connection(("127.0.0.1", door(program)), timeout=30)
            stack.enter_context(wire)
        for port in (program.web, program.health):
            assert httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
            assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
        assert post(program, messages.dumped(messages.note())).status_code == 200


def test_the_address_of_health_takes_no_messages(program: Program) -> None:
    response = httpx.post(f"http://127.0.0.1:{program.health}/inbox", content=b"{}")
    assert response.status_code == 404


def test_a_packet_of_start_blocks_is_one_message_to_look_at(program: Program) -> None:
    before = len(program.rows(message, message.c.note == "fragment"))
    with still_served(program), Feed(program) as feed:
        feed.send(START * 60_000)
        assert feed.answer() == b""
    assert len(program.rows(message, message.c.note == "fragment")) == before + 1
