"""The server for HL7 v2: responses, broken frames, peers, and a graceful end."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.errors import TransientError
from adapter.core.memory import Memory, least
from adapter.core.model import Envelope
from adapter.transports import Response
from adapter.transports.mllp import CONTENT_TYPE, framed, server
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


@pytest.mark.parametrize("end", [b"\x1c", b"\x1c\n"])
def test_an_end_block_without_its_carriage_return_is_answered(end: bytes) -> None:
    door = Door(lambda arrived: Response(body=b"ACK " + arrived.body))
    with door.open(), door.connect() as wire:
        for body in (b"one", b"two"):
            wire.sendall(START + body + end)
            assert answer(wire) == framed(b"ACK " + body)
        wire.sendall(START + b"three" + end + framed(b"four"))
        said = b""
        while not said.endswith(framed(b"ACK four")):
            said += wire.recv(65536)
    assert said == framed(b"ACK three") + framed(b"ACK four")
    assert door.kept == []


def test_a_message_whose_sender_stops_sending_at_its_end_block_is_answered() -> None:
    door = Door()
    with door.open(), door.connect() as wire:
        wire.sendall(START + b"one\x1c")
        wire.shutdown(socket.SHUT_WR)
        assert answer(wire) == framed(ACK)
        assert answer(wire) == b""
    assert (door.taken, door.kept) == ([b"one"], [])


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
    door = Door(frame=1000)
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


def test_a_packet_of_start_blocks_is_one_fragment_and_the_end_of_the_connection() -> None:
    door = Door()
    with door.open(), door.connect() as wire:
        wire.sendall(START * 60_000)
        assert answer(wire) == b""
    assert door.kept == [b""]
    assert door.taken == []


@pytest.mark.parametrize("body", [b"", b"\r\n"])
def test_of_a_packet_of_empty_messages_the_first_is_answered_and_the_second_ends_the_connection(
    body: bytes,
) -> None:
    door = Door()
    with door.open(), door.connect() as wire:
        wire.sendall(framed(body) * 20_000)
        assert answer(wire) != b""
        assert answer(wire) == b""
    assert door.taken == [body]
    assert door.kept == []


@pytest.mark.parametrize("body", [b"x", b"half"])
def test_of_messages_that_break_off_in_a_row_only_the_first_is_kept(body: bytes) -> None:
    door = Door()
    with door.open(), door.connect() as wire:
        wire.sendall((START + body) * 10_000)
        assert answer(wire) == b""
    assert door.kept == [body]


def test_after_a_whole_message_another_may_break_off() -> None:
    door = Door()
    with door.open(), door.connect() as wire:
        for _ in range(3):
            wire.sendall(START + b"half" + framed(b"whole"))
            assert answer(wire) == framed(ACK)
    assert door.kept == [b"half"] * 3


def test_one_peer_leaves_a_few_fragments_in_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    door = Door()
    with door.open():
        for _ in range(25):
            with door.connect() as wire:
                wire.sendall((START + b"x") * 3)
                assert answer(wire) == b""
        assert door.serves()
    assert 10 <= len(door.kept) <= 20  # a minute may end between
    assert "mllp-fragments-too-many" in caplog.text


def test_a_packet_of_many_messages_does_not_hold_up_the_stop() -> None:
    begun = threading.Event()

    def accept(_: Envelope) -> Response:
        begun.set()
        time.sleep(0.05)  # the pace of a busy store
        return Response(body=ACK)

    door = Door(accept)
    with door.open(), door.connect() as wire:
        wire.sendall(framed(b"MSH") * 8_000)
        assert begun.wait(WAIT)
        before = time.monotonic()
        door.server.stop()
        door.thread.join(WAIT)
        assert time.monotonic() - before < 30  # all of them would take minutes
    assert len(door.taken) < 500


def test_a_peer_that_reads_no_response_does_not_hold_up_the_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "GOODBYE", 0.5)
    door = Door(lambda _: Response(body=ACK * 1_000_000))
    with door.open(), door.connect() as wire:
        wire.sendall(framed(b"MSH"))
        wait_for("message", lambda: door.taken)
        before = time.monotonic()
        door.server.stop()
        door.thread.join(WAIT)
        assert time.monotonic() - before < 30  # without an end: 60 s


@contextmanager
def full(memory: Memory) -> Iterator[None]:
    """Within it, other senders hold all of a memory of `least(1000)`."""
    with memory.hold("one") as first, memory.hold("another") as second:
        assert first.grow(1000)
        assert second.grow(1000)
        yield


def test_a_message_without_room_in_memory_waits_and_is_then_taken() -> None:
    memory = Memory(most=least(1000), largest=1000)
    door = Door(memory=memory)
    with door.open(), door.connect() as wire:
        with full(memory):
            wire.sendall(framed(b"MSH"))
            wire.settimeout(0.3)
            with pytest.raises(TimeoutError):
                wire.recv(1)
        wire.settimeout(WAIT)
        assert answer(wire) == framed(ACK)


def test_a_message_that_finds_no_room_in_its_time_is_not_answered() -> None:
    memory = Memory(most=least(1000), largest=1000)
    door = Door(memory=memory, frame_timeout=0.2)
    with door.open():
        with full(memory), door.connect() as wire:
            wire.sendall(framed(b"MSH"))
            assert answer(wire) == b""
        assert door.serves()
    assert door.taken == [b"MSH"]


def test_a_fragment_that_cannot_be_kept_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def keep(_: Envelope) -> None:
        raise TransientError("store-unavailable")

    door = Door(keep=keep)
    with door.open(), door.connect() as wire:
        wire.sendall(START + b"half" + framed(b"whole"))
        assert answer(wire) == framed(ACK)
    assert "mllp-fragment-not-kept" in caplog.text
