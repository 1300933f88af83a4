"""Figures for monitoring: what waits, since when, and whether the store is set up correctly.

Only open, accepted and dead rows are counted: these have an index. The others only grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, Standing, State
from adapter.store.dialects import ONE, there_is
from adapter.store.indexes import due, is_open, one_of, troubled
from adapter.store.queries import partners
from adapter.store.tables import delivery, endpoint, message, receipt
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many of an endpoint's messages or deliveries of one event are in one state."""

    endpoint: str
    event: str
    state: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFigures:
    """Figures of an endpoint: times of its oldest deliveries, and what stops sending."""

    endpoint: str
    oldest_due: datetime | None
    oldest_open: datetime | None
    last_received: datetime | None
    paused: bool
    cut_off: bool  # the circuit is open: the far side does not answer


def deliveries(tx: Transaction) -> list[Count]:
    """Count deliveries that are open, accepted or dead."""
    counts: list[Count] = []
    for states in (OPEN, (State.ACCEPTED,), (State.DEAD,)):
        keys = (delivery.c.endpoint, delivery.c.event, delivery.c.state)
        query = sa.select(*keys, sa.func.count()).where(one_of(delivery.c.state, *states))
        counts += _counts(tx, query.group_by(*keys))
    return counts


def messages(tx: Transaction) -> list[Count]:
    """Count messages that are not yet processed or are dead."""
    counts: list[Count] = []
    for standing in (Standing.RECEIVED, Standing.DEAD):
        event = sa.func.coalesce(sa.func.nullif(message.c.event, ""), "unknown")
        keys = (message.c.endpoint, event, message.c.standing)
        query = sa.select(*keys, sa.func.count()).where(one_of(message.c.standing, standing))
        counts += _counts(tx, query.group_by(*keys))
    return counts


def _counts(tx: Transaction, query: sa.Select[Any]) -> Iterator[Count]:
    for row in tx.execute(query):
        name, event, state, count = tuple(row)
        yield Count(endpoint=name, event=event, state=state, count=count)


def endpoints(tx: Transaction, now: datetime) -> list[EndpointFigures]:
    """Return the figures of every endpoint in the store, by name."""
    oldest = (sa.func.min(due), sa.func.min(delivery.c.created_at))
    waiting = sa.select(delivery.c.endpoint, *oldest)
    waiting = waiting.where(one_of(delivery.c.state, *OPEN)).group_by(delivery.c.endpoint)
    oldest_times = {name: (since, made) for name, since, made in tx.execute(waiting)}
    heard = partners.last_heard(tx)
    rows = tx.execute(sa.select(endpoint).order_by(endpoint.c.name)).mappings().all()
    return [
        EndpointFigures(
            endpoint=row["name"],
            oldest_due=oldest_times.get(row["name"], _NONE)[0],
            oldest_open=oldest_times.get(row["name"], _NONE)[1],
            last_received=heard.get(row["name"]),
            paused=row["paused_at"] is not None,
            cut_off=row["open_until"] is not None and row["failures"] > 0,
        )
        for row in rows
        if row["name"]
    ]


_NONE = (None, None)


def oldest_late(tx: Transaction, before: datetime) -> list[tuple[str, datetime]]:
    """Return endpoints with a late delivery, and when the oldest was created; no paused ones.

    Late: due before `before`; or older and still failing, because each retry moves its due time.
    Not late: held back by an earlier delivery of its case.
    """
    looks = (*(_not_taken_up(state, before) for state in OPEN), _troubled(before))
    query = sa.select(endpoint.c.name, *looks).where(endpoint.c.paused_at.is_(None))
    rows: list[tuple[Any, ...]] = [tuple(r) for r in tx.execute(query.order_by(endpoint.c.name))]
    ages = {row[0]: [at for at in row[1:] if at] for row in rows}
    return [(name, min(times)) for name, times in ages.items() if times]


def _not_taken_up(state: State, before: datetime) -> sa.ScalarSelect[datetime]:
    """Select the oldest due delivery of one state: so the index is read as far as one row.

    The condition "open" is repeated: only then does SQLite use the partial index.
    """
    older = delivery.alias("older")
    held_back = there_is(
        older.c.order_key == delivery.c.order_key,
        older.c.order_no < delivery.c.order_no,
        is_open(older),
    )
    query = sa.select(delivery.c.created_at).where(
        delivery.c.endpoint == endpoint.c.name,
        one_of(delivery.c.state, *OPEN),
        one_of(delivery.c.state, state),
        due < before,
        ~held_back,
    )
    return query.order_by(due).limit(ONE).scalar_subquery()


def _troubled(before: datetime) -> sa.ScalarSelect[datetime]:
    """Select the oldest failing delivery, without its state: that would suggest another index."""
    query = sa.select(delivery.c.created_at).where(
        delivery.c.endpoint == endpoint.c.name, troubled, delivery.c.created_at < before
    )
    return query.order_by(delivery.c.created_at).limit(ONE).scalar_subquery()


def totals(tx: Transaction) -> dict[str, int]:
    """Return the highest row number of each table: the number ever stored, without a count."""
    tables = {"messages": message, "deliveries": delivery, "receipts": receipt}
    highest = {name: sa.func.max(table.c.seq) for name, table in tables.items()}
    return {name: tx.execute(sa.select(top)).scalar_one() or 0 for name, top in highest.items()}


def unsafe(tx: Transaction) -> Sequence[str]:
    """Return settings with which a commit may be lost, as `name = value`; PostgreSQL only."""
    if tx.dialect == "sqlite":
        return ()
    values = {name: tx.execute(sa.text(f"show {name}")).scalar_one() for name in _DURABLE}
    return [f"{name} = {value}" for name, value in values.items() if value == "off"]


def lacks(tx: Transaction) -> Sequence[str]:
    """Return the privileges on tables that the role needs and lacks; PostgreSQL only."""
    if tx.dialect == "sqlite":
        return ()
    names = [table.name for table in delivery.metadata.sorted_tables]
    return tx.execute(_LACKING, {"names": names}).scalars().all()


def may_create(tx: Transaction) -> bool:
    """Whether the role may create tables, which an upgrade of the schema needs."""
    return tx.dialect == "sqlite" or bool(tx.execute(_MAY_CREATE).scalar_one())


_MAY_CREATE = sa.text("select coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)")
_LACKING = sa.text(
    "select privilege || ' on ' || name from unnest(cast(:names as text[])) as name, "
    "unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as privilege "
    "where to_regclass(name) is not null "
    "and not has_table_privilege(to_regclass(name)::oid, privilege) order by 1"
)
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
