"""The connections of the server for HL7 v2: how many, from where, and how they end."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack

import pytest

from adapter.core.errors import FatalError
from adapter.core.model import Envelope
from adapter.core.shortage import Shortage
from adapter.transports import Response
from adapter.transports.mllp import MllpServer, framed
from adapter.transports.mllp.framing import START
from tests.kit.descriptors import no_more_descriptors
from tests.kit.mllp_doors import ACK, Door, answer, endpoint
from tests.kit.waiting import WAIT, wait_for


def test_many_peers_are_answered_at_the_same_time() -> None:
    together = threading.Barrier(5, timeout=WAIT)

    def accept(arrived: Envelope) -> Response:
        together.wait()
        return Response(body=arrived.body)

    door = Door(accept)
    with door.open():
        wires = [door.connect() for _ in range(5)]
        for number, wire in enumerate(wires):
            wire.sendall(framed(str(number).encode()))
        said = [answer(wire) for wire in wires]
        for wire in wires:
            wire.close()
    assert said == [framed(str(number).encode()) for number in range(5)]


def test_connections_have_a_limit_and_room_comes_back() -> None:
    begun, enough = threading.Event(), threading.Event()

    def accept(_: Envelope) -> Response:
        begun.set()
        assert enough.wait(WAIT)
        return Response(body=ACK)

    door = Door(accept, connections=1)
    with door.open():
        with door.connect() as first:
            first.sendall(framed(b"one"))
            assert begun.wait(WAIT)
            with door.connect() as second:
                assert answer(second) == b""
            enough.set()
            assert answer(first) == framed(ACK)
        wait_for("room for a connection", door.serves)


def test_the_connection_that_is_silent_longest_makes_room_for_a_new_one() -> None:
    door = Door(connections=2)
    with door.open(), door.connect() as silent, door.connect() as speaking:
        speaking.sendall(framed(b"one"))
        assert answer(speaking) == framed(ACK)
        assert door.serves()
        assert answer(silent) == b""
        speaking.sendall(framed(b"two"))
        assert answer(speaking) == framed(ACK)


def test_no_number_of_silent_peers_keeps_another_out() -> None:
    door = Door(connections=4)
    with door.open(), ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(door.connect())
        assert door.serves()
        for _ in range(20):
            stack.enter_context(door.connect())
        assert door.serves()


def test_one_address_displaces_only_itself() -> None:
    door = Door(connections=4, per_peer=2, peers=("127.0.0.0/8",))
    with door.open(), ExitStack() as stack:
        partner = stack.enter_context(door.connect(source="127.0.0.2"))
        partner.sendall(framed(b"one"))
        assert answer(partner) == framed(ACK)
        for _ in range(20):
            stack.enter_context(door.connect())
        partner.sendall(framed(b"two"))
        assert answer(partner) == framed(ACK)
        assert door.serves()


def test_a_door_without_descriptors_goes_on_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    shortage = Shortage()
    door = Door(shortage=shortage)
    with door.open(), door.connect() as idle, socket.socket() as waiting:
        idle.sendall(framed(b"MSH"))
        assert answer(idle) == framed(ACK)
        waiting.settimeout(WAIT)
        with no_more_descriptors():
            waiting.connect(door.server.address)
            wait_for("shortage", lambda: shortage.why)
            assert answer(idle) == b""  # it made room
        waiting.sendall(framed(b"MSH"))
        assert answer(waiting) == framed(ACK)
        assert door.serves()
    assert shortage.why == "Too many open files"
    assert [r.message for r in caplog.records].count("connections-short") == 1


def test_a_peer_that_has_begun_a_message_is_not_silent() -> None:
    door = Door(connections=1)
    with door.open(), door.connect() as wire:
        wire.sendall(framed(b"one") + START + b"t")
        assert answer(wire) == framed(ACK)
        with door.connect() as other:
            assert answer(other) == b""
        wire.sendall(framed(b"wo").removeprefix(START))
        assert answer(wire) == framed(ACK)
    assert door.taken == [b"one", b"two"]


@pytest.mark.parametrize(
    ("peers", "welcome"),
    [
        (("127.0.0.1",), True),
        (("10.0.0.0/8", "127.0.0.0/8"), True),
        (("10.1.2.3",), False),
        ((), False),
    ],
)
def test_only_listed_peers_may_speak(peers: tuple[str, ...], welcome: bool) -> None:
    door = Door(peers=peers)
    with door.open(), door.connect() as wire:
        assert served_or_hung_up(wire) == welcome
    assert bool(door.taken) == welcome


def served_or_hung_up(wire: socket.socket) -> bool:
    try:
        wire.sendall(framed(b"MSH"))
        return answer(wire) == framed(ACK)
    except ConnectionError:
        return False


@pytest.mark.parametrize("fields", [{"peers": ("host",)}, {"listen": "nowhere"}])
def test_a_door_with_wrong_settings_does_not_open(fields: dict[str, object]) -> None:
    with pytest.raises(FatalError) as caught:
        MllpServer(endpoint(**fields), lambda _: Response(), lambda _: None)
    assert caught.value.code == "settings"


def test_two_doors_cannot_share_a_port() -> None:
    with Door().open() as first:
        host, port = first.server.address
        taken = endpoint(listen=f"{host}:{port}")
        with pytest.raises(FatalError, match="cannot listen"):
            MllpServer(taken, lambda _: Response(), lambda _: None)


def test_stopping_lets_the_message_under_way_be_answered_and_takes_no_more() -> None:
    begun, resume = threading.Event(), threading.Event()

    def accept(_: Envelope) -> Response:
        begun.set()
        assert resume.wait(WAIT)
        return Response(body=ACK)

    door = Door(accept)
    with door.open(), door.connect() as wire, door.connect() as idle:
        wire.sendall(framed(b"one"))
        assert begun.wait(WAIT)
        door.server.stop()
        wire.sendall(framed(b"two"))
        resume.set()
        assert answer(wire) == framed(ACK)
        assert answer(idle) == b""
        assert answer(wire) == b""
    assert door.taken == [b"one"]
    with pytest.raises(ConnectionRefusedError):
        door.connect()
