"""Open items, and notices that are held for a protected identity, as operators see them."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.core.lifecycle import State
from adapter.core.model import Event
from adapter.store import items
from adapter.store.indexes import one_of
from adapter.store.items import Item
from adapter.store.queries.dead import MOST, Cause, DeadLetter
from adapter.store.tables import delivery
from adapter.store.transaction import Transaction

_MOST_HELD = 200


def open_items(tx: Transaction) -> list[Cause]:
    """Return all open items by what they are and whose they are: the first due first."""
    groups: dict[tuple[str, str], list[DeadLetter]] = {}
    for item in items.listing(tx, limit=MOST):
        groups.setdefault((item.what, item.endpoint), []).append(_letter(item))
    return [
        Cause(kind="item", code=what, endpoint=endpoint, letters=tuple(group))
        for (what, endpoint), group in groups.items()
    ]


def _letter(item: Item) -> DeadLetter:
    return DeadLetter(
        id=item.id,
        message_id=item.message_id,
        endpoint=item.endpoint,
        event="",
        case_id=item.case_id or None,
        code=item.what,
        detail=item.detail,
        taken_by=item.taken_by,
        since=item.since,
        subject=item.subject,
        due_at=item.due_at,
    )


def held_notices(tx: Transaction) -> list[tuple[str, str]]:
    """Return endpoint and case of admission notices that are held for a protected identity.

    At most 200, the oldest first.
    """
    query = sa.select(delivery.c.endpoint, delivery.c.case_id).where(
        one_of(delivery.c.state, State.DEAD),
        delivery.c.code == "protected-identity",
        delivery.c.event == Event.ADMISSION_NOTICE,
        delivery.c.case_id.is_not(None),
    )
    return [tuple(row) for row in tx.execute(query.order_by(delivery.c.seq).limit(_MOST_HELD))]
