"""Waiting for something to happen, with an account of what was seen when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
WAIT = 30.0  # seconds; a wait ends as soon as it can, so that only a failing test takes as long


def wait_for(
    what: str, look: Callable[[], T], wanted: Callable[[T], object] = bool, seconds: float = WAIT
) -> T:
    """Look until the value is wanted, and return it; AssertionError with the last value if not."""
    deadline = time.monotonic() + seconds
    while not wanted(seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what} in {seconds} s; seen last: {seen!r}")
        time.sleep(0.01)
    return seen
