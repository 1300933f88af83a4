"""When a sender of the bench sends: a total, a rate, and a limit of messages under way.

The adapter's own limit of what it sends to an endpoint is `core/rate_limit.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SLICE = 50  # messages at once at most; between two slices a sender reads its receipts


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLimits:
    """Limits of all senders together. `window` is how many messages may be under way."""

    total: int
    rate: float = math.inf  # messages per second
    window: float = math.inf
    seconds: float = math.inf  # nothing is sent after that

    def share(self, senders: int) -> SendLimits:
        """Return the limits of one sender. `total` stays: the senders take the numbers in turn."""
        window, rate = self.window / senders, self.rate / senders
        return SendLimits(total=self.total, rate=rate, window=window, seconds=self.seconds)


class SendSchedule:
    """The message numbers of one sender, in order. `ends` has the times of those done."""

    def __init__(self, numbers: range, limits: SendLimits, ends: Sequence[float]) -> None:
        self._numbers, self._limits, self._ends = numbers, limits, ends
        self._next = 0  # how many `due` has returned
        self._passed = 0  # how many of them are done, counted without a gap

    def due(self, elapsed: float) -> range:
        """Return the numbers to send now, `elapsed` seconds after the start."""
        first, self._next = self._next, max(self._next, min(self._limit(elapsed)))
        return self._numbers[first : self._next]

    def moment(self, number: int, elapsed: float) -> float:
        """Return when a message counts as sent: its time by the rate, or `elapsed` without a rate.

        The real time of sending would hide how long messages waited for a sender that the broker
        held up.
        """
        rate = self._limits.rate
        return elapsed if math.isinf(rate) else self._numbers.index(number) / rate

    def wait(self, elapsed: float, longest: float) -> float:
        """Return the seconds until the rate makes the next one due, at most `longest`."""
        ended = self._next == len(self._numbers) or elapsed > self._limits.seconds
        if ended or math.isinf(self._limits.rate):
            return longest
        return max(0.0, min(longest, self._next / self._limits.rate - elapsed))

    def _limit(self, elapsed: float) -> tuple[int, ...]:
        if elapsed > self._limits.seconds:
            return (0,)
        by_rate = len(self._numbers)
        if math.isfinite(self._limits.rate):
            by_rate = int(self._limits.rate * elapsed) + 1
        limits = (len(self._numbers), by_rate, self._next + SLICE)
        return limits if math.isinf(self._limits.window) else (*limits, self._by_window())

    def _by_window(self) -> int:
        while self._passed < self._next and self._ends[self._numbers[self._passed]]:
            self._passed += 1
        return self._passed + int(self._limits.window)
