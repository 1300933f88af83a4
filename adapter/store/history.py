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
