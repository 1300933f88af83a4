"""The deliveries that a receipt or an answer concerns, looked up by content id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from adapter.core.failures import RECEIPT_MAY_COME
from adapter.core.model import Delivery, Layer
from adapter.store import outbox
from adapter.store.dialects import among
from adapter.store.prefetch import Prefetch
from adapter.store.tables import attempt, delivery, message, receipt
from adapter.store.transaction import Transaction

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LOCK = (
    sa.select(*outbox.WITHOUT_BYTES)
    .where(
        among(delivery.c.content_id, "contents"),
        among(delivery.c.endpoint, "names"),
    )
    .order_by(delivery.c.id)
    .with_for_update()
)


def folded(id_: str) -> str:
    """Return the one spelling by which ids are compared: a UUID in lower case."""
    return id_.lower() if _UUID.fullmatch(id_) else id_


def spellings(id_: str) -> list[str]:
    """Return the spellings in which an id from a receiver may be stored.

    RFC 9562: a UUID is written in lower case and read in any case. Each spelling is looked up
    unchanged, so that the index can be used.
    """
    in_both_cases = [id_.lower(), id_.upper()] if _UUID.fullmatch(id_) else []
    return list(dict.fromkeys([id_, *in_both_cases]))


_CONCERNED = Prefetch[str, Mapping[tuple[str, ...], Sequence[str]]](
    table=delivery, keys=lambda row: spellings(row.get("content_id", ""))
)
"""By content id: for each group of endpoints, the ids of the deliveries that it may mean."""


def deliveries(tx: Transaction, names: Sequence[str], content_id: str) -> list[Delivery]:
    """Return the deliveries that these endpoints may mean by a content id.

    Oldest first, locked, without their bytes.
    """
    group = tuple(names)
    if group not in (tx.kept(_CONCERNED).get(content_id) or {}):
        prefetch(tx, {group: [content_id]})
    return [outbox.hold(tx, id_) for id_ in tx.kept(_CONCERNED)[content_id][group]]


def is_sent(tx: Transaction, content_id: str) -> bool:
    """Whether there is a delivery with this content id."""
    query = sa.select(delivery.c.id).where(delivery.c.content_id == content_id).limit(1)
    return tx.execute(query).scalar_one_or_none() is not None


def prefetch(tx: Transaction, wanted: Mapping[tuple[str, ...], Sequence[str]]) -> None:
    """Lock the deliveries that many receipts and answers concern, in the order of their ids.

    `wanted` has, for each group of endpoints, the content ids that they name.
    """
    if not wanted:
        return
    spelled = {each for contents in wanted.values() for id_ in contents for each in spellings(id_)}
    names = {name for group in wanted for name in group}
    by_content = defaultdict[str, list[Delivery]](list)
    for row in tx.execute(_LOCK, {"contents": sorted(spelled), "names": sorted(names)}).all():
        locked = tx.kept(outbox.DELIVERIES).get(row.id) or outbox.record(row)
        tx.kept(outbox.DELIVERIES)[locked.id] = locked
        by_content[locked.content_id].append(locked)
    for group, contents in wanted.items():
        for content_id in contents:
            known = tx.kept(_CONCERNED).get(content_id) or {}
            meant = {group: _meant(by_content, group, content_id)}
            tx.kept(_CONCERNED)[content_id] = {**known, **meant}


def _meant(
    by_content: Mapping[str, list[Delivery]], names: Sequence[str], content_id: str
) -> list[str]:
    """Return ids, oldest first: by the exact spelling, or else by any spelling."""
    exact = [each for each in by_content.get(content_id, ()) if each.endpoint in names]
    meant = exact or [
        each
        for spelling in spellings(content_id)
        for each in by_content.get(spelling, ())
        if each.endpoint in names
    ]
    return [each.id for each in sorted(meant, key=lambda each: each.seq)]


def receipted(tx: Transaction, ids: Sequence[str], content: str, envelope: str) -> str | None:
    """Return the delivery for which a receipt with one of these ids is stored already."""
    same = sa.or_(message.c.content_id == content, message.c.envelope_id == envelope)
    query = sa.select(receipt.c.delivery_id).join(message, message.c.id == receipt.c.message_id)
    query = query.where(receipt.c.delivery_id.in_(ids), same).order_by(receipt.c.seq)
    return tx.execute(query.limit(1)).scalar_one_or_none()


def unanswered(tx: Transaction, ids: Sequence[str]) -> list[str]:
    """Return those of these deliveries that have fewer application receipts than attempts.

    Only attempts count that may have arrived.
    """
    arrived = attempt.c.code.in_(
        ["", *RECEIPT_MAY_COME]
    )  # "": the transport accepted, or the outcome is unknown
    sendings = _count(attempt, arrived)
    answers = _count(receipt, receipt.c.layer == Layer.APPLICATION)
    query = sa.select(delivery.c.id).where(delivery.c.id.in_(ids), sendings > answers)
    return list(tx.execute(query).scalars())


def _count(table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    rows = sa.select(sa.func.count()).where(table.c.delivery_id == delivery.c.id, condition)
    return rows.scalar_subquery()
