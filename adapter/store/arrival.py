"""Queries about deliveries that may have arrived at their receiver.

They are asked before a copy or an earlier delivery of the case is sent.
"""

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
    """Return, by delivery, the later deliveries of the same order key that may have arrived.

    `moves` has the successors of replaced endpoints, by name: deliveries to a successor count
    too. Deliveries in flight count.
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
    """Return deliveries to these endpoints that may have arrived, of messages after `seq`."""
    query = (
        sa.select(delivery.c.id)
        .join(message, message.c.id == delivery.c.message_id)
        .where(delivery.c.case_id == case_id, delivery.c.endpoint.in_(names), message.c.seq > seq)
        .where(delivery.c.order_key.is_not(None), open_outcome(delivery, delivery.c.attempt))
    )
    return list(tx.execute(query.order_by(delivery.c.seq)).scalars())


def may_have_arrived(tx: Transaction, ids: Sequence[str]) -> set[str]:
    """Return those of these deliveries that may have arrived and were not refused."""
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
