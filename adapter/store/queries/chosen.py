"""What stands before a person, chosen by cause, endpoint, event and time, in pages of any size."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapter.core.lifecycle import Standing, State
from adapter.core.record_ids import is_item_id, is_message_id
from adapter.store.dialects import among
from adapter.store.indexes import one_of, unclosed
from adapter.store.tables import delivery, item, message
from adapter.store.transaction import Transaction

_Ids = sa.Select[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """By what dead letters and open items are chosen; "" and None match anything.

    `since` and `until` are about when a delivery became dead, a message came, an item was opened.
    """

    code: str = ""
    endpoint: str = ""
    event: str = ""
    since: datetime | None = None
    until: datetime | None = None


def chosen(wanted: Wanted) -> list[_Ids]:
    """Return the queries of row numbers and ids: messages, deliveries, and items without event."""
    dead_message = one_of(message.c.standing, Standing.DEAD)
    dead_delivery = one_of(delivery.c.state, State.DEAD)
    since = sa.func.coalesce(delivery.c.closed_at, delivery.c.created_at)
    queries = [
        _chosen(wanted, message, dead_message, message.c.code, message.c.received_at),
        _chosen(wanted, delivery, dead_delivery, delivery.c.code, since),
    ]
    if wanted.event:
        return queries
    return [*queries, _chosen(wanted, item, unclosed, item.c.what, item.c.since)]


def _chosen(
    wanted: Wanted,
    of: sa.Table,
    stands: sa.ColumnElement[bool],
    code: sa.ColumnElement[str],
    at: sa.ColumnElement[datetime],
) -> _Ids:
    query = sa.select(of.c.seq, of.c.id).where(stands)
    exact = {code: wanted.code, of.c.endpoint: wanted.endpoint}
    if wanted.event:
        exact[of.c.event] = wanted.event
    query = query.where(*(column == value for column, value in exact.items() if value))
    if wanted.since:
        query = query.where(at >= wanted.since)
    if wanted.until:
        query = query.where(at < wanted.until)
    return query


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a reader of pages has come: the query, and the last row number."""

    query: int = 0
    seq: int = 0


def page(
    tx: Transaction, wanted: Wanted, after: Place, size: int
) -> tuple[list[str], Place | None]:
    """Return the next ids that are chosen, oldest first within each kind; None after the last."""
    queries = chosen(wanted)
    for number in range(after.query, len(queries)):
        seq = queries[number].selected_columns.seq
        last = after.seq if number == after.query else 0
        rows = tx.execute(queries[number].where(seq > last).order_by(seq).limit(size)).all()
        if rows:
            return [row.id for row in rows], Place(query=number, seq=rows[-1].seq)
    return [], None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many are chosen of one kind, endpoint and event."""

    kind: str
    endpoint: str
    event: str
    count: int


def counted(tx: Transaction, wanted: Wanted) -> list[Counted]:
    """Count what is chosen, by kind, endpoint and event."""
    rows = list[Counted]()
    for (kind, of), query in zip(_TABLES.items(), chosen(wanted), strict=False):
        event = sa.literal("").label("event") if kind == "item" else of.c.event
        keys = (of.c.endpoint, event)
        groups = query.with_only_columns(*keys, sa.func.count().label("count"))
        known = tx.execute(groups.group_by(*keys).order_by(*keys)).mappings()
        rows += [Counted(kind=kind, **row) for row in known]
    return rows


_TABLES = {"message": message, "delivery": delivery, "item": item}


def are_chosen(tx: Transaction, wanted: Wanted, deliveries: Collection[str]) -> set[str]:
    """Return those of these deliveries that are chosen."""
    query = chosen(wanted)[1].where(among(delivery.c.id, "ids_"))
    return (
        {row.id for row in tx.execute(query, {"ids_": list(deliveries)})} if deliveries else set()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a person would act on, as it stands now, without its bytes."""

    id: str
    kind: str  # message | delivery | item
    endpoint: str
    event: str
    state: str  # a State, a Standing, or `open` and `closed` of an item
    untold: bool = False


def subjects(tx: Transaction, ids: Sequence[str]) -> dict[str, Subject]:
    """Return the subject of each id that the store has."""
    kinds = {"message": set[str](), "delivery": set[str](), "item": set[str]()}
    for id_ in ids:
        kinds[_kind(id_)].add(id_)
    known = dict[str, Subject]()
    for kind, its in kinds.items():
        if its:
            rows = tx.execute(_SUBJECTS[kind], {"ids_": sorted(its)}).mappings()
            known |= {row["id"]: Subject(kind=kind, **row) for row in rows}
    return known


def _kind(id_: str) -> str:
    if is_message_id(id_):
        return "message"
    return "item" if is_item_id(id_) else "delivery"


_closed = sa.case((item.c.closed_at.is_(None), sa.literal("open")), else_=sa.literal("closed"))
_SUBJECTS: dict[str, sa.Select[tuple[object, ...]]] = {
    "message": sa.select(
        message.c.id, message.c.endpoint, message.c.event, message.c.standing.label("state")
    ).where(among(message.c.id, "ids_")),
    "delivery": sa.select(
        delivery.c.id,
        delivery.c.endpoint,
        delivery.c.event,
        delivery.c.state,
        delivery.c.untold,
    ).where(among(delivery.c.id, "ids_")),
    "item": sa.select(
        item.c.id, item.c.endpoint, sa.literal("").label("event"), _closed.label("state")
    ).where(among(item.c.id, "ids_")),
}
