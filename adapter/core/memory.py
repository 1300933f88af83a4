"""How much memory incoming messages may take, all together and of one sender.

A message takes its size while it is received. Parsed, checked and forwarded it takes up to
EXPANSION times as much. Messages over LARGE bytes take turns there, so that the small ones of
others are worked on beside them, and not after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adapter.core.quotas import Quota

MEBIBYTE = 1024 * 1024
EXPANSION = (
    16  # 9 MB of FHIR forwarded as FHIR took 8 times its size, and 15 with one emoji in its text
)
LARGE = 256 * 1024  # bytes; smaller ones take a few hundredths of a second
LEAST = EXPANSION + 2  # bodies of the largest size
SHARES = 4  # one sender may take so small a part of the whole


def least(largest: int) -> int:
    """Return the smallest memory in which a body of the largest size can be received and read."""
    return LEAST * largest


class Memory:
    """The memory of one process for incoming messages; `most` bytes, `largest` for one body."""

    def __init__(self, most: int = 512 * MEBIBYTE, largest: int = 10 * MEBIBYTE) -> None:
        received = most - EXPANSION * largest
        self.bytes = Quota(received, max(received // SHARES, largest))
        self.turn = Quota(1, 1)

    @contextmanager
    def hold(self, owner: str) -> Iterator[Hold]:
        """Hold memory for an owner; what it holds is given back at the end."""
        held = Hold(self, owner)
        try:
            yield held
        finally:
            held.end_work()
            held.shrink(0)


class Hold:
    """What one connection or request holds; used by one thread at a time."""

    def __init__(self, memory: Memory, owner: str) -> None:
        self._memory, self._owner = memory, owner
        self._size = self._work = 0
        self._has_turn = False

    def grow(self, size: int) -> bool:
        """Hold at least so many bytes; False when there is no room for them."""
        more = size - self._size
        if more > 0 and not self._memory.bytes.take(self._owner, more):
            return False
        self._size = max(self._size, size)
        return True

    def shrink(self, size: int) -> None:
        """Hold so many bytes at most."""
        less = self._size - size
        if less > 0:
            self._memory.bytes.give(self._owner, less)
            self._size = size

    def begin_work(self, size: int) -> bool:
        """Take the room to read and forward a body; False when it must wait for its turn."""
        if size > LARGE:
            self._has_turn = self._memory.turn.take(self._owner)
            return self._has_turn
        work = size * (EXPANSION - 1)
        taken = self._memory.bytes.take(self._owner, work)
        self._work = work if taken else 0
        return taken

    def end_work(self) -> None:
        """Give the room back."""
        if self._has_turn:
            self._memory.turn.give(self._owner)
        self._memory.bytes.give(self._owner, self._work)
        self._has_turn, self._work = False, 0
