"""Participants of a case: one row for each endpoint and need (berörd enhet).

The row of the case is the lock: lock it before its participants are read or written. Before a
right ends or changes, lock the open deliveries under it too (`outbox.lock_open` says why).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from typing import Any

import sqlalchemy as sa

from adapter.core.participant import Participant, number_of_right
from adapter.store.bulk_write import Upsert
from adapter.store.dialects import among
from adapter.store.prefetch import Prefetch
from adapter.store.tables import participant
from adapter.store.transaction import Transaction

_ROWS = Prefetch[str, tuple[Participant, ...]](
    table=participant, keys=lambda row: [row["case_id"]], parameter="case_ids_"
)
"""Participants by case, ended ones too."""
_SAVE = Upsert(participant, ("case_id", "endpoint", "need"))
_FIELDS = tuple(field.name for field in fields(Participant))
_OF_CASES = (
    sa.select(*(participant.c[name] for name in _FIELDS))
    .where(among(participant.c.case_id, "ids"))
    .order_by(participant.c.case_id, participant.c.endpoint, participant.c.need)
)


def prefetch(tx: Transaction, case_ids: Iterable[str]) -> None:
    """Read the participants of many cases in one query."""
    kept = tx.kept(_ROWS)
    asked = [id_ for id_ in dict.fromkeys(case_ids) if id_ not in kept]
    if not asked:
        return
    rows = [_participant(row) for row in tx.execute(_OF_CASES, {"ids": asked}).mappings()]
    for id_ in asked:
        kept[id_] = tuple(row for row in rows if row.case_id == id_)


def begin(tx: Transaction, case_id: str) -> None:
    """Note that a case has just been opened: it has no participants, and none need be read."""
    tx.kept(_ROWS)[case_id] = ()


def _participant(row: sa.RowMapping) -> Participant:
    texts = {name: bytes(row[name] or b"").decode() for name in ("told", "queued")}
    return Participant(**{**row, **texts})


def of_case(tx: Transaction, case_id: str) -> list[Participant]:
    """Return the participants of a case by endpoint and need, those that ended too."""
    prefetch(tx, [case_id])
    return list(tx.kept(_ROWS)[case_id])


def right_no(tx: Transaction, case_id: str, mailbox: Collection[str]) -> int:
    """Return the number of the right in a case of an endpoint with this mailbox."""
    return number_of_right(of_case(tx, case_id), mailbox)


def save(tx: Transaction, row: Participant) -> None:
    """Write a participant: a new row, or in place of the one with the same key."""
    others = [other for other in of_case(tx, row.case_id) if other.key != row.key]
    tx.later(_SAVE, _values(row))
    tx.kept(_ROWS)[row.case_id] = tuple(sorted([*others, row], key=lambda each: each.key))


def inherit(tx: Transaction, case_id: str, old: str, new: str) -> bool:
    """Give the rows of a replaced endpoint to its successor. Return whether there were any.

    The number of the right stays, so nothing that is queued is judged again for that. Where the
    successor has a row for the same need, that row gets the number, and stays open if either is.
    """
    rows = of_case(tx, case_id)
    moved = [row for row in rows if row.endpoint == old]
    own = {row.need: row for row in rows if row.endpoint == new}
    if moved:
        tx.execute(_LEAVE, {"case_ids_": [case_id], "endpoint_": old})
    for row in moved:
        heir = own.get(row.need)
        save(tx, replace(row, endpoint=new) if heir is None else _joined(heir, row))
    return bool(moved)


_LEAVE = sa.delete(participant).where(
    among(participant.c.case_id, "case_ids_"),
    participant.c.endpoint == sa.bindparam("endpoint_"),
)


def _joined(heir: Participant, row: Participant) -> Participant:
    open_ = row if row.until is None and heir.until is not None else heir
    return replace(
        heir,
        until=open_.until,
        ended=open_.ended,
        right_no=heir.right_no + row.right_no,
        told=heir.told or row.told,
    )


def _values(row: Participant) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _FIELDS}
    return values | {"told": row.told.encode() or None, "queued": row.queued.encode() or None}
