"""SIGTERM ends a run as Ctrl-C does: by an exception, so that all it began is ended and removed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Never

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StoppedError(KeyboardInterrupt):
    """Somebody wants the run to end."""


@contextmanager
def by_signals() -> Iterator[None]:
    """While this lasts, the first signal raises StoppedError, and later ones change nothing.

    A second one would cut short the ending of what the first one has to end.
    """
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> Never:
    for each in _SIGNALS:
        signal.signal(each, _ignored)
    raise StoppedError(signal.Signals(number).name)


def _ignored(_number: int, _frame: FrameType | None) -> None:
    """Unlike SIG_IGN, this is not handed down to processes that are started."""
