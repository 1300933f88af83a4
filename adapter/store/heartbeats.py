"""Heartbeats: each process writes one row about itself. All times are the database's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRow:
    """The row of one process; `findings` is JSON text. `tables.process` explains the columns."""

    id: str
    name: str
    part: str
    started_at: datetime
    seen_at: datetime
    consumes: bool
    ahead: float
    probe: float
    findings: str


_COLUMNS = tuple(process.c[field.name] for field in fields(ProcessRow))


def clock(tx: Transaction) -> datetime:
    """Return the database's time: the one clock that all processes share."""
    query = sa.select(sa.literal_column(_CLOCKS[tx.dialect], Instant))
    now: datetime = tx.execute(query).scalar_one()
    return now


def beat(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Insert or update the row of a process; the first beat also sets `started_at`."""
    insert = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    first = insert(process).values(**row, started_at=row["seen_at"])
    again = {name: value for name, value in row.items() if name != "id"}
    tx.execute(first.on_conflict_do_update(index_elements=["id"], set_=again))


def rows(tx: Transaction) -> list[ProcessRow]:
    """Return the rows of all processes, in the order in which they started."""
    query = sa.select(*_COLUMNS).order_by(process.c.started_at, process.c.id)
    return [ProcessRow(**row) for row in tx.execute(query).mappings()]


def leave(tx: Transaction, id_: str) -> None:
    """Delete the row of a process that ends in order: nobody reports it as missing."""
    tx.execute(sa.delete(process).where(process.c.id == id_))


def forget(tx: Transaction, before: datetime) -> None:
    """Delete the rows of processes last seen before a time; they were reported long enough."""
    tx.execute(sa.delete(process).where(process.c.seen_at < before))
