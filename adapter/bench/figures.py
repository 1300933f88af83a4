"""Figures from times: percentiles, waits and counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def percentile(values: Iterable[float], share: float) -> float:
    """Return the percentile `share` (0 to 1) by nearest rank; NaN without values."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def within(times: Iterable[float], since: float, until: float) -> int:
    """Return how many of the times are in [since, until)."""
    return sum(since <= each < until for each in times)


def waits(begun: Sequence[float], ended: Sequence[float], until: float) -> list[float]:
    """Return milliseconds from begin to end; what has not ended counts until `until`.

    Without those the slowest messages would be missing from the figures.
    """
    both = zip(begun, ended, strict=True)
    return [((end or until) - begin) * 1000 for begin, end in both if begin]


def done(times: Sequence[float]) -> int:
    """Return how many times are set."""
    return sum(each > 0 for each in times)
