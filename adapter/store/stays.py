"""Stays: one document for each case, as the case's owner has reported it (vårdtillfälle).

The row of the case is the lock: lock it before its stay is read or written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from adapter.store.bulk_write import Upsert
from adapter.store.dialects import among
from adapter.store.prefetch import Prefetch
from adapter.store.tables import case, stay
from adapter.store.transaction import Transaction

_BODIES = Prefetch[str, str | None](table=stay, keys=lambda row: [row["case_id"]])
"""Documents by case; "" for a case without a stay, None for one whose stay is purged whole."""
_SAVE = Upsert(stay, ("case_id",))
_NOT_PURGED = sa.update(case).where(among(case.c.id, "ids_")).values(purged_at=None)
_OF_CASES = sa.select(stay.c.case_id, stay.c.body).where(among(stay.c.case_id, "ids"))


def prefetch(tx: Transaction, case_ids: Iterable[str]) -> None:
    """Read the stays of many cases in one query."""
    kept = tx.kept(_BODIES)
    asked = [id_ for id_ in dict.fromkeys(case_ids) if id_ not in kept]
    if asked:
        bodies = {row.case_id: row.body for row in tx.execute(_OF_CASES, {"ids": asked})}
        for id_ in asked:
            body = bodies.get(id_, b"")
            kept[id_] = None if body is None else bytes(body).decode()


def open_cases(tx: Transaction, since: datetime) -> list[str]:
    """Return the ids of cases with a stay that are open, or were closed after that time."""
    lasts = sa.or_(case.c.closed_at.is_(None), case.c.closed_at > since)
    query = sa.select(stay.c.case_id).join(case, case.c.id == stay.c.case_id)
    return list(
        tx.execute(query.where(lasts, stay.c.body.is_not(None)).order_by(case.c.id)).scalars()
    )


def begin(tx: Transaction, case_id: str) -> None:
    """Note that a case has just been opened: it has no stay, and none need be read."""
    tx.kept(_BODIES)[case_id] = ""


def get(tx: Transaction, case_id: str) -> str:
    """Return the JSON text of a case's stay; "" when it has none, or when it is purged."""
    prefetch(tx, [case_id])
    return tx.kept(_BODIES)[case_id] or ""


def described_again(tx: Transaction, case_id: str) -> None:
    """Note that a message describes the stay of a purged case: it is purged again in its time."""
    tx.execute(_NOT_PURGED, {"ids_": [case_id]})


def save(tx: Transaction, case_id: str, body: str, now: datetime) -> None:
    """Write the stay of a case: a new one, or in place of the one before.

    A case whose bodies were purged has a body again, and is purged again in its time.
    """
    prefetch(tx, [case_id])
    if tx.kept(_BODIES)[case_id] is None:
        described_again(tx, case_id)
    tx.later(_SAVE, {"case_id": case_id, "body": body.encode(), "updated_at": now})
    tx.kept(_BODIES)[case_id] = body
