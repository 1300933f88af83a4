"""Waiting for something to happen, with an account of what was seen when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
WAIT = 60.0  # seconds; a wait ends as soon as it can, so that only a failing test takes as long


def wait_for(
    what: str,
    look: Callable[[], T],
    wanted: Callable[[T], object] = bool,
    seconds: float = WAIT,
    *,
    saw: Callable[[], object] | None = None,
) -> T:
    """Look until the value is wanted, and return it; else AssertionError with what was seen last.

    That is the last value, or what `saw` returns then, such as the end of a log.
    """
    deadline = time.monotonic() + seconds
    while not wanted(seen := look()):
        if time.monotonic() > deadline:
            last = saw() if saw else repr(seen)
            raise AssertionError(f"no {what} in {seconds} s; seen last: {last}")
        time.sleep(0.01)
    return seen
