"""What a party will do later: answers that a person gives, receipts that follow, resends."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count


class Agenda:
    """Actions with a time. Any thread adds; the thread of the party's wire carries them out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        self._items: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do it in so many seconds."""
        with self._lock:
            item = (time.monotonic() + seconds, next(self._numbers), action)
            heapq.heappush(self._items, item)

    def work(self) -> None:
        """Do everything that is due, in order."""
        while (action := self._due()) is not None:
            action()

    def _due(self) -> Callable[[], None] | None:
        with self._lock:
            if not self._items or self._items[0][0] > time.monotonic():
                return None
            return heapq.heappop(self._items)[2]
