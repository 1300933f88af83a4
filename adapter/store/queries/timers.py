"""How many timers of deliveries end soon, by endpoint. Each is counted by an index of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from adapter.core.lifecycle import State
from adapter.store.indexes import one_of
from adapter.store.tables import delivery
from adapter.store.transaction import Transaction

HOURS = (1, 4, 24)
_TIMERS = (
    ("expiry", State.WAITING, delivery.c.expires_at),
    ("receipt", State.IN_FLIGHT, delivery.c.receipt_due_at),
    ("answer", State.ACCEPTED, delivery.c.answer_due_at),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCount:
    """How many of one kind are overdue, and how many fall due within 1, 4 and 24 hours from now."""

    endpoint: str
    what: str
    overdue: int
    in_1h: int
    in_4h: int
    in_24h: int


def due_counts(tx: Transaction, now: datetime) -> list[DueCount]:
    """Count what expires unsent, and which receipts and answers of persons are due."""
    counts: list[DueCount] = []
    for what, state, at in _TIMERS:
        query = _query(state, at, now)
        counts += [DueCount(what=what, **row) for row in tx.execute(query).mappings()]
    return counts


def _query(state: State, at: sa.Column[datetime], now: datetime) -> sa.Select[tuple[str, int]]:
    ends = {f"in_{hours}h": now + timedelta(hours=hours) for hours in HOURS}
    later = [_number(sa.and_(at > now, at <= end)).label(name) for name, end in ends.items()]
    query = sa.select(delivery.c.endpoint, _number(at <= now).label("overdue"), *later)
    soon = (one_of(delivery.c.state, state), at <= max(ends.values()))
    return query.where(*soon).group_by(delivery.c.endpoint).order_by(delivery.c.endpoint)


def _number(are: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((are, 1), else_=0))
