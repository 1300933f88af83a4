"""Deliveries that are open and due: the first of each order key, nearest deadline first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, Standing, State
from adapter.core.model import Delivery
from adapter.store import attempts, blobs, outbox, rights
from adapter.store.columns import Instant
from adapter.store.dialects import ONE, among
from adapter.store.indexes import due, is_open, one_of, place
from adapter.store.replaced_endpoints import Replacement, claimable
from adapter.store.rights import Right
from adapter.store.tables import delivery, endpoint, message
from adapter.store.transaction import Transaction

_open = one_of(delivery.c.state, *OPEN)
_NOW = sa.bindparam("now_", type_=Instant)
_LIMIT = sa.bindparam("limit_", type_=sa.Integer)


def endpoints_due(tx: Transaction, now: datetime) -> list[str]:
    """Return endpoints with a delivery to claim: not paused, circuit closed, within their rate."""
    return list(tx.execute(_with_work(), {"now_": now}).scalars())


@cache
def _with_work() -> sa.Select[Any]:
    return sa.select(endpoint.c.name).where(
        endpoint.c.paused_at.is_(None),
        sa.or_(endpoint.c.open_until.is_(None), endpoint.c.open_until <= _NOW),
        sa.or_(endpoint.c.paced_until.is_(None), endpoint.c.paced_until <= _NOW),
        sa.or_(*(_any_due(state).is_not(None) for state in OPEN)),
    )


def _any_due(state: State) -> sa.ScalarSelect[str]:
    """Return the id of any due delivery.

    Not EXISTS: planners may answer that by reading all due deliveries.
    """
    theirs = (delivery.c.endpoint == endpoint.c.name, _open, due <= _NOW, _is_head(), _unanswered())
    query = sa.select(delivery.c.id).where(one_of(delivery.c.state, state), *theirs)
    return query.limit(ONE).scalar_subquery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that this process claims until its lease ends, and why it was due."""

    delivery: Delivery
    why: str  # first | retry | lease | resend
    right: Right = Right.STANDS  # of its receiver; only what stands is sent as it is


def look(
    tx: Transaction,
    name: str,
    limit: int,
    now: datetime,
    until: datetime,
    replacement: Replacement,
) -> list[Claimed]:
    """Return what is open and due: new, failed, with an ended lease, or without receipt.

    Nearest deadline first, locked, each compared with its receiver's right. The records are as
    `take` will write them, with a lease that ends at `until`.
    """
    return _locked(tx, _candidates(replacement), replacement, name, limit, now, until)


def look_for_probe(
    tx: Transaction, name: str, now: datetime, until: datetime, replacement: Replacement
) -> list[Claimed]:
    """As `look`, but return only the delivery that has been due longest; [] for none.

    By deadline, each probe would take the same delivery, and the far side may fail on just that.
    """
    return _locked(tx, _probes(replacement), replacement, name, 1, now, until)


def _locked(
    tx: Transaction,
    candidates: sa.Select[Any],
    replacement: Replacement,
    name: str,
    limit: int,
    now: datetime,
    until: datetime,
) -> list[Claimed]:
    values = {"name_": name, "limit_": limit, "now_": now}
    ids = tx.execute(candidates, values).scalars().all()
    rows = tx.execute(_rows(replacement), values | {"ids_": ids}).all() if ids else []
    locked = [outbox.values(row) for row in rows]
    for row in locked:
        row["body"] = blobs.whole(tx, row["body"])
    judged = [row["id"] for row in locked if row["right_no"] is not None]
    changed = rights.compare(tx, judged, replacement.mailbox | {name}, now)
    return [_claimed(row, until, changed.get(row["id"], Right.STANDS)) for row in locked]


def _claimed(row: dict[str, Any], until: datetime, right: Right) -> Claimed:
    why = _why(row)
    delivery_ = outbox.claimed(row, until, resend=why == "resend")
    return Claimed(delivery=delivery_, why=why, right=right)


def _why(row: dict[str, Any]) -> str:
    if row["state"] is State.WAITING:
        return "retry" if row["attempt"] else "first"
    return "resend" if row["receipt_due_at"] else "lease"


