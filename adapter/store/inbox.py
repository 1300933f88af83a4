"""Messages that have arrived. Every arrival is a row, also a copy, so that each is answered."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from adapter.lifecycle import Ruling, Standing, rule
from adapter.model import Envelope, Message
from adapter.store.tables import content, envelope, message, one_of, sender


def new_id(prefix: str) -> str:
    """A short id of ours, unique without asking the database: `m-…` or `d-…`."""
    return f"{prefix}-{secrets.token_hex(10)}"


def arrived(letter: Envelope, now: datetime) -> Message:
    """What a transport received, as a message of ours."""
    return Message(
        id=new_id("m"),
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
    tx: sa.Connection, letters: Sequence[tuple[Message, Envelope]], values: dict[str, Any]
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
        tx.execute(sa.insert(message), rows)


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
_UNPROCESSED = (
    sa.select(*_FIELDS)
    .where(_waiting)
    .order_by(message.c.claimed_event != "receipt", message.c.seq)
)


def senders_waiting(tx: sa.Connection) -> list[str]:
    """Endpoints with unprocessed messages, those with the oldest first."""
    oldest = sa.func.min(message.c.seq)
    query = sa.select(message.c.endpoint).where(_waiting).group_by(message.c.endpoint)
    return list(tx.execute(query.order_by(oldest)).scalars())


def claim(tx: sa.Connection, name: str, limit: int) -> list[Message]:
    """The oldest unprocessed messages of one sender, receipts first.

    Call with the sender's row locked: nobody else then works on this sender's messages.
    """
    query = _UNPROCESSED.where(message.c.endpoint == name).limit(limit)
    return [Message(**row) for row in tx.execute(query).mappings()]


def waiting(tx: sa.Connection, ids: Sequence[str]) -> list[Message]:
    """Those of these messages that are still unprocessed, receipts first."""
    query = _UNPROCESSED.where(message.c.id.in_(ids))
    return [Message(**row) for row in tx.execute(query).mappings()]


def count_try(tx: sa.Connection, ids: Sequence[str]) -> None:
    """Remember that we begin: a message that kills the process must not do so for ever."""
    if ids:
        again = sa.update(message).where(message.c.id.in_(ids))
        tx.execute(again.values(tries=message.c.tries + 1))


def settle(tx: sa.Connection, id_: str, ruling: Ruling, **values: Any) -> Standing:
    """Move one message along its table, and note what was found."""
    query = sa.select(message.c.standing).where(message.c.id == id_).with_for_update()
    standing = rule(Standing(tx.execute(query).scalar_one()), ruling)
    tx.execute(sa.update(message).where(message.c.id == id_).values(standing=standing, **values))
    return standing


def note(tx: sa.Connection, id_: str, **values: Any) -> None:
    """Write what was found out about a message, other than its standing."""
    tx.execute(sa.update(message).where(message.c.id == id_).values(**values))


def get(tx: sa.Connection, id_: str) -> sa.RowMapping | None:
    """One message with all its columns."""
    return tx.execute(sa.select(message).where(message.c.id == id_)).mappings().one_or_none()


def reused(tx: sa.Connection, m: Message, claimed_id: str) -> bool:
    """Whether the sender gave the same id to other bytes before (real feeds restart MSH-10)."""
    query = sa.select(message.c.id).where(
        message.c.endpoint == m.endpoint,
        message.c.claimed_id == claimed_id,
        message.c.fingerprint != m.fingerprint,
    )
    return tx.execute(query.limit(1)).first() is not None


def lock_sender(tx: sa.Connection, name: str) -> bool:
    """Be the only one who processes this sender's messages; False when somebody else does."""
    query = sa.select(sender.c.name).where(sender.c.name == name)
    return tx.execute(query.with_for_update(skip_locked=True)).scalar_one_or_none() is not None


def wait_for_sender(tx: sa.Connection, name: str) -> None:
    """As `lock_sender`, for doors whose sender waits for the answer."""
    query = sa.select(sender.c.name).where(sender.c.name == name)
    tx.execute(query.with_for_update()).scalar_one()


class Verdict(StrEnum):
    """What the duplicate table says of two ids (after MedCom FHIR messaging 4.0, reliable)."""

    NEW = "new"
    COPY = "copy"  # both ids seen, same bytes
    RESEND = "resend"  # content seen, in a new envelope
    ENVELOPE_REUSED = "envelope-reused"
    CONFLICT = "content-conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """What names one message between two parties."""

    sender: str  # endpoint
    receiver: str  # HSA-ids as addressed, joined
    content_id: str
    envelope_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the duplicate table knows: the verdict, and the message that came first."""

    verdict: Verdict
    first: str = ""


_FIRST = sa.select(content.c.message_id).where(
    content.c.sender == sa.bindparam("sender"),
    content.c.receiver == sa.bindparam("receiver"),
    content.c.content_id == sa.bindparam("content_id"),
)
_ENVELOPE = sa.select(envelope.c.content_id, envelope.c.fingerprint).where(
    envelope.c.sender == sa.bindparam("sender"),
    envelope.c.receiver == sa.bindparam("receiver"),
    envelope.c.envelope_id == sa.bindparam("envelope_id"),
)


def seen(tx: sa.Connection, ids: Ids) -> Seen:
    """Look both ids up. Call with the sender's row locked."""
    key = {"sender": ids.sender, "receiver": ids.receiver}
    first = tx.execute(_FIRST, key | {"content_id": ids.content_id}).scalar_one_or_none()
    known = tx.execute(_ENVELOPE, key | {"envelope_id": ids.envelope_id}).mappings().one_or_none()
    return Seen(verdict=_verdict(known, first, ids), first=first or "")


def _verdict(known: sa.RowMapping | None, first: str | None, ids: Ids) -> Verdict:
    if known is None:
        return Verdict.RESEND if first else Verdict.NEW
    if known["content_id"] != ids.content_id:
        return Verdict.ENVELOPE_REUSED
    return Verdict.COPY if known["fingerprint"] == ids.fingerprint else Verdict.CONFLICT


def remember(tx: sa.Connection, ids: Ids, message_id: str) -> None:
    """Write what `seen` will find. A message that is replayed finds itself there already."""
    key = {"sender": ids.sender, "receiver": ids.receiver}
    first = key | {"content_id": ids.content_id, "message_id": message_id}
    tx.execute(insert_ignore(tx, content), [first])
    rest = {"content_id": ids.content_id, "fingerprint": ids.fingerprint}
    tx.execute(insert_ignore(tx, envelope), [key | {"envelope_id": ids.envelope_id} | rest])


@cache
def _insert_ignore(table: sa.Table, dialect: str) -> sa.Insert:
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
    statement: sa.Insert = insert(table).on_conflict_do_nothing()
    return statement


def insert_ignore(tx: sa.Connection, table: sa.Table) -> sa.Insert:
    """INSERT … ON CONFLICT DO NOTHING, in the words of the database at hand."""
    return _insert_ignore(table, tx.dialect.name)
