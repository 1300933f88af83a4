"""What is open and due, and taking it: heads of order keys, the nearest deadline first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, Standing, State, Step, advance
from adapter.core.model import Delivery, Event
from adapter.store.bulk_write import Insert
from adapter.store.columns import Instant
from adapter.store.dialects import ONE, among
from adapter.store.outbox import NO_TIMER
from adapter.store.replaced_endpoints import Besides, claimable
from adapter.store.tables import attempt, delivery, due, endpoint, is_open, message, one_of, place
from adapter.store.transaction import Row, Transaction

_FIELDS = (
    delivery.c.id,
    delivery.c.message_id,
    delivery.c.endpoint,
    delivery.c.event,
    delivery.c.case_id,
    delivery.c.content_id,
    delivery.c.envelope_id,
    delivery.c.content_type,
    delivery.c.body,
    delivery.c.attempt,
    delivery.c.failures,
    delivery.c.resends,
    delivery.c.forwarded,
    delivery.c.expires_at,
)
_open = one_of(delivery.c.state, *OPEN)
_NOW = sa.bindparam("now_", type_=Instant)
_LIMIT = sa.bindparam("limit_", type_=sa.Integer)


def endpoints_due(tx: Transaction, now: datetime) -> list[str]:
    """Endpoints for which something may be claimed, and which are not paused, cut off or at their
    pace."""
    return list(tx.execute(_with_work(), {"now_": now}).scalars())


@cache
def _with_work() -> sa.Select[Any]:
    return sa.select(endpoint.c.name).where(
        endpoint.c.paused_at.is_(None),
        sa.or_(endpoint.c.open_until.is_(None), endpoint.c.open_until <= _NOW),
        sa.or_(endpoint.c.paced_until.is_(None), endpoint.c.paced_until <= _NOW),
        sa.or_(*(_one_due(state).is_not(None) for state in OPEN)),
    )


def _one_due(state: State) -> sa.ScalarSelect[str]:
    """One is enough: planners may answer EXISTS by looking at all there are, once for all."""
    theirs = (delivery.c.endpoint == endpoint.c.name, _open, due <= _NOW, _is_head(), _unanswered())
    query = sa.select(delivery.c.id).where(one_of(delivery.c.state, state), *theirs)
    return query.limit(ONE).scalar_subquery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is ours until the lease ends, and why it was due."""

    delivery: Delivery
    why: str  # first | retry | lease | resend


def look(tx: Transaction, name: str, limit: int, now: datetime, besides: Besides) -> list[Claimed]:
    """What is open and due: new, failed, crashed, unreceipted. Nearest deadline first, locked."""
    return _found(tx, _candidates(besides), besides, name, limit, now)


def look_for_probe(tx: Transaction, name: str, now: datetime, besides: Besides) -> list[Claimed]:
    """Of what is due the one that has been so longest, locked; none when nothing is.

    By deadline it would be the same each time, and the far side may choke on just that one.
    """
    return _found(tx, _probes(besides), besides, name, 1, now)


def _found(
    tx: Transaction,
    candidates: sa.Select[Any],
    besides: Besides,
    name: str,
    limit: int,
    now: datetime,
) -> list[Claimed]:
    asked = {"name_": name, "limit_": limit, "now_": now}
    ids = tx.execute(candidates, asked).scalars().all()
    rows = tx.execute(_rows(besides), asked | {"ids_": ids}).mappings().all() if ids else []
    for row in rows:
        advance(State(row["state"]), Step.CLAIM)
    return [Claimed(delivery=_delivery(row), why=_why(row)) for row in rows]


def take(tx: Transaction, found: Sequence[Claimed], now: datetime, until: datetime) -> None:
    """An attempt of each of these begins: they are ours until then."""
    if not found:
        return
    again = [c.delivery.id for c in found if c.why == "resend"]
    mine = {"ids_": [c.delivery.id for c in found], "again_": again}
    tx.execute(_TAKEN, mine | {"until_": until})
    for c in found:
        number = {"delivery_id": c.delivery.id, "number": c.delivery.attempt}
        tx.later(_BEGUN, number | {"why": c.why, "started_at": now})


_DEADLINE = (delivery.c.expires_at, delivery.c.seq)


def _mine(besides: Besides) -> sa.ColumnElement[bool]:
    """What may be claimed for an endpoint; but for the order of its case."""
    named = delivery.c.endpoint == sa.bindparam("name_")
    return sa.and_(named, _open, due <= _NOW, *claimable(besides))


