"""Protected persons: the levels of protection, and what may be sent of whom to whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.core.protection import Protection, ProtectionPolicy
from adapter.fhir.canonical import PROTECTED

LEVELS = ("", *reversed(PROTECTED))
"""From none to the strongest."""

NONE = "none"
"""The code of a message that lifts the protection."""


def stronger(known: str, stated: str) -> str:
    """Return the stronger of two levels. Silence never weakens a protection."""
    return max(known, stated if stated in LEVELS else "", key=LEVELS.index)


def policy(rows: Iterable[Protection], level: str, endpoint: str) -> ProtectionPolicy:
    """Return what happens to a notice about a protected person: hold, masked or full.

    The first row of the settings that fits applies; without one the notice is held.
    """
    fits = (r.policy for r in rows if r.level == level and (not r.to or endpoint in r.to))
    return next(fits, ProtectionPolicy.HOLD)
