"""Actions that a party carries out later: a person's answer, a delayed receipt, a resend."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count


class DelayedActions:
    """A queue ordered by time. Any thread may add; the connector's thread runs the actions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        self._items: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Schedule the action `seconds` from now."""
        with self._lock:
            item = (time.monotonic() + seconds, next(self._numbers), action)
            heapq.heappush(self._items, item)

    def run_due(self) -> None:
        """Run every action that is due, in order."""
        while (action := self._next_due()) is not None:
            action()

    def _next_due(self) -> Callable[[], None] | None:
        with self._lock:
            if not self._items or self._items[0][0] > time.monotonic():
                return None
            return heapq.heappop(self._items)[2]
