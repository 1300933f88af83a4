"""Messages that have arrived. Every arrival is a row, also a copy, so that each is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import Ruling, Standing, rule
from adapter.core.model import Envelope, Message
from adapter.core.record_ids import Record, new_id
from adapter.store.bulk_write import Complete
from adapter.store.dialects import ONE, among
from adapter.store.tables import message, one_of, place, sender
from adapter.store.transaction import Row, Transaction


def arrived(letter: Envelope, now: datetime) -> Message:
    """What a transport received, as a message of ours."""
    return Message(
        id=new_id(Record.MESSAGE),
        endpoint=letter.endpoint,
        body=letter.body,
        fingerprint=hashlib.sha256(letter.body).hexdigest(),
        received_at=now,
        claimed_event=_plain(letter.event)[:60],
    )


def _plain(text: str) -> str:
    """What a stranger claimed, without the one character that PostgreSQL's text cannot hold."""
    return text.replace("\x00", "")


def put(
    tx: Transaction, letters: Sequence[tuple[Message, Envelope]], values: dict[str, Any]
) -> None:
    """Store arrivals; `values` hold for all of them."""
    rows = [
        {
            "id": m.id,
            "endpoint": m.endpoint,
            "received_at": m.received_at,
            "body": m.body,
            "fingerprint": m.fingerprint,
            "claimed_event": m.claimed_event,
            "claimed_id": _plain(letter.id)[:200],
            "content_type": _plain(letter.content_type)[:120],
            "standing": Standing.RECEIVED,
        }
        | values
        for m, letter in letters
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
    """Endpoints with unprocessed messages, and how many, counted up to `most`; those with the
    oldest first."""
    return {row.name: row.waiting for row in tx.execute(_SENDERS, {"limit_": most})}


def claim(tx: Transaction, name: str, limit: int) -> list[Message]:
    """The oldest unprocessed messages of one sender, receipts first.

    Call with the sender's row locked: nobody else then works on this sender's messages.
    """
    rows = tx.execute(_UNPROCESSED, {"name_": name, "limit_": limit}).mappings()
    return [Message(**row) for row in rows]


_UNPROCESSED = (
    sa.select(*_FIELDS)
    .where(_waiting, message.c.endpoint == sa.bindparam("name_"))
    .order_by(place, message.c.seq)
    .limit(sa.bindparam("limit_", type_=sa.Integer))
)


def still_waiting(tx: Transaction, messages: Sequence[Message]) -> set[str]:
    """Ids of those of these messages that are still unprocessed."""
    rows = tx.execute(_STANDING, {"ids_": [m.id for m in messages]})
    return {row.id for row in rows if row.standing == Standing.RECEIVED}


_STANDING = sa.select(message.c.id, message.c.standing).where(among(message.c.id, "ids_"))


def count_try(tx: Transaction, ids: Sequence[str]) -> None:
    """Remember that we begin: a message that kills the process must not do so for ever."""
    if ids:
        tx.execute(_AGAIN, {"ids_": ids})


_AGAIN = sa.update(message).where(among(message.c.id, "ids_")).values(tries=message.c.tries + 1)


def settle(tx: Transaction, id_: str, ruling: Ruling, **values: Any) -> Standing:
    """Move one message along its table, and note what was found."""
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


def note(tx: Transaction, id_: str, **values: Any) -> None:
    """Write what was found out about a message. None leaves a column as it is."""
    if strange := values.keys() - set(_NOTED):
        raise TypeError(f"no columns to note: {', '.join(sorted(strange))}")
    tx.held.pop(("answered message", id_), None)
    tx.later(_NOTE, {"id": id_} | {name: values.get(name) for name in _NOTED})


def lock(tx: Transaction, ids: Sequence[str]) -> None:
    """Hold these messages, always in the same order."""
    query = sa.select(message.c.id).where(message.c.id.in_(ids)).order_by(message.c.id)
    tx.execute(query.with_for_update()).all()


def get(tx: Transaction, id_: str) -> Row | None:
    """One message with all its columns."""
    return tx.execute(sa.select(message).where(message.c.id == id_)).mappings().one_or_none()


def recorded(tx: Transaction, case_id: str, at: str, events: Sequence[str]) -> str:
    """The message of a case that the source recorded at a time; "" when there is none."""
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
    """Be the only one who processes these senders' messages; those whom nobody else processes."""
    query = _SENDER.with_for_update(skip_locked=True)
    return list(tx.execute(query, {"names_": list(names)}).scalars())


def wait_for_senders(tx: Transaction, names: Collection[str]) -> None:
    """As `lock_senders`, for those that must be processed now; always in the same order."""
    tx.execute(_SENDER.with_for_update(), {"names_": list(names)}).all()


_SENDER = sa.select(sender.c.name).where(among(sender.c.name, "names_")).order_by(sender.c.name)


def answered(tx: Transaction, id_: str) -> Row | None:
    """A message that was decided on, and how it was answered; without its bytes."""
    return tx.held.get(("answered message", id_)) or get(tx, id_)
