"""Messages that have arrived. Only this file writes `message.standing`.

Every arrival is a row, also a copy: each arrival gets a receipt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import Ruling, Standing, rule
from adapter.core.model import CUT_OFF, Envelope, Message, StoredMessage
from adapter.core.record_ids import Record, new_id
from adapter.store import blobs
from adapter.store.bulk_write import Complete
from adapter.store.dialects import ONE, among
from adapter.store.indexes import one_of, place
from adapter.store.prefetch import Prefetch
from adapter.store.tables import message, sender
from adapter.store.transaction import Transaction


def arrived(envelope: Envelope, now: datetime) -> Message:
    """Return a new message for what a transport received."""
    whole = envelope.whole
    return Message(
        id=new_id(Record.MESSAGE),
        endpoint=envelope.endpoint,
        body=envelope.body,
        fingerprint=whole.digest if whole else hashlib.sha256(envelope.body).hexdigest(),
        received_at=now,
        claimed_event=_without_nul(envelope.event)[:60],
        note=f"{CUT_OFF} {whole.size} bytes" if whole else "",
    )


def _without_nul(text: str) -> str:
    """Return a text without NUL, the one character that PostgreSQL cannot store."""
    return text.replace("\x00", "")


def put(
    tx: Transaction, arrivals: Sequence[tuple[Message, Envelope]], values: dict[str, Any]
) -> None:
    """Insert arrivals; `values` are further columns, equal for all."""
    rows = [
        {
            "id": m.id,
            "endpoint": m.endpoint,
            "received_at": m.received_at,
            "body": blobs.stored(tx, m.id, m.body),
            "fingerprint": m.fingerprint,
            "claimed_event": m.claimed_event,
            "claimed_id": _without_nul(envelope.id)[:200],
            "content_type": _without_nul(envelope.content_type)[:120],
            "standing": Standing.RECEIVED,
            "note": m.note,
        }
        | values
        for m, envelope in arrivals
    ]
    if rows:
        tx.execute(_PUT, rows)


_PUT = sa.insert(message).inline()


_FIELDS = (
    message.c.id,
    message.c.endpoint,
    message.c.body,
    message.c.fingerprint,
    message.c.received_at,
    message.c.claimed_event,
    message.c.direct,
    message.c.tries,
    message.c.note,
)
_waiting = one_of(message.c.standing, Standing.RECEIVED)
_theirs = message.c.endpoint == sender.c.name
_FIRST = (
    sa.select(message.c.seq)
    .where(_waiting, _theirs)
    .order_by(place, message.c.seq)
    .limit(ONE)
    .scalar_subquery()
)
_SOME = sa.select(message.c.seq).where(_waiting, _theirs).limit(sa.bindparam("limit_"))
_COUNT = sa.select(sa.func.count()).select_from(_SOME.correlate(sender).subquery())
_SENDERS = (
    sa.select(sender.c.name, _COUNT.scalar_subquery().label("waiting"))
    .where(_FIRST.is_not(None))
    .order_by(_FIRST)
)


def senders_waiting(tx: Transaction, most: int) -> dict[str, int]:
    """Return endpoints with unprocessed messages, and how many, counted up to `most`.

    The endpoint with the oldest message comes first.
    """
    return {row.name: row.waiting for row in tx.execute(_SENDERS, {"limit_": most})}


def claim(tx: Transaction, name: str, limit: int) -> list[Message]:
    """Return the oldest unprocessed messages of a sender, receipts first.

    Call with the sender's row locked: then no other process works on this sender's messages.
    """
    rows = tx.execute(_UNPROCESSED, {"name_": name, "limit_": limit}).mappings()
    return [Message(**{**row, "body": blobs.whole(tx, row["body"])}) for row in rows.all()]


_UNPROCESSED = (
    sa.select(*_FIELDS)
    .where(_waiting, message.c.endpoint == sa.bindparam("name_"))
    .order_by(place, message.c.seq)
    .limit(sa.bindparam("limit_", type_=sa.Integer))
)


def still_waiting(tx: Transaction, messages: Sequence[Message]) -> set[str]:
    """Return the ids of those of these messages that are still unprocessed."""
    rows = tx.execute(_STANDING, {"ids_": [m.id for m in messages]})
    return {row.id for row in rows if row.standing == Standing.RECEIVED}


_STANDING = sa.select(message.c.id, message.c.standing).where(among(message.c.id, "ids_"))


def count_try(tx: Transaction, ids: Sequence[str]) -> None:
    """Count a try before it begins, so that a message cannot kill the process for ever."""
    if ids:
        tx.execute(_AGAIN, {"ids_": ids})


_AGAIN = sa.update(message).where(among(message.c.id, "ids_")).values(tries=message.c.tries + 1)


def settle(tx: Transaction, id_: str, ruling: Ruling, **values: Any) -> Standing:
    """Change the standing of a message by its transition table, and write further columns."""
    query = sa.select(message.c.standing).where(message.c.id == id_).with_for_update()
    standing = rule(Standing(tx.execute(query).scalar_one()), ruling)
    tx.execute(sa.update(message).where(message.c.id == id_).values(standing=standing, **values))
    return standing


_NOTED = (
    *("event", "content_id", "envelope_id", "case_id", "recorded", "standing", "claimed_id"),
    *("code", "detail", "note", "losses", "issues", "shared", "taken_by"),
    *("receipt_code", "receipt_body"),
)
_NOTE = Complete(message, ("id",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A processed message, and the receipt that it got."""

    id: str
    case_id: str | None
    content_id: str
    receipt_code: str
    issues: str
    receipt_body: bytes | None


