"""Every error code: the party at fault, the text in Swedish and English, and what to do.

`entry.py` lists the codes; one file per party at fault has their texts, and the sender has three.
docs/errors.md and `profiles/CodeSystem-error.json` are generated from this package.
"""

from __future__ import annotations

from typing import TypeGuard

from adapter.core.catalogue import adapter, meaning, planning, receiver, request, sender
from adapter.core.catalogue.entry import Entry, ErrorCode, Scope

__all__ = ["CATALOGUE", "Entry", "ErrorCode", "Scope", "is_error_code"]

CATALOGUE: dict[ErrorCode, Entry] = (
    request.CODES | sender.CODES | adapter.CODES | receiver.CODES | meaning.CODES | planning.CODES
)


def is_error_code(text: str) -> TypeGuard[ErrorCode]:
    """Whether a text (a column's or a partner's) is a code of the catalogue."""
    return text in CATALOGUE
