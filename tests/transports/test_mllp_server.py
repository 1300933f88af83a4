"""The server for HL7 v2: responses, broken frames, peers, and a graceful end."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.errors import TransientError
from adapter.core.model import Envelope
from adapter.transports import Response
from adapter.transports.mllp import CONTENT_TYPE, framed
from adapter.transports.mllp.framing import START
from tests.kit.examples import scaled
from tests.kit.mllp_doors import ACK, Door, answer
from tests.kit.waiting import WAIT, wait_for


def test_each_message_gets_its_answer_on_the_same_connection() -> None:
    door = Door(lambda arrived: Response(body=b"ACK " + arrived.body))
    with door.open(), door.connect() as wire:
        for body in (b"one", b"two"):
            wire.sendall(framed(body))
            assert answer(wire) == framed(b"ACK " + body)


def test_an_envelope_names_the_endpoint_and_the_content_type() -> None:
    arrivals: list[Envelope] = []

    def accept(arrived: Envelope) -> Response:
        arrivals.append(arrived)
        return Response(body=ACK)

    door = Door(accept)
    with door.open(), door.connect() as wire:
        wire.sendall(framed(b"MSH"))
        answer(wire)
    assert [(each.endpoint, each.content_type) for each in arrivals] == [
        ("sunderby-cosmic", CONTENT_TYPE)
    ]


def test_messages_in_one_packet_are_answered_in_order() -> None:
    door = Door(lambda arrived: Response(body=arrived.body))
    with door.open(), door.connect() as wire:
        wire.sendall(framed(b"one") + b"\r\n" + framed(b"two") + framed(b"three"))
        said = b""
        while not said.endswith(framed(b"three")):
            said += wire.recv(65536)
    assert said == framed(b"one") + framed(b"two") + framed(b"three")


def test_a_message_in_many_packets_is_taken_once_and_whole() -> None:
    door = Door()
    with door.open(), door.connect() as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in framed(b"MSH|^~\\&|\rPID|1\r"):
            wire.sendall(bytes([byte]))
            time.sleep(0.001)  # so that the bytes do not travel in one packet
        assert answer(wire) == framed(ACK)
    assert door.taken == [b"MSH|^~\\&|\rPID|1\r"]


def test_an_empty_answer_sends_nothing() -> None:
    door = Door(lambda arrived: Response(body=b"" if arrived.body == b"one" else ACK))
    with door.open(), door.connect() as wire:
        wire.sendall(framed(b"one") + framed(b"two"))
        assert answer(wire) == framed(ACK)
    assert door.taken == [b"one", b"two"]


def test_what_was_not_stored_is_not_answered_and_can_be_sent_again() -> None:
    failures = [TransientError("store-unavailable")]

    def accept(_: Envelope) -> Response:
        if failures:
            raise failures.pop()
        return Response(body=ACK)

    door = Door(accept)
    with door.open():
        with door.connect() as wire:
            wire.sendall(framed(b"MSH"))
            assert answer(wire) == b""
        with door.connect() as wire:
            wire.sendall(framed(b"MSH"))
            assert answer(wire) == framed(ACK)
    assert door.taken == [b"MSH", b"MSH"]


def test_an_unexpected_error_closes_one_connection_and_tells_the_log_nothing_personal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def accept(arrived: Envelope) -> Response:
        if arrived.body == b"19500907-2553":
            raise RuntimeError(arrived.body.decode())
        return Response(body=ACK)

    door = Door(accept)
    with caplog.at_level(logging.DEBUG), door.open(), door.connect() as other:
        with door.connect() as wire:
            wire.sendall(framed(b"19500907-2553"))
            assert answer(wire) == b""
        other.sendall(framed(b"MSH"))
        assert answer(other) == framed(ACK)
    assert "mllp-not-accepted" in caplog.text
    assert "19500907" not in caplog.text


def test_a_message_that_never_ends_is_kept_unanswered() -> None:
    door = Door(frame_timeout=0.2)
    with door.open(), door.connect() as wire:
        wire.sendall(START + b"MSH|half")
        assert answer(wire) == b""
        wait_for("fragment", lambda: door.kept, [b"MSH|half"].__eq__)
    assert door.taken == []


def test_a_message_that_trickles_has_the_same_deadline() -> None:
    door = Door(frame_timeout=0.3)
    with door.open(), door.connect() as wire:
        wire.sendall(START)
        wait_for("hang-up", lambda: hung_up_on(wire, b"x"))
    assert len(door.kept) == 1


def hung_up_on(wire: socket.socket, more: bytes) -> bool:
    try:
        wire.sendall(more)
    except ConnectionError:
        return True
    return False


def test_a_silent_connection_between_messages_stays_open() -> None:
    door = Door(frame_timeout=0.1)
    with door.open(), door.connect() as wire:
        wire.sendall(framed(b"one"))
        answer(wire)
        wire.settimeout(0.4)
        with pytest.raises(TimeoutError):  # it would return b"" after a hang-up
            wire.recv(1)
        wire.settimeout(WAIT)
        wire.sendall(framed(b"two"))
        assert answer(wire) == framed(ACK)


def test_a_peer_that_hangs_up_in_the_middle_leaves_a_fragment() -> None:
    door = Door()
    with door.open():
        with door.connect() as wire:
            wire.sendall(framed(b"whole") + START + b"half")
            answer(wire)
        wait_for("fragment", lambda: door.kept, [b"half"].__eq__)
    assert door.taken == [b"whole"]


def test_a_message_over_the_limit_is_cut_off_and_its_beginning_kept() -> None:
    door = Door(limit=1000)
    with door.open(), door.connect() as wire:
        wire.sendall(START + b"x" * 1500)
        assert answer(wire) == b""
        wait_for("fragment", lambda: door.kept, [b"x" * 1000].__eq__)
    assert door.taken == []


def test_binary_rubbish_is_hung_up_on() -> None:
    door = Door()
    with door.open(), door.connect() as wire:
        wire.sendall(bytes(range(32, 256)) * 10)
        assert answer(wire) == b""
    assert (door.taken, door.kept) == ([], [])


def test_line_ends_and_some_rubbish_between_messages_do_no_harm() -> None:
    door = Door()
    with door.open(), door.connect() as wire:
        wire.sendall(b"\r\nrubbish" + framed(b"MSH"))
        assert answer(wire) == framed(ACK)
    assert door.taken == [b"MSH"]


@pytest.fixture(scope="module")
def open_door() -> Iterator[Door]:
    with Door().open() as door:
        yield door


@settings(max_examples=scaled(40), deadline=None)
@given(rubbish=st.binary(max_size=3000))
def test_after_any_rubbish_the_next_peer_is_served(open_door: Door, rubbish: bytes) -> None:
    with open_door.connect() as wire:
        wire.sendall(rubbish)
    assert open_door.serves()


def test_a_fragment_that_cannot_be_kept_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def keep(_: Envelope) -> None:
        raise TransientError("store-unavailable")

    door = Door(keep=keep)
    with door.open(), door.connect() as wire:
        wire.sendall(START + b"half" + framed(b"whole"))
        assert answer(wire) == framed(ACK)
    assert "mllp-fragment-not-kept" in caplog.text
