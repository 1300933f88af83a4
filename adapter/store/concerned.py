"""The deliveries that receipts and answers speak of, and which of several is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from adapter.core.model import Layer
from adapter.store.dialects import among
from adapter.store.tables import attempt, delivery, message, receipt
from adapter.store.transaction import Row, Transaction

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
WITHOUT_BYTES = tuple(c for c in delivery.c if c.name not in ("body", "losses"))
_ANSWERED = (
    sa.select(*WITHOUT_BYTES)
    .where(
        among(delivery.c.content_id, "contents"),
        among(delivery.c.endpoint, "names"),
    )
    .order_by(delivery.c.id)
    .with_for_update()
)


def spellings(id_: str) -> list[str]:
    """How an id that is named to us may stand in the store: RFC 9562 writes a UUID in small letters
    and reads it in any. Each is looked up as it stands, so that the index serves."""
    letters = [id_.lower(), id_.upper()] if _UUID.fullmatch(id_) else []
    return list(dict.fromkeys([id_, *letters]))


def deliveries(tx: Transaction, names: Sequence[str], content_id: str) -> list[Row]:
    """The deliveries that endpoints may speak of when they name a content id, oldest first.

    Locked, and without their bytes.
    """
    if tuple(names) not in tx.held.get(("answered", content_id), {}):
        prefetch(tx, {tuple(names): [content_id]})
    ids = tx.held["answered", content_id][tuple(names)]
    return [tx.held["delivery", id_] for id_ in ids]


def prefetch(tx: Transaction, wanted: Mapping[tuple[str, ...], Sequence[str]]) -> None:
    """Lock, always in the same order, the deliveries that many receipts and answers speak of.

    `wanted` has the content ids that the endpoints of one organisation name.
    """
    if not wanted:
        return
    written = {one for contents in wanted.values() for id_ in contents for one in spellings(id_)}
    asked = {"contents": sorted(written), "names": sorted({n for names in wanted for n in names})}
    found = defaultdict[str, list[Row]](list)
    for row in tx.execute(_ANSWERED, asked).mappings():
        tx.held.setdefault(("delivery", row["id"]), dict(row))
        found[row["content_id"]].append(row)
    for names, contents in wanted.items():
        for content_id in contents:
            mine = {names: _meant(found, names, content_id)}
            before = tx.held.get(("answered", content_id), {})
            tx.held["answered", content_id] = before | mine


def _meant(found: Mapping[str, list[Row]], names: Sequence[str], content_id: str) -> list[str]:
    """Ids, oldest first: as it is written, else in any spelling."""
    exact = [row for row in found.get(content_id, ()) if row["endpoint"] in names]
    mine = exact or [
        row
        for one in spellings(content_id)
        for row in found.get(one, ())
        if row["endpoint"] in names
    ]
    return [row["id"] for row in sorted(mine, key=lambda row: row["seq"])]


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
