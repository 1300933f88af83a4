"""When a sender may send: so many in all, so many a second, so many under way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SLICE = 50  # at most so many at once: between two slices a sender looks at what has come


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """For all senders together. `window` is how many may be sent and not yet at their goal."""

    total: int
    rate: float = math.inf  # messages a second
    window: float = math.inf
    seconds: float = math.inf  # nothing is sent after that

    def share(self, senders: int) -> Pace:
        """What one of the senders may do; `total` stays, since numbers are dealt out in turn."""
        window, rate = self.window / senders, self.rate / senders
        return Pace(total=self.total, rate=rate, window=window, seconds=self.seconds)


class Pacer:
    """One sender's numbers, in order. `ends` tells what has reached its goal."""

    def __init__(self, numbers: range, pace: Pace, ends: Sequence[float]) -> None:
        self._numbers, self._pace, self._ends = numbers, pace, ends
        self._next = 0  # how many were given out
        self._passed = 0  # how many of the first of them have ended, without a gap

    def due(self, elapsed: float) -> Iterable[int]:
        """The numbers to send now, `elapsed` seconds after the beginning."""
        first, self._next = self._next, max(self._next, min(self._limit(elapsed)))
        return self._numbers[first : self._next]

    def moment(self, number: int, elapsed: float) -> float:
        """When a message counts as sent: by the schedule, or now where there is none.

        Counted from when it did leave, a sender that the broker held up would hide how long its
        messages waited.
        """
        rate = self._pace.rate
        return elapsed if math.isinf(rate) else self._numbers.index(number) / rate

    def wait(self, elapsed: float, longest: float) -> float:
        """Seconds until the clock alone makes the next one due, and never longer than `longest`."""
        ended = self._next == len(self._numbers) or elapsed > self._pace.seconds
        if ended or math.isinf(self._pace.rate):
            return longest
        return max(0.0, min(longest, self._next / self._pace.rate - elapsed))

    def _limit(self, elapsed: float) -> tuple[int, ...]:
        if elapsed > self._pace.seconds:
            return (0,)
        by_rate = len(self._numbers)
        if math.isfinite(self._pace.rate):
            by_rate = int(self._pace.rate * elapsed) + 1
        limits = (len(self._numbers), by_rate, self._next + SLICE)
        return limits if math.isinf(self._pace.window) else (*limits, self._by_window())

    def _by_window(self) -> int:
        while self._passed < self._next and self._ends[self._numbers[self._passed]]:
            self._passed += 1
        return self._passed + int(self._pace.window)
