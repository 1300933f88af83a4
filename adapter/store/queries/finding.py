"""Cases and messages by what a person has in hand: any id, a name, a visit number, a patient."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapter.store import cases
from adapter.store.dialects import among
from adapter.store.queries.matches import message_ids
from adapter.store.tables import alias, case, message
from adapter.store.transaction import Transaction

MOST = 50


def case_ids(tx: Transaction, text: str) -> list[str]:
    """Return the cases of an id, a name, a visit number, or any id that `message_ids` knows."""
    if id_ := cases.by_any_id(tx, text):
        return [id_]
    visits = sa.select(alias.c.case_id).where(alias.c.visit == text).order_by(alias.c.name)
    if ids := list(dict.fromkeys(tx.execute(visits.limit(MOST)).scalars())):
        return ids
    carried = sa.select(message.c.case_id).where(
        among(message.c.id, "ids_"), message.c.case_id.is_not(None)
    )
    return sorted(set(tx.execute(carried, {"ids_": message_ids(tx, text)}).scalars()))


def of_patient(tx: Transaction, digests: Sequence[str]) -> list[str]:
    """Return the newest cases of a person, by the keyed hashes of the person's numbers."""
    query = sa.select(case.c.id).where(among(case.c.patient, "digests_"))
    newest = query.order_by(case.c.seq.desc()).limit(MOST)
    return list(tx.execute(newest, {"digests_": list(digests)}).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHead:
    """What tells one case from another."""

    id: str
    name: str
    opened_at: datetime
    closed_at: datetime | None
    protected: bool


def heads(tx: Transaction, ids: Collection[str]) -> list[CaseHead]:
    """Return the heads of these cases, the newest first."""
    columns = (case.c.id, case.c.name, case.c.opened_at, case.c.closed_at, case.c.protected)
    query = sa.select(*columns).where(among(case.c.id, "ids_")).order_by(case.c.seq.desc())
    return [CaseHead(**row) for row in tx.execute(query, {"ids_": list(ids)}).mappings()]
