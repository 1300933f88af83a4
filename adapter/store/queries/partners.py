"""What is true of each partner: pauses, circuits, dead letters, refusals, when it last spoke.

Nothing here counts what is closed. Each query reads by an index that holds only what it asks for,
or a bounded number of the newest rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, Standing, State
from adapter.core.model import Event
from adapter.store.dialects import LAST, ONE, among, newest_of
from adapter.store.indexes import one_of, troubled
from adapter.store.tables import delivery, endpoint, message
from adapter.store.transaction import Transaction

_LOOK_BACK = 200  # deliveries: more are not read to find the newest that are no receipts
_PAGE, _MOST = 100, 10_000  # messages: how many are read at a time, and at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What keeps deliveries from an endpoint: a pause by a person, or an open circuit."""

    endpoint: str
    paused_at: datetime | None
    paused_by: str
    paused_why: str
    paused_until: datetime | None  # None: until somebody resumes it
    failures: int  # in a row, at the wire
    next_probe: datetime | None

    @property
    def cut_off(self) -> bool:
        """Whether the circuit is open: the far side does not answer."""
        return self.next_probe is not None and self.failures > 0


def stops(tx: Transaction) -> list[Stop]:
    """Return every endpoint in the store, by name; most are neither paused nor cut off."""
    columns = (
        endpoint.c.name.label("endpoint"),
        endpoint.c.paused_at,
        endpoint.c.paused_by,
        endpoint.c.paused_why,
        endpoint.c.paused_until,
        endpoint.c.failures,
        endpoint.c.open_until.label("next_probe"),
    )
    query = sa.select(*columns).where(endpoint.c.name != "").order_by(endpoint.c.name)
    return [Stop(**row) for row in tx.execute(query).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadCount:
    """How many of an endpoint's messages or deliveries are dead with one code, and since when."""

    kind: str  # message | delivery
    endpoint: str  # the sender of messages, the receiver of deliveries
    code: str
    count: int
    oldest: datetime  # when the oldest message came, or the oldest delivery was made


def dead(tx: Transaction) -> list[DeadCount]:
    """Count what is dead, by endpoint and code."""
    letters = one_of(message.c.standing, Standing.DEAD)
    parcels = one_of(delivery.c.state, State.DEAD)
    return [
        *_dead(tx, "message", message, letters, "received_at"),
        *_dead(tx, "delivery", delivery, parcels, "created_at"),
    ]


def _dead(
    tx: Transaction, kind: str, of: sa.Table, are_dead: sa.ColumnElement[bool], at: str
) -> list[DeadCount]:
    """Count by the index alone, and then read the oldest row of each group."""
    keys = (of.c.endpoint, of.c.code)
    counted = sa.select(*keys, sa.func.count().label("count"), sa.func.min(of.c.seq).label("seq"))
    groups = counted.where(are_dead).group_by(*keys).subquery()
    columns = (groups.c.endpoint, groups.c.code, groups.c.count, of.c[at].label("oldest"))
    query = sa.select(*columns).join(of, of.c.seq == groups.c.seq)
    rows = tx.execute(query.order_by(groups.c.endpoint, groups.c.code)).mappings()
    return [DeadCount(kind=kind, **row) for row in rows]


_number = sa.func.count().label("number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The open deliveries to an endpoint."""

    endpoint: str
    number: int
    oldest: datetime


def waiting(tx: Transaction) -> dict[str, Waiting]:
    """Count the open deliveries by endpoint, and find the oldest: row numbers go by age."""
    counted = sa.select(delivery.c.endpoint, _number, sa.func.min(delivery.c.seq).label("seq"))
    groups = counted.where(one_of(delivery.c.state, *OPEN)).group_by(delivery.c.endpoint).subquery()
    columns = (groups.c.endpoint, groups.c.number, delivery.c.created_at.label("oldest"))
    query = sa.select(*columns).join(delivery, delivery.c.seq == groups.c.seq)
    return {row["endpoint"]: Waiting(**row) for row in tx.execute(query).mappings()}


def last_heard(tx: Transaction) -> dict[str, datetime]:
    """Return when each endpoint last sent anything, receipts included."""
    newest = newest_of(sa.select(message.c.received_at), message, endpoint.c.name, 1)
    at = newest.correlate(endpoint).scalar_subquery()
    rows = tx.execute(sa.select(endpoint.c.name, at.label("at"))).mappings()
    return {row["name"]: row["at"] for row in rows if row["at"]}


def failing(tx: Transaction) -> dict[str, int]:
    """Count by endpoint the open deliveries that failed, or got no receipt in time."""
    query = sa.select(delivery.c.endpoint, _number).where(troubled)
    return _by_endpoint(tx, query.group_by(delivery.c.endpoint))


def unwell(tx: Transaction) -> list[str]:
    """Return the endpoints with a delivery that `failing` counts, without a count."""
    failed = sa.select(ONE).where(delivery.c.endpoint == endpoint.c.name, troubled)
    query = sa.select(endpoint.c.name).where(failed.exists()).order_by(endpoint.c.name)
    return list(tx.execute(query).scalars())


def refused_since(tx: Transaction, since: datetime) -> dict[str, int]:
    """Count by sender the messages that came since then and that the adapter refused.

    Each sender is counted alone: only so do planners go to the time in the index.
    """
    refused = sa.select(sa.func.count()).where(
        message.c.endpoint == endpoint.c.name,
        message.c.received_at >= since,
        one_of(message.c.standing, Standing.REFUSED),
    )
    query = sa.select(endpoint.c.name.label("endpoint"), refused.scalar_subquery().label("number"))
    return {name: number for name, number in _by_endpoint(tx, query).items() if number}


def _by_endpoint(tx: Transaction, query: sa.Select[Any]) -> dict[str, int]:
    return {row["endpoint"]: row["number"] for row in tx.execute(query).mappings()}


def newest_outcomes(
    tx: Transaction, names: Collection[str], limit: int
) -> dict[str, list[tuple[str, str]]]:
    """Return state and code of each endpoint's newest deliveries, receipts left out.

    One query for all of them: for each it reads the newest rows by the index, and no others.
    """
    columns = (delivery.c.seq, delivery.c.event, delivery.c.state, delivery.c.code)
    newest = newest_of(sa.select(*columns), delivery, endpoint.c.name, _LOOK_BACK)
    rows = newest.correlate(endpoint).subquery()
    refused = sa.select((rows.c.state + " " + rows.c.code).label("outcome"))
    refused = refused.where(rows.c.event != Event.RECEIPT).order_by(rows.c.seq.desc()).limit(limit)
    outcomes = refused.subquery()
    joined = sa.select(sa.func.aggregate_strings(outcomes.c.outcome, ",")).scalar_subquery()
    query = sa.select(endpoint.c.name, joined.label("outcomes"))
    wanted = query.where(among(endpoint.c.name, "names_"))
    answers = tx.execute(wanted, {"names_": list(names)})
    return {
        name: [_outcome(each) for each in (text or "").split(",") if each] for name, text in answers
    }


def _outcome(text: str) -> tuple[str, str]:
    state, _, code = text.partition(" ")
    return state, code


def last_spoke(tx: Transaction, name: str, is_late: Callable[[datetime], bool]) -> datetime | None:
    """Return when an endpoint last sent anything but a receipt; None when it never has.

    Its newest messages are read until one is no receipt, or is so old that `is_late` says yes:
    then its time is returned, because the endpoint has said nothing since. At most 10,000.
    """
    at: datetime | None = None
    before = LAST
    for _ in range(0, _MOST, _PAGE):
        rows = _messages_before(tx, name, before)
        for seq, event, at in rows:
            if event != Event.RECEIPT or is_late(at):
                return at
            before = seq
        if len(rows) < _PAGE:
            return None
    return at


def _messages_before(tx: Transaction, name: str, before: int) -> list[tuple[int, str, datetime]]:
    rows = tx.execute(_BEFORE, {"name_": name, "before_": before})
    return [(row.seq, row.event, row.received_at) for row in rows]


_BEFORE = newest_of(
    sa.select(message.c.seq, message.c.event, message.c.received_at),
    message,
    sa.bindparam("name_", type_=message.c.endpoint.type),
    _PAGE,
    sa.bindparam("before_", type_=message.c.seq.type),
)
