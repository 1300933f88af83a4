"""When the adapter next has something to do by the clock."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN
from adapter.store import Store
from adapter.store.columns import Instant
from adapter.store.tables import delivery, endpoint

_NOW = sa.bindparam("now_", type_=Instant)


def next_time(store: Store, now: datetime) -> datetime | None:
    """Return the next time, after `now`, that an open delivery or a circuit waits for."""
    with store.read() as tx:
        times: list[datetime | None] = list(tx.execute(_times(), {"now_": now}).scalars())
    return min((at for at in times if at is not None), default=None)


@cache
def _times() -> sa.CompoundSelect[Any]:
    waits = (
        delivery.c.next_attempt_at,
        delivery.c.lease_until,
        delivery.c.receipt_due_at,
        delivery.c.expires_at,
    )
    is_open = delivery.c.state.in_([str(state) for state in OPEN])
    queries = [sa.select(sa.func.min(at, type_=Instant)).where(is_open, at > _NOW) for at in waits]
    circuit = endpoint.c.open_until
    queries.append(sa.select(sa.func.min(circuit, type_=Instant)).where(circuit > _NOW))
    return sa.union_all(*queries)
