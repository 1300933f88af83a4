"""What a serving process sets in Python itself."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from adapter.runner import interpreter


@pytest.fixture
def usual_switch() -> Iterator[float]:
    """Python's own value; all settings are taken back afterwards.

    Tests that run a command in this process may have changed them before.
    """
    before, usual, thresholds = sys.getswitchinterval(), 0.005, gc.get_threshold()
    sys.setswitchinterval(usual)
    yield usual
    sys.setswitchinterval(before)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_threads_take_turns_ten_times_as_often(usual_switch: float) -> None:
    interpreter.take_turns_often()
    assert sys.getswitchinterval() == pytest.approx(usual_switch / 10)


def test_garbage_is_looked_for_after_many_new_objects(usual_switch: float) -> None:
    interpreter.collect_seldom()
    assert gc.get_threshold()[0] == interpreter.MANY_OBJECTS


def test_what_was_loaded_is_not_collected_again(usual_switch: float) -> None:
    interpreter.keep_modules_out_of_collection()
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 1_000
