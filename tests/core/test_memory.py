"""How much memory messages under way may take."""

from __future__ import annotations

from adapter.core import memory
from adapter.core.memory import EXPANSION, LARGE, MEBIBYTE, Memory


def test_one_sender_cannot_take_all_of_it() -> None:
    shared = Memory(most=(EXPANSION + 8) * MEBIBYTE, largest=MEBIBYTE)  # 8 MiB for what comes in
    with shared.hold("a") as first, shared.hold("a") as second, shared.hold("b") as other:
        assert first.grow(MEBIBYTE)
        assert first.grow(2 * MEBIBYTE)
        assert not second.grow(1)
        assert other.grow(2 * MEBIBYTE)


def test_all_together_take_no_more_than_there_is() -> None:
    shared = Memory(most=(EXPANSION + 8) * MEBIBYTE, largest=MEBIBYTE)
    held = [shared.hold(name) for name in "abcde"]
    grown = [hold.__enter__().grow(2 * MEBIBYTE) for hold in held]
    assert grown == [True] * 4 + [False]
    for hold in held:
        hold.__exit__(None, None, None)
    with shared.hold("e") as hold:
        assert hold.grow(2 * MEBIBYTE)


def test_large_ones_take_turns_and_small_ones_do_not_wait_for_them() -> None:
    shared = Memory()
    with shared.hold("a") as large, shared.hold("b") as other, shared.hold("c") as small:
        assert large.begin_work(LARGE + 1)
        assert not other.begin_work(LARGE + 1)
        assert small.begin_work(LARGE)
        large.end_work()
        assert other.begin_work(LARGE + 1)


def test_all_is_given_back_at_the_end() -> None:
    shared = Memory(most=memory.least(MEBIBYTE), largest=MEBIBYTE)
    for _ in range(3):
        with shared.hold("a") as hold:
            assert hold.grow(MEBIBYTE)
            hold.shrink(10)
            assert hold.grow(MEBIBYTE)
            assert hold.begin_work(MEBIBYTE)


def test_a_body_of_the_largest_size_has_room_in_the_least_memory() -> None:
    shared = Memory(most=memory.least(10 * MEBIBYTE), largest=10 * MEBIBYTE)
    with shared.hold("a") as hold:
        assert hold.grow(10 * MEBIBYTE)
        assert hold.begin_work(10 * MEBIBYTE)
