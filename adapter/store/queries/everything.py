"""What a small store holds, whole: for the demo, which tells everything that happened in it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapter.store.queries.summaries import (
    AttemptLine,
    DeliveryLine,
    HistoryLine,
    MessageLine,
    ReceiptLine,
    columns,
    fetch,
)
from adapter.store.tables import attempt, delivery, history, message, receipt
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """Each table in the order of its rows. Bodies are not here."""

    messages: tuple[MessageLine, ...]
    deliveries: tuple[DeliveryLine, ...]
    attempts: tuple[AttemptLine, ...]
    receipts: tuple[ReceiptLine, ...]
    history: tuple[HistoryLine, ...]


def everything(tx: Transaction) -> Everything:
    """All of a store. Only for one that is known to be small."""
    messages = sa.select(*columns(MessageLine, message)).order_by(message.c.seq)
    deliveries = sa.select(*columns(DeliveryLine, delivery)).order_by(delivery.c.seq)
    attempts = sa.select(*columns(AttemptLine, attempt)).order_by(attempt.c.started_at)
    receipts = sa.select(*columns(ReceiptLine, receipt)).order_by(receipt.c.seq)
    told = sa.select(*columns(HistoryLine, history)).order_by(history.c.seq)
    return Everything(
        messages=tuple(fetch(tx, MessageLine, messages)),
        deliveries=tuple(fetch(tx, DeliveryLine, deliveries)),
        attempts=tuple(fetch(tx, AttemptLine, attempts)),
        receipts=tuple(fetch(tx, ReceiptLine, receipts)),
        history=tuple(fetch(tx, HistoryLine, told)),
    )


def is_empty(tx: Transaction) -> bool:
    """Whether no message has ever come to this store."""
    return tx.execute(sa.select(message.c.seq).limit(1)).first() is None
