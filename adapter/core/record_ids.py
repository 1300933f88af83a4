"""Ids of the adapter's records (`m-…`, `d-…`, `c-…`, `i-…`, `j-…`), unique without the database."""

from __future__ import annotations

import secrets
from enum import StrEnum


class Record(StrEnum):
    """The kinds of records that have such an id; the value is the first letter of the id."""

    MESSAGE = "m"
    DELIVERY = "d"
    CASE = "c"
    PROCESS = "p"
    ITEM = "i"
    JOB = "j"


def new_id(record: Record) -> str:
    """Return a new id: the letter of the kind, and 80 random bits in hex."""
    return f"{record}-{secrets.token_hex(10)}"


def is_message_id(id_: str) -> bool:
    """Whether an id has the form of a message id."""
    return id_.startswith(f"{Record.MESSAGE}-")


def is_item_id(id_: str) -> bool:
    """Whether an id has the form of an item's id."""
    return id_.startswith(f"{Record.ITEM}-")
