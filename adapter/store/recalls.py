"""The messages that a sender recalls, and the deliveries that were made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from adapter.core.model import Delivery, Event
from adapter.store import outbox
from adapter.store.concerned import folded, spellings
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


def originals(
    tx: Transaction, names: Sequence[str], content_ids: Collection[str]
) -> dict[str, list[str]]:
    """Return, for each content id, the ids of the messages that these endpoints sent under it."""
    spelled = [spelling for id_ in content_ids for spelling in spellings(id_)]
    rows = tx.execute(_ORIGINALS, {"contents": spelled, "names": list(names)}).all()
    sent = defaultdict[str, dict[str, None]](dict)
    for row in rows:
        sent[folded(row.content_id)][row.message_id] = None
    return {id_: list(sent.get(folded(id_), ())) for id_ in content_ids}


def deliveries(tx: Transaction, message_ids: Collection[str]) -> list[Delivery]:
    """Return what was made of these messages for their receivers, locked, oldest first."""
    ids = list(tx.execute(_DELIVERIES, {"messages": list(message_ids)}).scalars())
    outbox.lock(tx, ids)
    return sorted((outbox.hold(tx, id_) for id_ in ids), key=lambda d: d.seq)
