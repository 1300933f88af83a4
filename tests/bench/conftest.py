"""Signals that a test sends to itself must never end the process that runs the tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType

import pytest


@pytest.fixture(autouse=True)
def _survives_sigterm() -> Iterator[None]:
    """Turn a SIGTERM that arrives early or late into a failure: by default it ends the worker."""

    def fail(number: int, _: FrameType | None) -> None:
        raise AssertionError(f"{signal.Signals(number).name} came when nothing expected it")

    before = signal.signal(signal.SIGTERM, fail)
    yield
    signal.signal(signal.SIGTERM, before)
