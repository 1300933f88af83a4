"""SIGTERM ends a run as Ctrl-C does: by an exception, so that servers and files are removed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Never

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StoppedError(KeyboardInterrupt):
    """A signal asked the run to end; the text is its name."""


@contextmanager
def raise_stopped() -> Iterator[None]:
    """Raise StoppedError in this context at the first signal, and ignore later ones.

    A second exception would interrupt the cleaning up after the first.
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
    """Do nothing. Unlike SIG_IGN, child processes do not inherit this."""
