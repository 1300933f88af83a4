"""How a party's bytes leave and arrive; what every wire owes its desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class LineDownError(Exception):
    """The far side cannot be reached now; the same thing may work later."""


class Line(Protocol):
    """A party's end of the bus: the embedded one, or RabbitMQ (adapter.simulators.broker)."""

    def publish(
        self,
        body: bytes,
        *,
        message_id: str = "",
        event: str = "",
        case: str = "",
        content_type: str = "",
    ) -> None:
        """Hand a message to the adapter; on return the bus has it."""

    def get(self, timeout: float) -> tuple[bytes, Mapping[str, str]] | None:
        """The next body and its properties, or None when `timeout` seconds have passed."""

    def acknowledge(self) -> None:
        """Let go of everything taken so far."""

    def close(self) -> None:
        """Leave; what was not acknowledged comes back to the queue."""
