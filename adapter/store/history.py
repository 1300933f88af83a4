"""What happened, in order, that no other table tells. Words and ids; never personal data."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from adapter.store.tables import history


def note(  # noqa: PLR0913 - what, where and who, each by name
    tx: sa.Connection,
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
    tx.execute(sa.insert(history), [row])


def of_delivery(
    tx: sa.Connection, now: datetime, what: str, row: sa.RowMapping, detail: str = ""
) -> None:
    """Add one line about a delivery, given its row."""
    place = {"case": row["case_id"], "message": row["message_id"], "delivery": row["id"]}
    note(tx, now, what, **place, endpoint=row["endpoint"], detail=detail)
