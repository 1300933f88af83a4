"""Batches: many messages in one frame, and the batch of their acknowledgements.

HL7 v2.8 chapter 2, batch protocol: [FHS] {[BHS] {MSH …} [BTS]} [FTS]. The headers are optional
(v2.5.1, 2.10.3): two messages in one frame are a batch too. Each message is taken by
itself, so that a fault in one stops no other. The answer mirrors the batch: the same headers and
trailers, with an acknowledgement in the place of each message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice

from adapter.core.errors import FatalError
from adapter.mappings import Package

_HEADERS = (b"FHS", b"BHS")
_TRAILERS = {b"BTS": b"BHS", b"FTS": b"FHS"}  # each with the header that it belongs to
_COUNTED = {b"BTS": "messages", b"FTS": "batches"}  # what the first field counts
_LONGEST = 250  # bytes of a field that is echoed
_SECOND = {end: re.compile(end + rb"\n?MSH[^\w\s]") for end in (b"\r", b"\n")}
_NUMBER = re.compile(rb"\+?0*([0-9]{1,9})(?:\.0*)?")  # NM, of a whole number
_OF_ONE_MESSAGE, _OF_THE_FILE = 3, 2  # pieces: BHS, MSH, BTS; FHS, FTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A header or trailer of the batch, or a whole message (`name` MSH)."""

    name: bytes
    body: bytes


def open_batch(body: bytes, most: int) -> Package | None:
    """Return the messages of a batch, and how it is answered; None where it is no batch.

    FatalError `unreadable` for a segment outside of a message, `too-large` for more than `most`
    messages, or for more headers and trailers than these can have.
    """
    whole = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not whole.startswith(_HEADERS) and not _has_second(whole):
        return None
    most_pieces = _OF_ONE_MESSAGE * most + _OF_THE_FILE
    pieces = list(islice(_pieces(whole), most_pieces + 1))
    messages = [piece.body for piece in pieces if piece.name == b"MSH"]
    if len(messages) > most or len(pieces) > most_pieces:
        raise FatalError("too-large", f"more than {most} messages with their headers and trailers")

    def answered(answers: Sequence[bytes], at: datetime) -> bytes:
        is_silent = bool(messages) and not any(answers)  # receipts, or nobody wants to hear
        return b"" if is_silent else b"".join(_answer(pieces, answers, at))

    return Package(messages=messages, answered=answered)


def _has_second(whole: bytes) -> bool:
    """Whether another message follows in the frame."""
    end = b"\r" if b"\r" in whole else b"\n"
    return whole.startswith(b"MSH") and _SECOND[end].search(whole) is not None


def _pieces(whole: bytes) -> Iterator[Piece]:
    message: list[bytes] = []
    for segment in _segments(whole):
        name = segment[:3]
        starts = name == b"MSH" or name in _HEADERS or name in _TRAILERS
        if starts and message:
            yield Piece(name=b"MSH", body=b"".join(message))
            message = []
        if name == b"MSH" or (message and not starts):
            message.append(segment)
        elif starts:
            yield Piece(name=name, body=segment.strip(b"\r\n"))
        elif segment.strip():
            raise FatalError("unreadable", "a segment of the batch is in no message")
    if message:
        yield Piece(name=b"MSH", body=b"".join(message))


def _segments(whole: bytes) -> Iterator[bytes]:
    """Yield the segments with what ends them; a line feed ends one only where nothing else does."""
    end = rb"\r\n?" if b"\r" in whole else rb"\n"
    begin = 0
    for match in re.finditer(end, whole):
        yield whole[begin : match.end()]
        begin = match.end()
    yield whole[begin:]


def _answer(pieces: Sequence[Piece], answers: Sequence[bytes], at: datetime) -> Iterator[bytes]:
    """Yield the segments of the answer; `answers` has one for each message, b"" for silence."""
    waiting = iter(answers)
    said = came = batches = 0
    for piece in pieces:
        if piece.name in _HEADERS:
            said, came = (0, 0) if piece.name == b"BHS" else (said, came)
            batches += piece.name == b"BHS"
            yield _header(piece, at)
        elif piece.name == b"MSH":
            acknowledgement = next(waiting)
            came, said = came + 1, said + bool(acknowledgement)
            yield acknowledgement
        elif piece.name == b"BTS":
            yield _trailer(piece, said, came, pieces)
        else:
            whole = batches or min(came, 1)  # messages without BHS are one batch
            yield _trailer(piece, whole, whole, pieces)


def _header(piece: Piece, at: datetime) -> bytes:
    """Return the header of the answer: sender and receiver exchanged, its name, its reference."""
    mark, fields = _fields(piece)
    theirs = [_echo(fields, number) for number in range(1, 12)]
    encoding, sender, their_facility, receiver, our_facility, *_ = theirs[:5]
    named, control = theirs[7], theirs[9]
    own = sha256(piece.body + at.isoformat().encode()).hexdigest()[:20].encode()
    stamp = f"{at:%Y%m%d%H%M%S%z}".encode()
    ours = [encoding, receiver, our_facility, sender, their_facility, stamp, b"", named]
    return mark.join([piece.name, *ours, b"", own, control]).rstrip(mark) + b"\r"


def _trailer(piece: Piece, said: int, came: int, pieces: Sequence[Piece]) -> bytes:
    """Return the trailer of the answer; a count that is not what came is told in its comment."""
    mark, _ = _fields(_header_of(piece, pieces))
    fields = piece.body.split(mark)
    stated = fields[1].strip() if len(fields) > 1 else b""
    comment = _comment(piece.name, stated, came)
    row = [piece.name, str(said).encode(), comment.encode()]
    return mark.join(row).rstrip(mark) + b"\r"


def _comment(name: bytes, stated: bytes, came: int) -> str:
    """Return what is wrong with a stated count; "" where it is right or absent."""
    number = _NUMBER.fullmatch(stated)
    if not stated or (number and int(number[1]) == came):
        return ""
    said = int(number[1]) if number else "no number"
    return f"{name.decode()}-1 is {said}, but {came} {_COUNTED[name]} came"


def _header_of(piece: Piece, pieces: Sequence[Piece]) -> Piece:
    """Return the header whose separators hold for a trailer, or the first one."""
    name = _TRAILERS[piece.name]
    return next((each for each in pieces if each.name == name), pieces[0])


def _fields(piece: Piece) -> tuple[bytes, list[bytes]]:
    """Return the field separator, and the fields with the segment's name as the first."""
    mark = piece.body[3:4] or b"|"
    return mark, piece.body.split(mark)


def _echo(fields: Sequence[bytes], number: int) -> bytes:
    """Return a field as it was sent; b"" where it is absent, too long, or may break the frame."""
    text = fields[number] if number < len(fields) else b""
    return text if len(text) <= _LONGEST and all(byte >= 0x20 for byte in text) else b""
