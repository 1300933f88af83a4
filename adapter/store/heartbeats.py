"""Who runs: a row for each process, written by itself. All times are the database's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from adapter.store.columns import Instant
from adapter.store.tables import process
from adapter.store.transaction import Transaction

_CLOCKS = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    "postgresql": "clock_timestamp()",
}


def clock(tx: Transaction) -> datetime:
    """What time it is for the database: the one clock that all processes share."""
    query = sa.select(sa.literal_column(_CLOCKS[tx.dialect], Instant))
    found: datetime = tx.execute(query).scalar_one()
    return found


def beat(tx: Transaction, row: Mapping[str, Any]) -> None:
    """A process's row, new or as it is now; the first one says since when it runs."""
    insert = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    first = insert(process).values(**row, started_at=row["seen_at"])
    again = {name: value for name, value in row.items() if name != "id"}
    tx.execute(first.on_conflict_do_update(index_elements=["id"], set_=again))


def rows(tx: Transaction) -> list[sa.RowMapping]:
    """Every process that has told of itself lately, in the order of their beginnings."""
    query = sa.select(process).order_by(process.c.started_at, process.c.id)
    return list(tx.execute(query).mappings())


def leave(tx: Transaction, id_: str) -> None:
    """A process ends in order: nobody has to miss it."""
    tx.execute(sa.delete(process).where(process.c.id == id_))


def forget(tx: Transaction, before: datetime) -> None:
    """Those who have not been seen since; their ends were told for long enough."""
    tx.execute(sa.delete(process).where(process.c.seen_at < before))
