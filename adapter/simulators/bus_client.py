"""What a party needs of a message bus: the embedded bus or RabbitMQ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class BusUnavailableError(Exception):
    """The bus cannot be reached now; the same call may succeed later."""


class BusClient(Protocol):
    """A party's connection to the bus (`RabbitMqClient`, or the adapter's embedded bus)."""

    def publish(
        self,
        body: bytes,
        *,
        message_id: str = "",
        event: str = "",
        case: str = "",
        content_type: str = "",
    ) -> None:
        """Publish a message to the adapter. On return the bus has it."""

    def get(self, timeout: float) -> tuple[bytes, Mapping[str, str]] | None:
        """Return the next body and its properties, or None after `timeout` seconds."""

    def acknowledge(self) -> None:
        """Acknowledge everything that `get` has returned so far."""

    def close(self) -> None:
        """Disconnect. Messages that were not acknowledged return to the queue."""
