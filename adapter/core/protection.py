"""Protected identities: their levels, and what the settings let become of a notice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProtectionLevel(StrEnum):
    """How a person's identity is protected."""

    MARKED = "sekretessmarkering"
    REGISTRATION = "skyddadFolkbokforing"
    STAYED = "kvarskrivning"


class ProtectionPolicy(StrEnum):
    """What becomes of a notice about a protected person."""

    HOLD = "hold"  # held for a person
    MASKED = "masked"  # sent with the address `skyddad`
    FULL = "full"  # sent as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """The policy for persons of one level; the first that fits applies, without one `hold`."""

    level: ProtectionLevel
    to: tuple[str, ...] = ()  # endpoint names; empty: every receiver
    policy: ProtectionPolicy = ProtectionPolicy.HOLD
