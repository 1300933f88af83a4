"""Replaced endpoints: which deliveries move to the successor, and which wait for that."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from adapter.core.failures import SURELY_NOT_ARRIVED
from adapter.core.lifecycle import OPEN, State
from adapter.core.model import Delivery
from adapter.store import outbox
from adapter.store.dialects import there_is
from adapter.store.indexes import one_of
from adapter.store.tables import attempt, delivery
from adapter.store.transaction import Transaction


def movable(tx: Transaction, name: str, case_id: str = "") -> list[Delivery]:
    """Return waiting deliveries that have surely not arrived: never tried, or refused each time.

    Of one case, or of every case; locked, in the order of their ids. A delivery stays where it is
    after a failure that leaves the outcome open: a time-out, a lost connection, or a lease that
    ended.
    """
    waiting = one_of(delivery.c.state, State.WAITING)
    query = sa.select(*outbox.WITHOUT_BYTES).where(
        delivery.c.endpoint == name, waiting, ~open_outcome(delivery, delivery.c.attempt)
    )
    if case_id:
        query = query.where(delivery.c.case_id == case_id)
    return outbox.fetch(tx, query.order_by(delivery.c.id).with_for_update())


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The endpoints that an endpoint replaces, the successor that replaces it, and all of these.

    An endpoint that is replaced by nobody, and replaces nobody, is its only mailbox.
    """

    replaced: frozenset[str] = frozenset()
    successor: str = ""
    mailbox: frozenset[str] = frozenset()


def claimable(replacement: Replacement) -> Iterator[sa.ColumnElement[bool]]:
    """Yield conditions for claims of an endpoint that replaces others or has a successor.

    A delivery that moves is not tried at its old endpoint. Later ones of its case wait for it.
    """
    if replacement.replaced:
        yield _nothing_to_come(replacement.replaced)
    if replacement.successor:
        arrived = open_outcome(delivery, delivery.c.attempt)
        yield sa.or_(delivery.c.state != str(State.WAITING), arrived)


def _nothing_to_come(replaced: Collection[str]) -> sa.ColumnElement[bool]:
    """Return: no earlier delivery of the case may still move here from a replaced endpoint.

    A delivery in flight there counts too: a refusal would let it move.
    """
    older = delivery.alias("moving")
    tried = sa.case((older.c.state == str(State.IN_FLIGHT), older.c.attempt - 1))
    movable_there = sa.select(sa.func.min(older.c.order_no)).where(
        older.c.case_id == delivery.c.case_id,
        older.c.endpoint.in_(replaced),
        older.c.order_key.is_not(None),
        one_of(older.c.state, *OPEN),
        older.c.receipt_due_at.is_(None),
        ~open_outcome(older, sa.func.coalesce(tried, older.c.attempt)),
    )
    first = movable_there.scalar_subquery()
    return sa.or_(
        delivery.c.order_key.is_(None),
        delivery.c.order_no <= sa.func.coalesce(first, delivery.c.order_no),
    )


def open_outcome(of: sa.FromClause, tries: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Return: one of its first `tries` attempts ended with success, or with an open outcome."""
    return there_is(
        attempt.c.delivery_id == of.c.id,
        attempt.c.number <= tries,
        attempt.c.code.not_in(sorted(SURELY_NOT_ARRIVED)),
    )
