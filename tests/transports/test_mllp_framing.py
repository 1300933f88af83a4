"""Where MLLP messages begin and end, however the network cuts them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.errors import FatalError
from adapter.transports.mllp import framed
from adapter.transports.mllp.address import split
from adapter.transports.mllp.framing import END, START, Fragment, Frame, Framer

messages = st.binary().filter(lambda body: START not in body and END not in body + b"\r")


@given(bodies=st.lists(messages), cuts=st.lists(st.integers(0, 200)))
def test_frames_survive_any_cutting_into_packets(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"\r\n".join(framed(body) for body in bodies)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    framer = Framer()
    pieces = [piece for begin, end in pairwise(places) for piece in framer.feed(stream[begin:end])]
    assert pieces == [Frame(body=body) for body in bodies]
    assert not framer.inside
    assert framer.noise == 0


@given(st.lists(st.binary(max_size=30) | st.sampled_from([START, END, b"\x1c", b"\r"])))
def test_no_byte_is_added_or_lost_for_any_input(chunks: list[bytes]) -> None:
    framer = Framer()
    pieces = [piece for chunk in chunks for piece in framer.feed(chunk)]
    stream = b"".join(chunks)
    for piece in pieces:
        assert piece.body in stream
        assert START not in piece.body
        assert END not in piece.body
    blocks = stream.count(START) + stream.count(END)
    assert framer.inside or not framer.partial
    assert len(pieces) <= blocks


def test_a_message_that_begins_inside_another_breaks_it_off() -> None:
    framer = Framer()
    pieces = list(framer.feed(START + b"half" + framed(b"whole")))
    assert pieces == [Fragment(body=b"half"), Frame(body=b"whole")]


@pytest.mark.parametrize("end", [b"\x1c", b"\x1c\n"])
def test_a_start_block_ends_a_message_whose_end_block_lacks_its_carriage_return(
    end: bytes,
) -> None:
    framer = Framer()
    assert list(framer.feed(START + b"one" + end + framed(b"two"))) == [
        Frame(body=b"one"),
        Frame(body=b"two"),
    ]


@pytest.mark.parametrize("end", [b"\x1c", b"\x1c\n"])
def test_an_end_block_without_its_carriage_return_ends_a_message_when_nothing_follows(
    end: bytes,
) -> None:
    framer = Framer()
    assert list(framer.feed(START + b"one" + end)) == []
    assert framer.take_ended() == Frame(body=b"one")
    assert not framer.inside
    assert list(framer.feed(b"\r" + framed(b"two"))) == [Frame(body=b"two")]
    assert framer.noise == 0


def test_an_end_byte_inside_a_message_is_a_part_of_it() -> None:
    framer = Framer()
    assert list(framer.feed(START + b"o\x1cne")) == []
    assert framer.take_ended() is None
    assert list(framer.feed(END)) == [Frame(body=b"o\x1cne")]


@pytest.mark.parametrize("body", [b"a" + START, b"a" + END + b"b"])
def test_a_message_that_would_break_its_own_frame_is_not_sent(body: bytes) -> None:
    with pytest.raises(FatalError, match="not-written"):
        framed(body)


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1:2575", ("127.0.0.1", 2575)), ("[::1]:0", ("::1", 0)), ("host:1", ("host", 1))],
)
def test_an_address_is_host_and_port(address: str, expected: tuple[str, int]) -> None:
    assert split(address) == expected


@pytest.mark.parametrize("address", ["", "host", "host:", ":1", "host:x", "host:65536", "host:-1"])
def test_anything_else_is_a_matter_of_settings(address: str) -> None:
    with pytest.raises(FatalError) as caught:
        split(address)
    assert caught.value.code == "settings"
