"""Attempts to send a delivery, and the receipts for it. Rows are added, never deleted."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from adapter.core.errors import AdapterError
from adapter.core.model import Code, Delivery, Layer
from adapter.store import blobs
from adapter.store.bulk_write import Insert, Update
from adapter.store.dialects import among
from adapter.store.tables import attempt, delivery, receipt
from adapter.store.transaction import Transaction

LONGEST_ANSWER = 64 * 1024
"""Bytes: a receipt is far shorter, and an error page tells enough with its beginning."""
_BEGUN, _FINISHED, _RECEIPT = (
    Insert(attempt),
    Update(attempt, ("delivery_id", "number")),
    Insert(receipt),
)


def begin(tx: Transaction, delivery_id: str, number: int, why: str, now: datetime) -> None:
    """Record that an attempt begins. `why`: first, retry, resend or lease."""
    key = {"delivery_id": delivery_id, "number": number}
    tx.later(_BEGUN, key | {"why": why, "started_at": now})


def began(tx: Transaction, delivery_id: str, number: int) -> datetime:
    """Return when an attempt began."""
    same = sa.and_(attempt.c.delivery_id == delivery_id, attempt.c.number == number)
    at: datetime = tx.execute(sa.select(attempt.c.started_at).where(same)).scalar_one()
    return at


def finish(
    tx: Transaction,
    delivery_id: str,
    number: int,
    now: datetime,
    *,
    error: AdapterError | None = None,
    answer: bytes = b"",
) -> None:
    """Record how an attempt ended; `answer` has the bytes of the far side's response.

    Of a long response the first LONGEST_ANSWER bytes are kept.
    """
    code, detail = (error.code, error.detail) if error else ("", "")
    key = {"delivery_id": delivery_id, "number": number, "finished_at": now}
    tx.later(_FINISHED, key | {"answer": _kept(answer) or None, "code": code, "detail": detail})


def _kept(answer: bytes) -> bytes:
    """The beginning of a response; no UTF-8 character is cut in two."""
    end = LONGEST_ANSWER
    while end > LONGEST_ANSWER - 3 and _continues(answer[end : end + 1]):
        end -= 1
    return answer[:end]


def _continues(byte: bytes) -> bool:
    """Whether a byte is a later one of a UTF-8 character."""
    return b"\x80" <= byte < b"\xc0"


def rewrite(tx: Transaction, d: Delivery, envelope_id: str, body: bytes) -> None:
    """Give a delivery new bytes for a resend; the previous attempt keeps the old bytes."""
    before = sa.update(attempt).where(
        attempt.c.delivery_id == d.id, attempt.c.number == d.attempt - 1
    )
    tx.execute(before.values(body=blobs.stored(tx, d.id, d.body)))
    this = sa.update(delivery).where(among(delivery.c.id, "ids_"))
    rendered = blobs.stored(tx, d.id, body)
    tx.execute(this.values(envelope_id=envelope_id, body=rendered), {"ids_": [d.id]})


def keep_bytes(tx: Transaction, d: Delivery) -> None:
    """Keep the bytes that a delivery was tried with, before it gets others."""
    tried = sa.and_(attempt.c.delivery_id == d.id, attempt.c.body.is_(None))
    tx.execute(sa.update(attempt).where(tried).values(body=blobs.stored(tx, d.id, d.body)))


def add_receipt(
    tx: Transaction,
    delivery_id: str,
    layer: Layer,
    code: Code | str,
    at: datetime,
    *,
    detail: str = "",
    message_id: str | None = None,
) -> None:
    """Add a receipt of any layer; `message_id` is the message that carried it."""
    row = {"delivery_id": delivery_id, "layer": layer, "code": str(code), "at": at}
    tx.later(_RECEIPT, row | {"detail": detail, "message_id": message_id})
