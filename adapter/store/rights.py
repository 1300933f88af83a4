"""The right under which a delivery was queued, compared with its receiver's right now.

A delivery carries the number of its receiver's right (`delivery.right_no`); NULL is exempt. The
number is that of `core.participant.number_of_right`, here in SQL.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from adapter.store.columns import Instant
from adapter.store.dialects import ONE, among
from adapter.store.tables import delivery, participant
from adapter.store.transaction import Transaction


class Right(StrEnum):
    """How the right of a delivery's receiver is now."""

    STANDS = "stands"
    CHANGED = "changed"  # its number is another than when the delivery was queued
    ENDED = "ended"  # no row of its mailbox is open


def compare(
    tx: Transaction, ids: Collection[str], mailbox: Collection[str], now: datetime
) -> dict[str, Right]:
    """Return the rights of these deliveries, which must be locked.

    `mailbox` is that of their receiver. A row of any endpoint in it counts: a delivery may move
    before the receiver's rows do, and one that may have arrived stays.

    The rows of participants are not locked. A transaction that changes them locks the deliveries
    first (`outbox.lock_open`). So it is either committed, and seen here, or it waits for our
    locks. Therefore this is a statement of its own, after the one that locks: PostgreSQL reads
    other tables as they were when a statement began, and a lock may be got later than that.
    """
    values = {"ids_": list(ids), "mailbox_": list(mailbox), "now_": now}
    rows = tx.execute(_COMPARE, values) if ids else ()
    return {row.id: _right(row) for row in rows}


def _right(row: sa.Row[Any]) -> Right:
    if row.right_no is None:
        return Right.STANDS
    if row.open is None:
        return Right.ENDED
    return Right.STANDS if row.number == row.right_no else Right.CHANGED


_theirs = (
    participant.c.case_id == delivery.c.case_id,
    among(participant.c.endpoint, "mailbox_"),
)
_until = participant.c.until
_is_open = sa.or_(_until.is_(None), _until > sa.bindparam("now_", type_=Instant))
_number = sa.select(sa.func.coalesce(sa.func.sum(participant.c.right_no), 0)).where(*_theirs)
_open = sa.select(ONE).select_from(participant).where(*_theirs, _is_open).limit(ONE)
_COMPARE = sa.select(
    delivery.c.id,
    delivery.c.right_no,
    _number.scalar_subquery().label("number"),
    _open.scalar_subquery().label("open"),
).where(among(delivery.c.id, "ids_"))
