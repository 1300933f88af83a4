"""The seconds that FHIR knows and Python does not: 23:59:60 (R4, datatypes, dateTime)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta


def leap_second(text: str) -> datetime | None:
    """Return a leap second as the first second of the next minute; None for anything else."""
    if text[16:19] != ":60":
        return None
    with suppress(ValueError, OverflowError):
        before = datetime.fromisoformat(f"{text[:16]}:59{text[19:]}")
        return before + timedelta(seconds=1) if before.tzinfo else None
    return None
