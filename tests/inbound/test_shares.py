"""Senders with few messages share a transaction; a sender with many has its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.inbound.batches import shares

WAITING = st.dictionaries(st.text(max_size=3), st.integers(1, 200), max_size=12)


@given(WAITING, st.integers(1, 100))
def test_each_sender_is_in_one_share_and_those_who_waited_longest_come_first(
    waiting: dict[str, int], limit: int
) -> None:
    groups = shares(waiting, limit)
    assert [name for share in groups for name in share] == list(waiting)
    for share in groups:
        assert len(share) == 1 or sum(waiting[name] for name in share) <= limit


def test_what_one_process_takes_leaves_something_for_others() -> None:
    assert shares({"a": 50, "b": 60, "c": 3, "d": 4}, 50) == [["a"], ["b"], ["c", "d"]]
