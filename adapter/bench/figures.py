"""From times to figures. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed (nearest rank)."""
    found = sorted(values)
    if not found:
        return math.nan
    return found[max(0, math.ceil(share * len(found)) - 1)]


def within(times: Iterable[float], since: float, until: float) -> int:
    """How many of the times are in [since, until)."""
    return sum(since <= each < until for each in times)


def waits(begun: Sequence[float], ended: Sequence[float], until: float) -> list[float]:
    """Milliseconds from one to the other; what has not ended has waited `until` then at least.

    Left out, the slowest would make the figures better.
    """
    both = zip(begun, ended, strict=True)
    return [((end or until) - begin) * 1000 for begin, end in both if begin]


def done(times: Sequence[float]) -> int:
    """How many have happened."""
    return sum(each > 0 for each in times)
