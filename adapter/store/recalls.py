"""The messages that a sender recalls, and the deliveries that were made of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from adapter.core.model import Delivery, Event
from adapter.store import outbox
from adapter.store.concerned import spellings
from adapter.store.dialects import among
from adapter.store.tables import content, delivery
from adapter.store.transaction import Transaction

_ORIGINALS = sa.select(content.c.content_id, content.c.message_id).where(
    among(content.c.content_id, "contents"), among(content.c.sender, "names")
)
_NOT_RECALLED = [str(Event.RECEIPT), str(Event.DELIVERY_REPORT), str(Event.RECALL)]
_DELIVERIES = (
    sa.select(delivery.c.id)
    .where(among(delivery.c.message_id, "messages"), delivery.c.event.not_in(_NOT_RECALLED))
    .order_by(delivery.c.id)
)


def originals(tx: Transaction, names: Sequence[str], content_id: str) -> list[str]:
    """Return the ids of the messages that these endpoints sent under a content id."""
    values = {"contents": spellings(content_id), "names": list(names)}
    return list(dict.fromkeys(row.message_id for row in tx.execute(_ORIGINALS, values)))


def deliveries(tx: Transaction, message_ids: Collection[str]) -> list[Delivery]:
    """Return what was made of these messages for their receivers, locked, oldest first."""
    ids = list(tx.execute(_DELIVERIES, {"messages": list(message_ids)}).scalars())
    outbox.lock(tx, ids)
    return sorted((outbox.hold(tx, id_) for id_ in ids), key=lambda d: d.seq)
