"""What an attacker knows of the adapter: its ports, and the secrets of partners that mean harm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LISTED = 5  # hostile addresses that may connect to the MLLP door


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Ports are on 127.0.0.1. `tokens` are by attack and kind of body: `unfinished-xml`."""

    web: int
    doors: tuple[int, ...]  # of MLLP; the first is the hostile partner's
    bus: str  # the hostile partner's amqp URL
    tokens: Mapping[str, str]


def addresses(number: int) -> list[str]:
    """Return different loopback addresses for attackers; partners have others."""
    return [f"127.0.{1 + place // 100}.{1 + place % 100}" for place in range(number)]
