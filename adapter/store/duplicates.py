"""The duplicate table: which ids of a sender have come before, and with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from adapter.store.bulk_write import InsertNew
from adapter.store.dialects import among
from adapter.store.tables import content, envelope, message
from adapter.store.transaction import Transaction


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


_CONTENTS = sa.select(content).where(
    among(content.c.sender, "senders"),
    among(content.c.content_id, "content_ids"),
)
_ENVELOPES = sa.select(envelope).where(
    among(envelope.c.sender, "senders"),
    among(envelope.c.envelope_id, "envelope_ids"),
)


_ANSWERED = sa.select(
    *(message.c[name] for name in ("id", "case_id", "content_id", "receipt_code", "issues"))
).where(among(message.c.id, "ids"))


def prefetch(tx: Transaction, wanted: Sequence[Ids]) -> None:
    """Ask for the ids of many messages at once. Call with their senders' rows locked."""
    if not wanted:
        return
    keys = [key for ids in wanted for key in (_content(ids), _envelope(ids))]
    found: dict[tuple[str, ...], Any] = dict.fromkeys(keys)
    of = {"senders": sorted({ids.sender for ids in wanted})}
    for row in tx.execute(_CONTENTS, of | {"content_ids": [i.content_id for i in wanted]}):
        found["content", row.sender, row.receiver, row.content_id] = row.message_id
    for row in tx.execute(_ENVELOPES, of | {"envelope_ids": [i.envelope_id for i in wanted]}):
        found["envelope", row.sender, row.receiver, row.envelope_id] = (
            row.content_id,
            row.fingerprint,
        )
    tx.held.update(found)
    firsts = [id_ for key, id_ in found.items() if key[0] == "content" and id_]
    if firsts:
        for first in tx.execute(_ANSWERED, {"ids": firsts}).mappings():
            tx.held["answered message", first["id"]] = first


def _content(ids: Ids) -> tuple[str, ...]:
    return "content", ids.sender, ids.receiver, ids.content_id


def _envelope(ids: Ids) -> tuple[str, ...]:
    return "envelope", ids.sender, ids.receiver, ids.envelope_id


def seen(tx: Transaction, ids: Ids) -> Seen:
    """Whether either id came before. Call with the sender's row locked."""
    if _content(ids) not in tx.held or _envelope(ids) not in tx.held:
        prefetch(tx, [ids])
    first = tx.held[_content(ids)]
    return Seen(verdict=_verdict(tx.held[_envelope(ids)], first, ids), first=first or "")


def _verdict(known: tuple[str, str] | None, first: str | None, ids: Ids) -> Verdict:
    if known is None:
        return Verdict.RESEND if first else Verdict.NEW
    content_id, fingerprint = known
    if content_id != ids.content_id:
        return Verdict.ENVELOPE_REUSED
    return Verdict.COPY if fingerprint == ids.fingerprint else Verdict.CONFLICT


_CONTENT, _ENVELOPE = InsertNew(content), InsertNew(envelope)


def remember(tx: Transaction, ids: Ids, message_id: str) -> None:
    """Write what `seen` will find. A message that is replayed finds itself there already."""
    key = {"sender": ids.sender, "receiver": ids.receiver}
    first = key | {"content_id": ids.content_id, "message_id": message_id}
    tx.later(_CONTENT, first)
    rest = {"content_id": ids.content_id, "fingerprint": ids.fingerprint}
    tx.later(_ENVELOPE, key | {"envelope_id": ids.envelope_id} | rest)
    before = tx.held.get(_content(ids)), tx.held.get(_envelope(ids))
    tx.held[_content(ids)] = before[0] or message_id
    tx.held[_envelope(ids)] = before[1] or (ids.content_id, ids.fingerprint)
