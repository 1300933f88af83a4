"""Which of several deliveries a receipt speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa

from adapter.model import Layer
from adapter.store.tables import attempt, delivery, message, receipt
from adapter.store.transaction import Transaction

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def spellings(id_: str) -> list[str]:
    """How an id that is named to us may stand in the store: RFC 9562 writes a UUID in small letters
    and reads it in any. Each is looked up as it stands, so that the index serves."""
    letters = [id_.lower(), id_.upper()] if _UUID.fullmatch(id_) else []
    return list(dict.fromkeys([id_, *letters]))


def receipted(tx: Transaction, ids: Sequence[str], content: str, envelope: str) -> str | None:
    """Which of these deliveries a receipt with one of these ids has been counted for."""
    same = sa.or_(message.c.content_id == content, message.c.envelope_id == envelope)
    query = sa.select(receipt.c.delivery_id).join(message, message.c.id == receipt.c.message_id)
    query = query.where(receipt.c.delivery_id.in_(ids), same).order_by(receipt.c.seq)
    return tx.execute(query.limit(1)).scalar_one_or_none()


def unanswered(tx: Transaction, ids: Sequence[str]) -> list[str]:
    """Those of these deliveries that may have arrived more often than their receivers' systems
    have answered."""
    arrived = attempt.c.code.in_(("", "timed-out"))  # "": the wire has it, or nobody knows
    sendings = _count(attempt, arrived)
    answers = _count(receipt, receipt.c.layer == Layer.APPLICATION)
    query = sa.select(delivery.c.id).where(delivery.c.id.in_(ids), sendings > answers)
    return list(tx.execute(query).scalars())


def _count(table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    rows = sa.select(sa.func.count()).where(table.c.delivery_id == delivery.c.id, condition)
    return rows.scalar_subquery()
