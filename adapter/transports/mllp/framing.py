"""Where a message begins and ends in a stream of bytes (MLLP release 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from adapter.core.errors import FatalError

START = b"\x0b"
END = b"\x1c\r"
_END_ALONE = END[:1]  # some senders leave out the carriage return, or send a line feed
PAUSE = 0.25  # seconds after an end block without its carriage return: then the message is whole
CONTENT_TYPE = "x-application/hl7-v2+er7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A whole message."""

    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """The received part of a message, when another message began before its end."""

    body: bytes


Piece: TypeAlias = Frame | Fragment


def framed(body: bytes) -> bytes:
    """Return a message in its frame; FatalError `not-written` when it holds framing characters."""
    if START in body or END in body:
        raise FatalError("not-written", "the message holds MLLP framing characters")
    return START + body + END


class Framer:
    """Splits a stream into messages, however the network split it into packets."""

    def __init__(self) -> None:
        self.inside = False
        self.noise = 0
        self._bytes = bytearray()
        self._searched = 0

    @property
    def partial(self) -> bytes:
        """The received part of the unfinished message."""
        return bytes(self._bytes)

    @property
    def size(self) -> int:
        """How many bytes of the unfinished message have been received."""
        return len(self._bytes)

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """Add received bytes, and yield every message that they complete or break off.

        `noise` counts the bytes outside messages since the last one, without white space.
        """
        self._bytes += chunk
        while self.inside or self._begin():
            piece = self._cut()
            if piece is None:
                return
            yield piece

    @property
    def has_ended(self) -> bool:
        """Whether the bytes so far end in an end block that lacks its carriage return."""
        return self.inside and self._bytes[-2:].rstrip(b"\n").endswith(_END_ALONE)

    def take_ended(self) -> Frame | None:
        """Return the message whose end block lacks its carriage return; None without one.

        For when nothing more comes: with more, the byte may be a part of the message.
        """
        if not self.has_ended:
            return None
        self.inside = False
        self.noise = 0
        return Frame(body=_without_end(self._take(len(self._bytes), 0)))

    def _begin(self) -> bool:
        """Drop what precedes a start block; return False when none has arrived yet."""
        before, start, rest = self._bytes.partition(START)
        self.noise += len(before.strip())
        self._bytes = rest
        self._searched = 0
        self.inside = bool(start)
        return self.inside

    def _cut(self) -> Piece | None:
        """Return the bytes up to an end block, or up to a start block that comes before it."""
        end = self._bytes.find(END, max(self._searched - 1, 0))
        start = self._bytes.find(START, self._searched, end if end >= 0 else len(self._bytes))
        if start >= 0:
            return _before_start(self._take(start, len(START)))
        if end < 0:
            self._searched = len(self._bytes)
            return None
        self.inside = False
        self.noise = 0
        return Frame(body=self._take(end, len(END)))

    def _take(self, length: int, block: int) -> bytes:
        taken = bytes(self._bytes[:length])
        del self._bytes[: length + block]
        self._searched = 0
        return taken


def _before_start(body: bytes) -> Piece:
    """Return what a start block ends: a message with its end block, or the beginning of one."""
    whole = _without_end(body)
    return Frame(body=whole) if len(whole) < len(body) else Fragment(body=body)


def _without_end(body: bytes) -> bytes:
    """Return a body without the end block, which lacks its carriage return; itself without one."""
    bare = body.rstrip(b"\n")
    return bare[:-1] if bare.endswith(_END_ALONE) else body
