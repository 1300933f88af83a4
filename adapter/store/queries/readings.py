"""Who has read what of patients, and which months of that a person has checked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.store.indexes import about_reading
from adapter.store.queries.summaries import HistoryEntry, columns, fetch
from adapter.store.tables import history
from adapter.store.transaction import Transaction

READ = ("body-read", "patient-searched")
"""The words of the history that stand for a reading."""
CHECKED = "readings-checked"
_ENTRY = columns(HistoryEntry, history)


def newest(
    tx: Transaction, since: datetime, until: datetime, who: str, limit: int
) -> list[HistoryEntry]:
    """Return the newest readings of a time, newest first; with `who` only that person's."""
    query = _between(since, until).with_only_columns(*_ENTRY).limit(limit)
    if who:
        query = query.where(history.c.who == who)
    return fetch(tx, HistoryEntry, query.order_by(history.c.at.desc(), history.c.seq.desc()))


def numbers(tx: Transaction, since: datetime, until: datetime) -> list[int]:
    """Return the numbers of all readings of a time."""
    return [row.seq for row in tx.execute(_between(since, until))]


def numbered(tx: Transaction, chosen: Collection[int]) -> list[HistoryEntry]:
    """Return the readings with these numbers, oldest first."""
    query = sa.select(*_ENTRY).where(history.c.seq.in_(chosen)).order_by(history.c.seq)
    return fetch(tx, HistoryEntry, query)


def checks(tx: Transaction, month: str, since: datetime) -> list[HistoryEntry]:
    """Return who has checked the readings of a month (`2026-11`) since it began, oldest first."""
    of_month = history.c.detail.startswith(f"{month}:", autoescape=True)
    checked = (about_reading, history.c.what == CHECKED, history.c.at >= since)
    query = sa.select(*_ENTRY).where(*checked, of_month).order_by(history.c.at, history.c.seq)
    return fetch(tx, HistoryEntry, query)


def _between(since: datetime, until: datetime) -> sa.Select[Any]:
    time = (history.c.at >= since, history.c.at < until)
    return sa.select(history.c.seq).where(about_reading, history.c.what.in_(READ), *time)
