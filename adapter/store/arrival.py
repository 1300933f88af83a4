"""What may have arrived at a receiver: before a copy, and before an earlier one of its case."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from adapter.core.failures import REFUSED
from adapter.store.replaced_endpoints import open_outcome
from adapter.store.tables import delivery, message
from adapter.store.transaction import Transaction


def overtaken(
    tx: Transaction, ids: Sequence[str], moves: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """For each of these deliveries, the later ones of the same order that may have arrived.

    Deliveries under way count, and so do those to an endpoint that this one would move to.
    """
    later = delivery.alias("later")
    moved = (
        sa.and_(delivery.c.endpoint == name, later.c.endpoint.in_(sorted(successors)))
        for name, successors in moves.items()
    )
    same = sa.or_(later.c.order_key == delivery.c.order_key, *moved)
    after = sa.and_(later.c.case_id == delivery.c.case_id, later.c.order_no > delivery.c.order_no)
    query = (
        sa.select(delivery.c.id, later.c.id.label("later"))
        .join(later, sa.and_(after, same))
        .where(delivery.c.id.in_(ids), open_outcome(later, later.c.attempt))
        .where(delivery.c.order_key.is_not(None), later.c.order_key.is_not(None))
        .order_by(delivery.c.id, later.c.order_no)
    )
    later_ids: dict[str, list[str]] = {}
    for row in tx.execute(query):
        later_ids.setdefault(row.id, []).append(row.later)
    return later_ids


def later_of_case(tx: Transaction, case_id: str, seq: int, names: Sequence[str]) -> list[str]:
    """Deliveries to these endpoints that may have arrived, of later messages of the case."""
    query = (
        sa.select(delivery.c.id)
        .join(message, message.c.id == delivery.c.message_id)
        .where(delivery.c.case_id == case_id, delivery.c.endpoint.in_(names), message.c.seq > seq)
        .where(delivery.c.order_key.is_not(None), open_outcome(delivery, delivery.c.attempt))
    )
    return list(tx.execute(query.order_by(delivery.c.seq)).scalars())


def may_have_arrived(tx: Transaction, ids: Sequence[str]) -> set[str]:
    """Those of these deliveries that their receiver may have, and has not refused."""
    query = (
        sa.select(delivery.c.id)
        .where(
            delivery.c.id.in_(ids),
            delivery.c.code != REFUSED,
            open_outcome(delivery, delivery.c.attempt),
        )
        .order_by(delivery.c.id)
    )
    return set(tx.execute(query).scalars())
