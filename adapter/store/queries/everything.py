"""All rows of a small store: the demo reports everything that happened in it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapter.store.queries.summaries import (
    AttemptSummary,
    DeliverySummary,
    HistoryEntry,
    MessageSummary,
    ReceiptSummary,
    columns,
    fetch,
)
from adapter.store.tables import attempt, delivery, history, message, receipt
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """The rows of each table, in order, without bodies."""

    messages: tuple[MessageSummary, ...]
    deliveries: tuple[DeliverySummary, ...]
    attempts: tuple[AttemptSummary, ...]
    receipts: tuple[ReceiptSummary, ...]
    history: tuple[HistoryEntry, ...]


def everything(tx: Transaction) -> Everything:
    """Return all rows of a store. Only for a store that is known to be small."""
    messages = sa.select(*columns(MessageSummary, message)).order_by(message.c.seq)
    deliveries = sa.select(*columns(DeliverySummary, delivery)).order_by(delivery.c.seq)
    attempts = sa.select(*columns(AttemptSummary, attempt)).order_by(attempt.c.started_at)
    receipts = sa.select(*columns(ReceiptSummary, receipt)).order_by(receipt.c.seq)
    entries = sa.select(*columns(HistoryEntry, history)).order_by(history.c.seq)
    return Everything(
        messages=tuple(fetch(tx, MessageSummary, messages)),
        deliveries=tuple(fetch(tx, DeliverySummary, deliveries)),
        attempts=tuple(fetch(tx, AttemptSummary, attempts)),
        receipts=tuple(fetch(tx, ReceiptSummary, receipts)),
        history=tuple(fetch(tx, HistoryEntry, entries)),
    )


def is_empty(tx: Transaction) -> bool:
    """Whether no message was ever stored."""
    return tx.execute(sa.select(message.c.seq).limit(1)).first() is None
