"""Damage to the bytes of a file."""

from __future__ import annotations

from hypothesis import strategies as st


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with a piece cut out, put in, repeated or overwritten, some times over."""
    place = st.integers(0, len(content))
    change = st.tuples(place, st.integers(0, 40), st.binary(max_size=12), st.integers(0, 3))
    return st.lists(change, min_size=1, max_size=4).map(lambda all_: _changed(content, all_))


def _changed(content: bytes, changes: list[tuple[int, int, bytes, int]]) -> bytes:
    for place, length, piece, times in changes:
        cut = content[place : place + length]
        content = content[:place] + piece + cut * times + content[place + length :]
    return content
