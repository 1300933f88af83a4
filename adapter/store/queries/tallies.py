"""What has happened since a row number: receipts with their times, refusals and failures.

Both tables only grow, in the order of their numbers, so each row is counted once and no old one
is read again.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapter.core.model import Event, Layer
from adapter.store.dialects import seconds_between
from adapter.store.tables import delivery, history, receipt
from adapter.store.transaction import Transaction

BUCKETS = (1, 5, 30, 60, 300, 900, 3600, 14_400, 86_400)  # seconds
FAILED = ("refused", "retry", "dead")  # words of the history


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Receipts of one layer and code from one endpoint, and how long they took."""

    endpoint: str
    layer: str
    code: str
    count: int
    seconds: float  # of all together
    within: tuple[int, ...]  # how many took at most so long, for each of BUCKETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The highest row number of receipts and of the history."""

    receipt: int = 0
    history: int = 0


def newest(tx: Transaction) -> Place:
    """Return the place of the newest rows."""
    return Place(receipt=_top(tx, receipt), history=_top(tx, history))


def _top(tx: Transaction, table: sa.Table) -> int:
    return tx.execute(sa.select(sa.func.max(table.c.seq))).scalar_one() or 0


_since = sa.case(
    (receipt.c.layer == Layer.TRANSPORT, delivery.c.created_at), else_=delivery.c.sent_at
)
_took = sa.func.coalesce(seconds_between(receipt.c.at, _since), 0.0)
_KEYS = (delivery.c.endpoint, receipt.c.layer, receipt.c.code)
_RECEIPTS = (
    sa.select(
        *_KEYS,
        sa.func.count().label("count"),
        sa.func.sum(sa.case((_took > 0, _took), else_=0.0)).label("seconds"),
        *(
            sa.func.sum(sa.case((_took <= bucket, 1), else_=0)).label(f"within_{bucket}")
            for bucket in BUCKETS
        ),
    )
    .join(delivery, delivery.c.id == receipt.c.delivery_id)
    .where(delivery.c.event != Event.RECEIPT)
    .group_by(*_KEYS)
)


def receipts(tx: Transaction, after: int, until: int) -> list[Receipts]:
    """Count the receipts of these rows, those for our own receipts left out.

    The transport's is timed from when the delivery was made, the others from when it was sent.
    """
    rows = tx.execute(_RECEIPTS.where(receipt.c.seq > after, receipt.c.seq <= until)).mappings()
    return [
        Receipts(
            endpoint=row["endpoint"],
            layer=row["layer"],
            code=row["code"],
            count=row["count"],
            seconds=float(row["seconds"]),
            within=tuple(row[f"within_{bucket}"] for bucket in BUCKETS),
        )
        for row in rows
    ]


def failures(tx: Transaction, after: int, until: int) -> list[tuple[str, str, str]]:
    """Return word, endpoint and detail of each refusal and failure in these rows."""
    query = sa.select(history.c.what, history.c.endpoint, history.c.detail)
    rows = tx.execute(
        query.where(history.c.seq > after, history.c.seq <= until, history.c.what.in_(list(FAILED)))
    )
    return [(row.what, row.endpoint, row.detail) for row in rows]
