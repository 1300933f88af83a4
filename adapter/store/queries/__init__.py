"""Views for operators: read-only, by keys and indexes, fast with millions of rows.

Only `attempt_bytes` and `message_body` return bodies. Their caller (adapter.cli) adds `body-read`
to the history in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from adapter.store import blobs, cases
from adapter.store.queries.summaries import (
    AttemptSummary,
    CaseSummary,
    DeliverySummary,
    HistoryEntry,
    MessageSummary,
    ReceiptSummary,
    chunks,
    columns,
    fetch,
)
from adapter.store.tables import (
    alias,
    attempt,
    case,
    delivery,
    history,
    message,
    receipt,
)
from adapter.store.transaction import Transaction

_MESSAGE = columns(MessageSummary, message)
_DELIVERY = columns(DeliverySummary, delivery)
_ATTEMPT = columns(AttemptSummary, attempt)
_RECEIPT = columns(ReceiptSummary, receipt)
_HISTORY = columns(HistoryEntry, history)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """All rows of a case, each table in its own order."""

    case: CaseSummary
    aliases: tuple[str, ...]
    messages: tuple[MessageSummary, ...]
    deliveries: tuple[DeliverySummary, ...]
    attempts: tuple[AttemptSummary, ...]
    receipts: tuple[ReceiptSummary, ...]
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """All rows of a message, or only those of one of its deliveries."""

    message: MessageSummary
    deliveries: tuple[DeliverySummary, ...]
    attempts: tuple[AttemptSummary, ...]
    receipts: tuple[ReceiptSummary, ...]
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptBytes:
    """The bytes that an attempt sent, and the response to it; None once purged."""

    delivery_id: str
    number: int
    content_type: str
    body: bytes | None
    answer: bytes | None


def case_view(tx: Transaction, text: str) -> CaseView | None:
    """Return a case by its id or any of its names, or None."""
    id_ = cases.by_any_id(tx, text)
    return _case_view(tx, id_) if id_ else None


def _case_view(tx: Transaction, id_: str) -> CaseView:
    named = sa.select(alias.c.name).where(alias.c.case_id == id_)
    head = fetch(tx, CaseSummary, sa.select(*columns(CaseSummary, case)).where(case.c.id == id_))
    in_case = sa.select(*_MESSAGE).where(message.c.case_id == id_).order_by(message.c.seq)
    sent = sa.select(*_DELIVERY).where(delivery.c.case_id == id_).order_by(delivery.c.seq)
    entries = sa.select(*_HISTORY).where(history.c.case_id == id_).order_by(history.c.seq)
    deliveries = fetch(tx, DeliverySummary, sent)
    ids = [d.id for d in deliveries]
    return CaseView(
        case=head[0],
        aliases=tuple(sorted(tx.execute(named).scalars())),
        messages=tuple(fetch(tx, MessageSummary, in_case)),
        deliveries=tuple(deliveries),
        attempts=tuple(_attempts(tx, ids)),
        receipts=tuple(_receipts(tx, ids)),
        history=tuple(fetch(tx, HistoryEntry, entries)),
    )


def _attempts(tx: Transaction, ids: Sequence[str]) -> Iterable[AttemptSummary]:
    for part in chunks(ids):
        query = sa.select(*_ATTEMPT).where(attempt.c.delivery_id.in_(part))
        yield from fetch(
            tx, AttemptSummary, query.order_by(attempt.c.delivery_id, attempt.c.number)
        )


def _receipts(tx: Transaction, ids: Sequence[str]) -> Iterable[ReceiptSummary]:
    for part in chunks(ids):
        query = sa.select(*_RECEIPT).where(receipt.c.delivery_id.in_(part))
        yield from fetch(tx, ReceiptSummary, query.order_by(receipt.c.seq))


def message_view(tx: Transaction, id_: str) -> MessageView:
    """Return a message with its deliveries, attempts, receipts and history; it must exist."""
    summary = fetch(tx, MessageSummary, sa.select(*_MESSAGE).where(message.c.id == id_))[0]
    sent = sa.select(*_DELIVERY).where(delivery.c.message_id == id_).order_by(delivery.c.seq)
    deliveries = fetch(tx, DeliverySummary, sent)
    ids = [d.id for d in deliveries]
    return MessageView(
        message=summary,
        deliveries=tuple(deliveries),
        attempts=tuple(_attempts(tx, ids)),
        receipts=tuple(_receipts(tx, ids)),
        history=tuple(_message_history(tx, id_, ids)),
    )


def _message_history(tx: Transaction, id_: str, deliveries: Sequence[str]) -> list[HistoryEntry]:
    numbered = [history.c.seq, *_HISTORY]
    entries: dict[int, HistoryEntry] = {}
    of_message = [history.c.message_id == id_]
    for where in of_message + [history.c.delivery_id.in_(part) for part in chunks(deliveries)]:
        for row in tx.execute(sa.select(*numbered).where(where)).mappings():
            entries[row["seq"]] = _history_entry(row)
    return [entries[seq] for seq in sorted(entries)]


def _history_entry(row: sa.RowMapping) -> HistoryEntry:
    values: dict[str, Any] = {name: value for name, value in row.items() if name != "seq"}
    return HistoryEntry(**values)


def deliveries_of(tx: Transaction, messages: Sequence[str]) -> list[DeliverySummary]:
    """Return the deliveries of these messages, oldest first."""
    deliveries: list[DeliverySummary] = []
    for part in chunks(messages):
        query = sa.select(*_DELIVERY).where(delivery.c.message_id.in_(part))
        deliveries += fetch(tx, DeliverySummary, query)
    return sorted(deliveries, key=lambda each: each.seq)


def attempt_bytes(tx: Transaction, message_id: str) -> list[AttemptBytes]:
    """Return the bytes of every attempt of a message's deliveries, in the order of attempts.

    An attempt without bytes of its own sent the bytes of its delivery.
    """
    sent = sa.func.coalesce(attempt.c.body, delivery.c.body).label("body")
    query = (
        sa.select(
            attempt.c.delivery_id,
            attempt.c.number,
            delivery.c.content_type,
            sent,
            attempt.c.answer,
        )
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .where(delivery.c.message_id == message_id)
        .order_by(delivery.c.seq, attempt.c.number)
    )
    rows = fetch(tx, AttemptBytes, query)
    return [replace(each, body=blobs.whole(tx, each.body)) for each in rows]


def message_body(tx: Transaction, id_: str) -> bytes | None:
    """Return the bytes of a message as received; None once purged."""
    query = sa.select(message.c.body).where(message.c.id == id_)
    body: bytes | None = tx.execute(query).scalar_one()
    return blobs.whole(tx, body)
