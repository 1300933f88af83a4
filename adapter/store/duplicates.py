"""The duplicate tables: which content ids and envelope ids of a sender have come before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import sqlalchemy as sa

from adapter.store import inbox
from adapter.store.bulk_write import InsertNew
from adapter.store.concerned import folded, spellings
from adapter.store.dialects import among
from adapter.store.prefetch import Kept, Prefetch
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
    any receiver and in any spelling. `voided_by` is the recall that came before the message.
    """

    verdict: Verdict
    first: str = ""
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
_CONTENT_USED = Prefetch[str, frozenset[str]](
    table=content, keys=lambda row: [folded(row["content_id"])]
)
_ENVELOPE_USED = Prefetch[str, frozenset[str]](
    table=envelope, keys=lambda row: [folded(row["envelope_id"])]
)
"""The endpoints that have used an id."""
_BY_CONTENT = sa.select(content).where(among(content.c.content_id, "content_ids"))
_BY_ENVELOPE = sa.select(envelope).where(among(envelope.c.envelope_id, "envelope_ids"))
_PUT_CONTENT, _PUT_ENVELOPE = InsertNew(content), InsertNew(envelope)


def prefetch(tx: Transaction, wanted: Sequence[Ids]) -> None:
    """Read the ids of many messages at once. Call with their senders' rows locked."""
    if not wanted:
        return
    contents, envelopes = tx.kept(_CONTENTS), tx.kept(_ENVELOPES)
    for ids in wanted:
        contents[_content_key(ids)], envelopes[_envelope_key(ids)] = "", ("", "")
    used = {folded(ids.content_id): frozenset[str]() for ids in wanted}
    for row in tx.execute(_BY_CONTENT, {"content_ids": _spelled(i.content_id for i in wanted)}):
        contents[row.sender, row.receiver, row.content_id] = row.message_id
        if row.receiver != _VOID:  # to recall an id is not to use it
            used[folded(row.content_id)] |= {row.sender}
    _keep(tx.kept(_CONTENT_USED), used)
    used = {folded(ids.envelope_id): frozenset[str]() for ids in wanted}
    for row in tx.execute(_BY_ENVELOPE, {"envelope_ids": _spelled(i.envelope_id for i in wanted)}):
        envelopes[row.sender, row.receiver, row.envelope_id] = (row.content_id, row.fingerprint)
        used[folded(row.envelope_id)] |= {row.sender}
    _keep(tx.kept(_ENVELOPE_USED), used)
    inbox.prefetch_answered(tx, [first for ids in wanted if (first := contents[_content_key(ids)])])


def make_void(tx: Transaction, sender: str, content_id: str, message_id: str) -> None:
    """Remember that a sender has recalled an id of its own before the message came."""
    id_ = folded(content_id)[:200]
    key = {"sender": sender, "receiver": _VOID, "content_id": id_}
    tx.later(_PUT_CONTENT, key | {"message_id": message_id})
    tx.kept(_CONTENTS)[sender, _VOID, id_] = message_id


def _spelled(ids: Iterable[str]) -> list[str]:
    return [spelling for id_ in ids for spelling in spellings(id_)]


def _keep(kept: Kept[str, frozenset[str]], used: Mapping[str, frozenset[str]]) -> None:
    for id_, senders in used.items():
        kept[id_] = senders


def _content_key(ids: Ids) -> _Key:
    return ids.sender, ids.receiver, ids.content_id


def _envelope_key(ids: Ids) -> _Key:
    return ids.sender, ids.receiver, ids.envelope_id


def seen(tx: Transaction, ids: Ids) -> Seen:
    """Return whether either id came before. Call with the sender's row locked."""
    contents, envelopes = tx.kept(_CONTENTS), tx.kept(_ENVELOPES)
    if _content_key(ids) not in contents or folded(ids.envelope_id) not in tx.kept(_ENVELOPE_USED):
        prefetch(tx, [ids])
    first = contents[_content_key(ids)]
    return Seen(
        verdict=_verdict(envelopes[_envelope_key(ids)], first, ids),
        first=first,
        content_used_by=tx.kept(_CONTENT_USED).get(folded(ids.content_id)) or frozenset(),
        envelope_used_by=tx.kept(_ENVELOPE_USED).get(folded(ids.envelope_id)) or frozenset(),
        voided_by=contents.get((ids.sender, _VOID, folded(ids.content_id))) or "",
    )


def _verdict(known: tuple[str, str], first: str, ids: Ids) -> Verdict:
    content_id, fingerprint = known
    if known == ("", ""):
        return Verdict.RESEND if first else Verdict.NEW
    if content_id != ids.content_id:
        return Verdict.ENVELOPE_REUSED
    return Verdict.COPY if fingerprint == ids.fingerprint else Verdict.CONFLICT


def check(tx: Transaction, ids: Ids, message_id: str) -> Seen:
    """As `seen`; remember what is new, or what this message itself had when it first came."""
    known = seen(tx, ids)
    if known.verdict is Verdict.NEW or known.first == message_id:
        remember(tx, ids, message_id)
    return known


def remember(tx: Transaction, ids: Ids, message_id: str) -> None:
    """Add the ids of a message. After a replay its own ids are there already, and stay."""
    contents, envelopes = tx.kept(_CONTENTS), tx.kept(_ENVELOPES)
    before = contents.get(_content_key(ids)), envelopes.get(_envelope_key(ids))
    used = {
        kind: (folded(id_), tx.kept(kind).get(folded(id_)))
        for kind, id_ in ((_CONTENT_USED, ids.content_id), (_ENVELOPE_USED, ids.envelope_id))
    }
    key = {"sender": ids.sender, "receiver": ids.receiver}
    tx.later(_PUT_CONTENT, key | {"content_id": ids.content_id, "message_id": message_id})
    row = {"content_id": ids.content_id, "fingerprint": ids.fingerprint}
    tx.later(_PUT_ENVELOPE, key | {"envelope_id": ids.envelope_id} | row)
    contents[_content_key(ids)] = before[0] or message_id
    known = before[1] or ("", "")
    envelopes[_envelope_key(ids)] = (
        known if known != ("", "") else (ids.content_id, ids.fingerprint)
    )
    for kind, (id_, senders) in used.items():
        if senders is not None:
            tx.kept(kind)[id_] = senders | {ids.sender}
