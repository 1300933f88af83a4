"""Ids of our own records, unique without asking the database: `m-…`, `d-…`, `c-…`, `p-…`."""

from __future__ import annotations

import secrets
from enum import StrEnum


class Record(StrEnum):
    """The kinds of records that have such an id; the value is its first letter."""

    MESSAGE = "m"
    DELIVERY = "d"
    CASE = "c"
    PROCESS = "p"


def new_id(record: Record) -> str:
    """A new id: the kind's letter, and 80 random bits in hex."""
    return f"{record}-{secrets.token_hex(10)}"


def is_message_id(id_: str) -> bool:
    """Whether an id names a message; otherwise it names a delivery, or nothing."""
    return id_.startswith(f"{Record.MESSAGE}-")