_ANSWERED = Prefetch[str, Answered](table=message, keys=lambda row: [row["id"]])
_ANSWERS = tuple(message.c[field.name] for field in fields(Answered))
_BY_IDS = sa.select(*_ANSWERS).where(among(message.c.id, "ids"))


def prefetch_answered(tx: Transaction, ids: Sequence[str]) -> None:
    """Read the receipts that these messages got, in one query."""
    if ids:
        for row in tx.execute(_BY_IDS, {"ids": ids}).mappings():
            tx.kept(_ANSWERED)[row["id"]] = Answered(**row)


def answered(tx: Transaction, id_: str) -> Answered | None:
    """Return the receipt that a message got; None when there is no such message."""
    if id_ not in tx.kept(_ANSWERED):
        prefetch_answered(tx, [id_])
    return tx.kept(_ANSWERED).get(id_)


def note(tx: Transaction, id_: str, **values: Any) -> None:
    """Write the result of processing a message. None leaves a column as it is."""
    if unknown := values.keys() - set(_NOTED):
        raise TypeError(f"no columns to note: {', '.join(sorted(unknown))}")
    tx.later(_NOTE, {"id": id_} | {name: values.get(name) for name in _NOTED})


def lock(tx: Transaction, ids: Sequence[str]) -> None:
    """Lock these messages, always in the order of their ids."""
    query = sa.select(message.c.id).where(message.c.id.in_(ids)).order_by(message.c.id)
    tx.execute(query.with_for_update()).all()


def get(tx: Transaction, id_: str) -> StoredMessage | None:
    """Return a message with all its columns, or None."""
    row = tx.execute(sa.select(*_ALL).where(message.c.id == id_)).mappings().one_or_none()
    return None if row is None else _stored(tx, row)


def several(tx: Transaction, ids: Collection[str]) -> list[StoredMessage]:
    """Return those of these messages that there are, with all their columns."""
    rows = tx.execute(_SEVERAL, {"ids_": list(ids)}).mappings().all()
    return [_stored(tx, row) for row in rows]


def _stored(tx: Transaction, row: Any) -> StoredMessage:
    made = {"standing": Standing(row["standing"]), "body": blobs.whole(tx, row["body"])}
    return StoredMessage(**{**row, **made})


_ALL = tuple(message.c[field.name] for field in fields(StoredMessage))
_SEVERAL = sa.select(*_ALL).where(among(message.c.id, "ids_"))


def of_case(tx: Transaction, case_id: str, events: Sequence[str]) -> list[StoredMessage]:
    """Return the processed messages of a case with one of these events, in their order."""
    query = sa.select(message.c.id).where(
        message.c.case_id == case_id,
        message.c.event.in_(events),
        message.c.standing == Standing.PROCESSED,
    )
    ids = list(tx.execute(query.order_by(message.c.seq)).scalars())
    by_id = {stored.id: stored for stored in several(tx, ids)}
    return [by_id[id_] for id_ in ids if id_ in by_id]


def recorded(tx: Transaction, case_id: str, at: str, events: Sequence[str]) -> str:
    """Return the message of a case that its source recorded at a time; "" for none."""
    query = sa.select(message.c.id).where(
        message.c.case_id == case_id, message.c.recorded == at, message.c.event.in_(events)
    )
    return tx.execute(query.order_by(message.c.seq).limit(1)).scalar_one_or_none() or ""


def reused(tx: Transaction, m: Message, claimed_id: str) -> bool:
    """Whether the sender gave the same id to other bytes before (real feeds restart MSH-10)."""
    query = sa.select(message.c.id).where(
        message.c.endpoint == m.endpoint,
        message.c.claimed_id == claimed_id,
        message.c.fingerprint != m.fingerprint,
    )
    return tx.execute(query.limit(1)).first() is not None


def lock_senders(tx: Transaction, names: Collection[str]) -> list[str]:
    """Lock those of these senders that no other transaction has locked, and return them."""
    query = _SENDER.with_for_update(skip_locked=True)
    return list(tx.execute(query, {"names_": list(names)}).scalars())


def wait_for_senders(tx: Transaction, names: Collection[str]) -> None:
    """Lock these senders, waiting for other transactions; always in the order of the names."""
    tx.execute(_SENDER.with_for_update(), {"names_": list(names)}).all()


_SENDER = sa.select(sender.c.name).where(among(sender.c.name, "names_")).order_by(sender.c.name)
