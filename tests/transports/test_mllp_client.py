"""Sending HL7 v2: each message gets its own answer, or none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from adapter.core.errors import TransientError
from adapter.core.model import Envelope
from adapter.transports import Response
from adapter.transports.mllp import CONTENT_TYPE, MllpClient, MllpServer
from adapter.transports.mllp.framing import START
from tests.kit.hang_ups import full_backlog, hanging_up, saying
from tests.kit.mllp_doors import ACK, Door, code, endpoint, envelope
from tests.kit.waiting import WAIT


@contextmanager
def client(address: tuple[str, int], **fields: object) -> Iterator[MllpClient]:
    host, port = address
    with closing(MllpClient(endpoint(address=f"{host}:{port}", **fields))) as mllp:
        yield mllp


def test_the_answer_comes_back_unchanged() -> None:
    door = Door()
    with door.open(), client(door.server.address) as mllp:
        assert mllp.send([envelope()]) == [Response(body=ACK, content_type=CONTENT_TYPE)]


def test_an_answer_whose_end_has_no_carriage_return_is_taken() -> None:
    with saying(START + ACK + b"\x1c") as address, client(address) as mllp:
        assert mllp.send([envelope()]) == [Response(body=ACK, content_type=CONTENT_TYPE)]


def test_one_connection_serves_many_messages_and_is_replaced_when_the_far_side_hung_up() -> None:
    door = Door()
    with door.open():
        address = door.server.address
        with client(address) as mllp:
            assert len(mllp.send([envelope(), envelope()])) == 2
            door.server.stop()
            door.thread.join()
            again = MllpServer(
                endpoint(listen=f"{address[0]}:{address[1]}"), door.take, lambda _: None
            )
            thread = threading.Thread(target=again.run)
            thread.start()
            assert [code(each) for each in mllp.send([envelope()])] == ["taken"]
            again.stop()
            thread.join()


def test_no_answer_in_time_is_timed_out_and_later_messages_do_not_overtake() -> None:
    release = threading.Event()

    def accept(_: Envelope) -> Response:
        assert release.wait(WAIT)
        return Response(body=ACK)

    door = Door(accept)
    with door.open():
        with client(door.server.address, timeout=timedelta(seconds=1)) as mllp:
            outcomes = mllp.send([envelope(b"one"), envelope(b"two")])
        release.set()
    assert [code(each) for each in outcomes] == ["timed-out", "no-connection"]
    assert door.taken == [b"one"]


def test_a_late_answer_is_never_taken_for_the_next_messages_answer() -> None:
    late, answered = threading.Event(), threading.Event()

    def accept(arrived: Envelope) -> Response:
        if arrived.body == b"slow":
            assert late.wait(WAIT)
            answered.set()
        return Response(body=arrived.body)

    door = Door(accept)
    with door.open(), client(door.server.address, timeout=timedelta(seconds=2)) as mllp:
        assert code(mllp.send([envelope(b"slow")])[0]) == "timed-out"
        late.set()
        assert answered.wait(WAIT)
        (outcome,) = mllp.send([envelope(b"quick")])
    assert outcome == Response(body=b"quick", content_type=CONTENT_TYPE)


def test_a_far_side_that_hangs_up_instead_of_answering_is_unreachable() -> None:
    def accept(_: Envelope) -> Response:
        raise TransientError("store-unavailable")

    door = Door(accept)
    with door.open(), client(door.server.address) as mllp:
        assert code(mllp.send([envelope()])[0]) == "unreachable"


@pytest.mark.parametrize("address", [("127.0.0.1", 1), ("no-such-host.invalid", 2575)])
def test_nobody_at_the_address_is_no_connection(address: tuple[str, int]) -> None:
    with client(address) as mllp:
        assert code(mllp.send([envelope()])[0]) == "no-connection"


def test_an_address_that_takes_no_connection_in_time_is_no_connection() -> None:
    with full_backlog() as address, client(address, timeout=timedelta(seconds=0.3)) as mllp:
        assert code(mllp.send([envelope()])[0]) == "no-connection"


@pytest.mark.parametrize("reads", [0, 1024])
def test_a_far_side_that_hangs_up_before_or_after_reading_is_unreachable(reads: int) -> None:
    with hanging_up(reads) as address, client(address) as mllp:
        assert code(mllp.send([envelope()])[0]) == "unreachable"


def test_a_far_side_that_left_after_the_last_message_gets_no_byte_of_the_next() -> None:
    door = Door()
    with door.open(), client(door.server.address) as mllp:
        assert code(mllp.send([envelope()])[0]) == "taken"
        door.server.stop()
        door.thread.join()
        assert code(mllp.send([envelope()])[0]) == "no-connection"


def test_an_answer_without_end_is_not_read_for_ever() -> None:
    door = Door(lambda _: Response(body=b"x" * 2_000_000))
    with door.open(), client(door.server.address) as mllp:
        assert code(mllp.send([envelope()])[0]) == "bad-answer"


def test_a_message_that_cannot_be_framed_does_not_hold_the_next_ones() -> None:
    door = Door()
    with door.open(), client(door.server.address) as mllp:
        outcomes = mllp.send([envelope(START), envelope(b"MSH")])
    assert [code(each) for each in outcomes] == ["not-written", "taken"]
