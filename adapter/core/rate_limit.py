"""How many deliveries may be sent now to an endpoint with a rate limit. Pure.

This is the generic cell rate algorithm. All processes share one moment, `next_at`: none sends
before it. Each delivery moves it on by one interval. A `next_at` in the past allows a burst of at
most one second's deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A limit of `rate` deliveries a second."""

    rate: float

    @property
    def interval(self) -> timedelta:
        """Return the time between two deliveries, rounded up so that the limit holds."""
        return timedelta(microseconds=ceil(1_000_000 / self.rate))

    @property
    def burst(self) -> int:
        """Return how many may be sent at once: those of one second, at least one."""
        return max(1, int(self.rate))

    def allowed(self, next_at: datetime | None, now: datetime) -> int:
        """Return how many may be sent now; `next_at` is None before the first delivery."""
        if next_at is None:
            return self.burst
        return max(0, (now - self._at_least(next_at, now)) // self.interval + 1)

    def after(self, next_at: datetime | None, sent: int, now: datetime) -> datetime:
        """Return the new `next_at` after `sent` deliveries."""
        begin = self._at_least(next_at, now) if next_at else self._oldest(now)
        return begin + sent * self.interval

    def _at_least(self, next_at: datetime, now: datetime) -> datetime:
        return max(next_at, self._oldest(now))

    def _oldest(self, now: datetime) -> datetime:
        return now - (self.burst - 1) * self.interval
