"""The duplicate tables: which content ids and envelope ids of a sender have come before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import sqlalchemy as sa

from adapter.store import inbox, used_ids
from adapter.store.bulk_write import InsertNew
from adapter.store.concerned import folded, spellings
from adapter.store.dialects import among
from adapter.store.prefetch import Prefetch
from adapter.store.tables import content, envelope
from adapter.store.transaction import Transaction


class Verdict(StrEnum):
    """The result for two ids (after MedCom FHIR messaging 4.0, reliable messaging)."""

    NEW = "new"
    COPY = "copy"  # both ids seen, same bytes
    RESEND = "resend"  # content seen, in a new envelope
    ENVELOPE_REUSED = "envelope-reused"
    CONFLICT = "content-conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The ids that identify a message between two parties."""

    sender: str  # endpoint
    receiver: str  # HSA-ids as addressed, joined
    content_id: str
    envelope_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The verdict, and the id of the message that came first ("" when there is none).

    The endpoints that have used the content id, and those that have used the envelope id, for
    any receiver and in any spelling. `elsewhere` is a message of the sender that had the content id
    before, to other receivers. `voided_by` is the recall that came before the message.
    """

    verdict: Verdict
    first: str = ""
    elsewhere: str = ""
    content_used_by: frozenset[str] = frozenset()
    envelope_used_by: frozenset[str] = frozenset()
    voided_by: str = ""


_VOID = "(recalled)"
"""In place of the receiver: the sender has recalled this id before its message came."""
_Key: TypeAlias = tuple[str, str, str]  # sender, receiver, id
_CONTENTS = Prefetch[_Key, str](
    table=content,
    keys=lambda row: [(row["sender"], row["receiver"], row["content_id"])],
)
"""The message that first had a content id; "" where there was none."""
_ENVELOPES = Prefetch[_Key, tuple[str, str]](
    table=envelope,
    keys=lambda row: [(row["sender"], row["receiver"], row["envelope_id"])],
)
"""Content id and fingerprint of the first message in an envelope; ("", "") where there was none."""
_BY_CONTENT = sa.select(content).where(among(content.c.content_id, "content_ids"))
_BY_ENVELOPE = sa.select(envelope).where(among(envelope.c.envelope_id, "envelope_ids"))
_PUT_CONTENT, _PUT_ENVELOPE = InsertNew(content), InsertNew(envelope)


def prefetch(tx: Transaction, wanted: Sequence[Ids]) -> None:
    """Read the ids of many messages at once. Call with their senders' rows locked."""
    if not wanted:
        return
    contents, envelopes = tx.kept(_CONTENTS), tx.kept(_ENVELOPES)
    used = used_ids.Read()
    for ids in wanted:
        contents[_content_key(ids)], envelopes[_envelope_key(ids)] = "", ("", "")
        used.ask(_uses(ids, ""))
    for row in tx.execute(_BY_CONTENT, {"content_ids": _spelled(i.content_id for i in wanted)}):
        contents[row.sender, row.receiver, row.content_id] = row.message_id
        if row.receiver != _VOID:  # to recall an id is not to use it
            used.add(used_ids.of_content(row.sender, row.content_id, row.message_id))
    for row in tx.execute(_BY_ENVELOPE, {"envelope_ids": _spelled(i.envelope_id for i in wanted)}):
        envelopes[row.sender, row.receiver, row.envelope_id] = (row.content_id, row.fingerprint)
        used.add(used_ids.of_envelope(row.sender, row.envelope_id, row.content_id))
    used.keep(tx)
    inbox.prefetch_answered(tx, [first for ids in wanted if (first := contents[_content_key(ids)])])


def make_void(tx: Transaction, sender: str, content_id: str, message_id: str) -> None:
    """Remember that a sender has recalled an id of its own before the message came."""
    id_ = folded(content_id)[:200]
    key = {"sender": sender, "receiver": _VOID, "content_id": id_}
    tx.later(_PUT_CONTENT, key | {"message_id": message_id})
    tx.kept(_CONTENTS)[sender, _VOID, id_] = message_id


def _spelled(ids: Iterable[str]) -> list[str]:
    return [spelling for id_ in ids for spelling in spellings(id_)]


def _content_key(ids: Ids) -> _Key:
    return ids.sender, ids.receiver, ids.content_id


def _envelope_key(ids: Ids) -> _Key:
    return ids.sender, ids.receiver, ids.envelope_id


def _uses(ids: Ids, message_id: str) -> list[used_ids.Use]:
    return [
        *used_ids.of_content(ids.sender, ids.content_id, message_id),
        *used_ids.of_envelope(ids.sender, ids.envelope_id, ids.content_id),
    ]


def seen(tx: Transaction, ids: Ids, message_id: str) -> Seen:
    """Return whether either id of a message came before. Call with the sender's row locked."""
    contents, envelopes = tx.kept(_CONTENTS), tx.kept(_ENVELOPES)
    uses = _uses(ids, message_id)
    if _content_key(ids) not in contents or not used_ids.are_kept(tx, uses):
        prefetch(tx, [ids])
    first = contents[_content_key(ids)]
    used_by, messages, envelope_used_by, inside = (m for _, m in used_ids.kept(tx, uses))
    return Seen(
        verdict=_verdict(envelopes[_envelope_key(ids)], first, ids, inside),
        first=first,
        elsewhere=min(messages - {first, message_id}, default=""),
        content_used_by=used_by,
        envelope_used_by=envelope_used_by,
        voided_by=contents.get((ids.sender, _VOID, folded(ids.content_id))) or "",
    )


def _verdict(known: tuple[str, str], first: str, ids: Ids, inside: frozenset[str]) -> Verdict:
    content_id, fingerprint = known
    if known == ("", ""):
        if inside - {ids.content_id}:
            return Verdict.ENVELOPE_REUSED
        return Verdict.RESEND if first else Verdict.NEW
    if content_id != ids.content_id:
        return Verdict.ENVELOPE_REUSED
    return Verdict.COPY if fingerprint == ids.fingerprint else Verdict.CONFLICT


def remember(tx: Transaction, ids: Ids, message_id: str) -> None:
    """Add the ids of a message. After a replay its own ids are there already, and stay."""
    contents, envelopes = tx.kept(_CONTENTS), tx.kept(_ENVELOPES)
    before = contents.get(_content_key(ids)), envelopes.get(_envelope_key(ids))
    used = used_ids.kept(tx, _uses(ids, message_id))
    key = {"sender": ids.sender, "receiver": ids.receiver}
    tx.later(_PUT_CONTENT, key | {"content_id": ids.content_id, "message_id": message_id})
    row = {"content_id": ids.content_id, "fingerprint": ids.fingerprint}
    tx.later(_PUT_ENVELOPE, key | {"envelope_id": ids.envelope_id} | row)
    contents[_content_key(ids)] = before[0] or message_id
    known = before[1] or ("", "")
    envelopes[_envelope_key(ids)] = (
        known if known != ("", "") else (ids.content_id, ids.fingerprint)
    )
    used_ids.extend(tx, used)