def take(tx: Transaction, claimed: Sequence[Claimed], now: datetime, until: datetime) -> None:
    """Begin an attempt of each, with a lease that ends at `until`."""
    if not claimed:
        return
    again = [each.delivery.id for each in claimed if each.why == "resend"]
    outbox.claim(tx, [each.delivery.id for each in claimed], again, until)
    for each in claimed:
        attempts.begin(tx, each.delivery.id, each.delivery.attempt, each.why, now)


_DEADLINE = (delivery.c.expires_at, delivery.c.seq)


def _claimable(replacement: Replacement) -> sa.ColumnElement[bool]:
    """Return what may be claimed for an endpoint, apart from the order within a case."""
    named = delivery.c.endpoint == sa.bindparam("name_")
    return sa.and_(named, _open, due <= _NOW, *claimable(replacement))


@lru_cache(maxsize=1024)  # building these takes SQLAlchemy longer than running them
def _candidates(replacement: Replacement) -> sa.Select[tuple[str]]:
    """Select the first of each order key: waiting ones, and overdue ones in flight.

    Two queries, each along an index, so that no claim sorts the backlog.
    """
    return _first_of(replacement, _heads(replacement, State.WAITING, *_DEADLINE), "expires_at")


@lru_cache(maxsize=1024)
def _probes(replacement: Replacement) -> sa.Select[tuple[str]]:
    return _first_of(replacement, _heads(replacement, State.WAITING, due), "due")


def _first_of(replacement: Replacement, waiting: sa.Subquery, by: str) -> sa.Select[tuple[str]]:
    overdue = _heads(replacement, State.IN_FLIGHT, due)
    both = sa.union_all(sa.select(waiting), sa.select(overdue)).subquery()
    return sa.select(both.c.id).order_by(both.c[by], both.c.seq).limit(_LIMIT)


def _heads(replacement: Replacement, state: State, *order: sa.ColumnElement[Any]) -> sa.Subquery:
    query = sa.select(delivery.c.id, *_DEADLINE, due.label("due"))
    heads = query.where(
        _claimable(replacement), one_of(delivery.c.state, state), _is_head(), _unanswered()
    )
    return heads.order_by(*order).limit(_LIMIT).subquery()


@lru_cache(maxsize=1024)
def _rows(replacement: Replacement) -> sa.Select[Any]:
    """Select the candidates that no other process has claimed meanwhile."""
    candidate = among(delivery.c.id, "ids_")
    query = sa.select(*outbox.ALL).where(candidate, _claimable(replacement)).order_by(*_DEADLINE)
    return query.with_for_update(skip_locked=True)


def _is_head() -> sa.ColumnElement[bool]:
    """Return: no earlier delivery of the same case to the same endpoint is open.

    Written as a minimum, which an index answers: planners turn NOT EXISTS into a join of all
    open deliveries with themselves.
    """
    first = delivery.alias("first")
    number = (
        sa.select(sa.func.min(first.c.order_no))
        .where(first.c.order_key == delivery.c.order_key, is_open(first))
        .scalar_subquery()
    )
    return sa.or_(delivery.c.order_key.is_(None), delivery.c.order_no <= number)


def _unanswered() -> sa.ColumnElement[bool]:
    """Return: no receipt for it can be among the receiver's unprocessed messages.

    Otherwise a resend would go out while its receipt waits in the inbox, and bring another one.
    """
    due_at = delivery.c.receipt_due_at
    read = (sa.func.coalesce(_oldest_unread(rank) > due_at, sa.true()) for rank in ("0", "1"))
    return sa.or_(due_at.is_(None), sa.and_(*read))


def _oldest_unread(rank: str) -> sa.ScalarSelect[datetime]:
    """Return when the oldest unprocessed message of this place came: receipts, or the rest."""
    theirs = message.c.endpoint == delivery.c.endpoint
    waiting = one_of(message.c.standing, Standing.RECEIVED)
    query = sa.select(message.c.received_at).where(
        theirs, waiting, place == sa.literal_column(rank)
    )
    return query.order_by(message.c.seq).limit(ONE).scalar_subquery()
