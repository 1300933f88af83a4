"""How many deliveries may go now, where an endpoint takes only so many a second. Pure.

The generic cell rate algorithm with one moment for all processes: nobody sends before it. Each
sending moves it on by one interval; what it lies in the past is a burst, at most a second's worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """So many a second."""

    rate: float

    @property
    def interval(self) -> timedelta:
        """Between two sendings; rounded up, since a limit is a limit."""
        return timedelta(microseconds=ceil(1_000_000 / self.rate))

    @property
    def burst(self) -> int:
        """How many may go at once: a second's worth, and one at least."""
        return max(1, int(self.rate))

    def allowed(self, next_at: datetime | None, now: datetime) -> int:
        """How many may go now."""
        if next_at is None:
            return self.burst
        return max(0, (now - self._at_least(next_at, now)) // self.interval + 1)

    def after(self, next_at: datetime | None, sent: int, now: datetime) -> datetime:
        """When the next may go, once so many have gone."""
        begin = self._at_least(next_at, now) if next_at else self._oldest(now)
        return begin + sent * self.interval

    def _at_least(self, next_at: datetime, now: datetime) -> datetime:
        return max(next_at, self._oldest(now))

    def _oldest(self, now: datetime) -> datetime:
        return now - (self.burst - 1) * self.interval
