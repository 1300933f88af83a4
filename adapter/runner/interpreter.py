"""Settings of Python itself for a process that serves many at once."""

from __future__ import annotations

import gc
import sys

SWITCH = 0.0005  # seconds that a thread may keep the interpreter while others want it
"""Python's default is 5 ms. A thread gives the interpreter up at every read and write of a socket,
and then waits that long for it behind a thread that computes. In two runs of `make hostile` after
each other, p99 of the other partners over HTTP was 18 s with 5 ms, and 1.5 s with this value."""

MANY_OBJECTS = 10_000


def take_turns_often() -> None:
    """Let a thread that computes give way to the others sooner."""
    sys.setswitchinterval(SWITCH)


def collect_seldom() -> None:
    """Look for garbage in circles after many new objects, not after Python's 700.

    A message makes thousands of objects, and hardly any circle.
    """
    gc.set_threshold(MANY_OBJECTS, 20, 20)


def keep_modules_out_of_collection() -> None:
    """Leave what is loaded now out of the garbage collection, which stops all threads.

    Under attack a whole collection took 110 to 220 ms before, and 50 to 120 ms since.
    """
    gc.collect()
    gc.freeze()
