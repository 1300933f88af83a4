"""Senders are worked on together when they have few messages, and apart when they have many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.inbound.batches import shares

WAITING = st.dictionaries(st.text(max_size=3), st.integers(1, 200), max_size=12)


@given(WAITING, st.integers(1, 100))
def test_each_sender_is_in_one_share_and_those_who_waited_longest_come_first(
    waiting: dict[str, int], limit: int
) -> None:
    found = shares(waiting, limit)
    assert [name for share in found for name in share] == list(waiting)
    for share in found:
        assert len(share) == 1 or sum(waiting[name] for name in share) <= limit


def test_what_one_process_takes_leaves_something_for_others() -> None:
    assert shares({"a": 50, "b": 60, "c": 3, "d": 4}, 50) == [["a"], ["b"], ["c", "d"]]
