"""Which functions of the adapter run while something happens, and in which order."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType

from tests.kit.places import ADAPTER


@dataclass(frozen=True)
class Call:
    """A function of one file, called from another; `caller` is "" at the root of a thread."""

    file: str  # below adapter/
    function: str
    caller: str


@dataclass
class Trace:
    """Calls in the order in which each first happened."""

    calls: dict[Call, None] = field(default_factory=dict)
    on: bool = False

    def profile(self, frame: FrameType, event: str, _argument: object) -> None:
        """A profile function (`sys.setprofile`)."""
        if self.on and event == "call" and (file := _file(frame.f_code)):
            call = Call(file=file, function=frame.f_code.co_qualname, caller=_caller(frame))
            self.calls.setdefault(call)


@contextmanager
def traced(threads: Callable[[str], bool]) -> Iterator[Trace]:
    """Trace the threads that begin inside, whose names `threads` accepts; set `on` to begin."""
    trace = Trace()

    def begin(frame: FrameType, event: str, argument: object) -> None:
        """The first call of a new thread decides whether it is traced."""
        wanted = threads(threading.current_thread().name)
        sys.setprofile(trace.profile if wanted else None)
        if wanted:
            trace.profile(frame, event, argument)

    threading.setprofile(begin)
    try:
        yield trace
    finally:
        trace.on = False
        threading.setprofile(None)


def _file(code: CodeType) -> str:
    path = Path(code.co_filename)
    if code.co_name.startswith("<") or not path.is_relative_to(ADAPTER):
        return ""
    return path.relative_to(ADAPTER).as_posix()


def _caller(frame: FrameType) -> str:
    """The nearest file of the adapter that led here."""
    above = frame.f_back
    while above is not None:
        if file := _file(above.f_code):
            return file
        above = above.f_back
    return ""
