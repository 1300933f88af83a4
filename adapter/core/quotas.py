"""Shares of something that is limited: bytes of memory, requests under way."""

from __future__ import annotations

from collections import Counter
from threading import Lock


class Quota:
    """So much for all, and so much for each owner; safe from any thread."""

    def __init__(self, most: int, per_owner: int) -> None:
        self._most, self._per_owner = most, per_owner
        self._lock = Lock()
        self._taken: Counter[str] = Counter()
        self._sum = 0

    def take(self, owner: str, amount: int = 1) -> bool:
        """Take an amount for an owner; False, and nothing taken, where it is too much."""
        with self._lock:
            within = self._sum + amount <= self._most
            if not within or self._taken[owner] + amount > self._per_owner:
                return False
            self._add(owner, amount)
            return True

    def give(self, owner: str, amount: int = 1) -> None:
        """Give back what was taken."""
        with self._lock:
            self._add(owner, -amount)

    def _add(self, owner: str, amount: int) -> None:
        self._sum += amount
        self._taken[owner] += amount
        if not self._taken[owner]:
            del self._taken[owner]
