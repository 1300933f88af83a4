"""What happened, in order, that no other table tells. Words and ids; never personal data."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from adapter.store.tables import history
from adapter.store.transaction import Row, Transaction

_INSERT = sa.insert(history)


def note(  # noqa: PLR0913 - what, where and who, each by name
    tx: Transaction,
    now: datetime,
    what: str,
    *,
    case: str | None = None,
    message: str | None = None,
    delivery: str | None = None,
    endpoint: str = "",
    detail: str = "",
    who: str = "",
) -> None:
    """Add one line. `who` is a person's name as given to a command, "" for the adapter."""
    row = {
        "at": now,
        "what": what,
        "case_id": case,
        "message_id": message,
        "delivery_id": delivery,
        "endpoint": endpoint,
        "detail": detail,
        "who": who,
    }
    tx.later(_INSERT, row)


def of_delivery(tx: Transaction, now: datetime, what: str, row: Row, detail: str = "") -> None:
    """Add one line about a delivery, given its row."""
    place = {"case": row["case_id"], "message": row["message_id"], "delivery": row["id"]}
    note(tx, now, what, **place, endpoint=row["endpoint"], detail=detail)