@lru_cache(maxsize=1024)  # SQLAlchemy needs longer to build these than to run them
def _candidates(besides: Besides) -> sa.Select[tuple[str]]:
    """Heads of order keys: of what waits, and of what is overdue, as many as may be taken.

    Two looks, each along an index: a backlog is not sorted again for every claim.
    """
    return _first_of(besides, _heads(besides, State.WAITING, *_DEADLINE), "expires_at")


@lru_cache(maxsize=1024)
def _probes(besides: Besides) -> sa.Select[tuple[str]]:
    return _first_of(besides, _heads(besides, State.WAITING, due), "due")


def _first_of(besides: Besides, waiting: sa.Subquery, by: str) -> sa.Select[tuple[str]]:
    overdue = _heads(besides, State.IN_FLIGHT, due)
    both = sa.union_all(sa.select(waiting), sa.select(overdue)).subquery()
    return sa.select(both.c.id).order_by(both.c[by], both.c.seq).limit(_LIMIT)


def _heads(besides: Besides, state: State, *order: sa.ColumnElement[Any]) -> sa.Subquery:
    query = sa.select(delivery.c.id, *_DEADLINE, due.label("due"))
    mine = query.where(_mine(besides), one_of(delivery.c.state, state), _is_head(), _unanswered())
    return mine.order_by(*order).limit(_LIMIT).subquery()


@lru_cache(maxsize=1024)
def _rows(besides: Besides) -> sa.Select[Any]:
    """Those of the candidates that nobody else has taken meanwhile."""
    columns = (*_FIELDS, delivery.c.state, delivery.c.receipt_due_at)
    candidate = among(delivery.c.id, "ids_")
    query = sa.select(*columns).where(candidate, _mine(besides)).order_by(*_DEADLINE)
    return query.with_for_update(skip_locked=True)


_RESENT = among(delivery.c.id, "again_")
_TAKEN = (
    sa.update(delivery)
    .where(among(delivery.c.id, "ids_"))
    .values(
        state=State.IN_FLIGHT,
        **NO_TIMER | {"lease_until": sa.bindparam("until_", type_=Instant)},
        attempt=delivery.c.attempt + 1,
        resends=delivery.c.resends + sa.case((_RESENT, 1), else_=0),
    )
)
_BEGUN = Insert(attempt)


def _is_head() -> sa.ColumnElement[bool]:
    """No earlier delivery of the same case to the same endpoint is open.

    As the first of its order key, which an index knows: planners turn NOT EXISTS into a join of
    all that is open with itself.
    """
    first = delivery.alias("first")
    number = (
        sa.select(sa.func.min(first.c.order_no))
        .where(first.c.order_key == delivery.c.order_key, is_open(first))
        .scalar_subquery()
    )
    return sa.or_(delivery.c.order_key.is_(None), delivery.c.order_no <= number)


def _unanswered() -> sa.ColumnElement[bool]:
    """A receipt is missing only when all that its receiver had sent by then has been read.

    Where receipts come faster than they are read, each resend would bring one more.
    """
    due_at = delivery.c.receipt_due_at
    read = (sa.func.coalesce(_oldest_unread(rank) > due_at, sa.true()) for rank in ("0", "1"))
    return sa.or_(due_at.is_(None), sa.and_(*read))


def _oldest_unread(rank: str) -> sa.ScalarSelect[datetime]:
    """Of receipts, or of the rest."""
    theirs = message.c.endpoint == delivery.c.endpoint
    waiting = one_of(message.c.standing, Standing.RECEIVED)
    query = sa.select(message.c.received_at).where(
        theirs, waiting, place == sa.literal_column(rank)
    )
    return query.order_by(message.c.seq).limit(ONE).scalar_subquery()


def _why(row: Row) -> str:
    if row["state"] == State.WAITING:
        return "retry" if row["attempt"] else "first"
    return "resend" if row["receipt_due_at"] else "lease"


def _delivery(row: Row) -> Delivery:
    """As it is once claimed: the attempt is the one that begins."""
    found = {column.name: row[column.name] for column in _FIELDS}
    found |= {"event": Event(row["event"]), "attempt": row["attempt"] + 1}
    return Delivery(**found | {"case_id": row["case_id"] or "", "body": row["body"] or b""})
