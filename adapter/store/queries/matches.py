"""Messages by any id that a person may have in hand, and what it was that has the id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from adapter.store.indexes import our_receipt
from adapter.store.tables import delivery, endpoint, envelope, message
from adapter.store.transaction import Transaction

MOST = 20  # a content id may have come many times
_NO_DELIVERY = sa.literal("").label("delivery_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What has an id: a message that came in, or a delivery that we sent because of one."""

    message_id: str
    delivery_id: str  # "" where it is the message itself
    endpoint: str  # from whom it came, or to whom we sent it
    event: str
    by: str  # which of its ids it is


def matches(tx: Transaction, text: str) -> list[Match]:
    """Return what has an id, oldest first; at most MOST, and all by the same kind of id."""
    for by, query in _ways(text):
        if rows := tx.execute(query.limit(MOST)).mappings().all():
            return [Match(by=by, **row) for row in rows]
    return []


def message_ids(tx: Transaction, text: str) -> list[str]:
    """Return the messages of an id: of a message or a delivery, a content id, or a sender's own id.

    So a receipt is found too, by the id that its sender gave it, whoever sent it. Oldest first, at
    most MOST.
    """
    return list(dict.fromkeys(match.message_id for match in matches(tx, text)))


def _ways(text: str) -> Iterable[tuple[str, sa.Select[Any]]]:
    theirs = sa.and_(message.c.endpoint == endpoint.c.name, message.c.claimed_id == text)
    same = sa.and_(
        message.c.content_id == envelope.c.content_id, message.c.endpoint == envelope.c.sender
    )
    return (
        ("message id", _received().where(message.c.id == text)),
        ("delivery id", _sent().where(delivery.c.id == text)),
        ("content id", _received().where(message.c.content_id == text)),
        ("content id", _sent().where(delivery.c.content_id == text)),
        # each sender is asked alone, because the index begins with it
        ("sender's own id", _received().join(endpoint, theirs)),
        ("envelope id", _received().join(envelope, same).where(envelope.c.envelope_id == text)),
        ("envelope id", _sent().where(our_receipt, delivery.c.envelope_id == text)),
    )


def _received() -> sa.Select[Any]:
    columns = (message.c.id.label("message_id"), _NO_DELIVERY, message.c.endpoint, message.c.event)
    return sa.select(*columns).order_by(message.c.seq)


def _sent() -> sa.Select[Any]:
    columns = (delivery.c.message_id, delivery.c.id.label("delivery_id"))
    return sa.select(*columns, delivery.c.endpoint, delivery.c.event).order_by(delivery.c.seq)
