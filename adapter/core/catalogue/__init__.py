"""Every error code: whose fault it is, what it says in Swedish and English, and what to do.

The codes stand in `entry.py`, their texts in one file for each party at fault. docs/errors.md
and `profiles/CodeSystem-error.json` are made from here.
"""

from __future__ import annotations

from typing import TypeGuard

from adapter.core.catalogue import adapter, receiver, sender
from adapter.core.catalogue.entry import Entry, ErrorCode, Scope

__all__ = ["CATALOGUE", "Entry", "ErrorCode", "Scope", "is_error_code"]

CATALOGUE: dict[ErrorCode, Entry] = sender.CODES | adapter.CODES | receiver.CODES


def is_error_code(text: str) -> TypeGuard[ErrorCode]:
    """Whether a text, from a column or from a partner, is a code of the catalogue."""
    return text in CATALOGUE
