"""How an attack learns that it must stop."""

from __future__ import annotations

from typing import Protocol


class Stop(Protocol):
    """An event of threads or of processes."""

    def is_set(self) -> bool:
        """Whether the attack must stop."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it must stop, or so many seconds; whether it must."""
