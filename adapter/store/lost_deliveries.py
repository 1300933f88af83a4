"""Deliveries that a far side has lost: with its broker's disk, or since its last backup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapter.core.lifecycle import State
from adapter.core.model import Delivery
from adapter.store import outbox
from adapter.store.dialects import there_is
from adapter.store.indexes import by_confirm
from adapter.store.tables import delivery
from adapter.store.transaction import Transaction


def wait_for_other_looks(tx: Transaction) -> None:
    """Wait until no other process looks for what a broker lost: each would resend all of it."""
    if tx.dialect == "postgresql":  # SQLite has only one writer
        tx.execute(sa.text("select pg_advisory_xact_lock(7126170613)"))


def closed_by_confirm(tx: Transaction, names: list[str], since: datetime) -> list[Delivery]:
    """Return deliveries sent since a time and closed only by the transport's confirm.

    Oldest first. Of a delivery that was sent again, only the newest copy.
    """
    query = sa.select(*outbox.ALL).where(
        delivery.c.endpoint.in_(names),
        by_confirm,
        delivery.c.sent_at >= since,
        delivery.c.body.is_not(None),  # not purged
        ~_copied(),
    )
    return outbox.fetch(tx, query.order_by(delivery.c.seq))


def _copied() -> sa.ColumnElement[bool]:
    copy = delivery.alias("copy")
    return there_is(
        copy.c.content_id == delivery.c.content_id,
        copy.c.endpoint == delivery.c.endpoint,
        copy.c.copy_of == delivery.c.id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A loss: all that a far side was sent since a time, limited by the other fields."""

    endpoint: str
    since: datetime
    event: str = ""  # any
    receipted: bool = False  # also deliveries that its system had receipted
    copies: bool = False  # also deliveries that were sent again already

    @property
    def _matches(self) -> sa.ColumnElement[bool]:
        event = delivery.c.event == self.event if self.event else sa.true()
        return sa.and_(delivery.c.endpoint == self.endpoint, event)

    @property
    def _is_copy(self) -> sa.ColumnElement[bool]:
        return sa.and_(delivery.c.copy_of != "", delivery.c.created_at >= self.since)

    @property
    def wanted(self) -> sa.ColumnElement[bool]:
        """Return the condition for deliveries to send again."""
        taken = delivery.c.state.in_([str(State.CONFIRMED), str(State.ACCEPTED)])
        closed = taken if self.receipted else by_confirm
        fresh = sa.true() if self.copies else ~self._is_copy
        unpurged = delivery.c.body.is_not(None)
        late = delivery.c.sent_at >= self.since
        return sa.and_(self._matches, closed, fresh, late, unpurged, ~_copied())

    @property
    def done(self) -> sa.ColumnElement[bool]:
        """Return the condition for copies sent again already."""
        return sa.and_(self._matches, self._is_copy)


def lost(tx: Transaction, what: Lost) -> list[Delivery]:
    """Return what a far side has lost, oldest first, without the bytes."""
    query = sa.select(*outbox.WITHOUT_BYTES).where(what.wanted)
    return outbox.fetch(tx, query.order_by(delivery.c.seq))


def still_lost(tx: Transaction, what: Lost, ids: Sequence[str]) -> list[Delivery]:
    """Return those of these that were not sent again meanwhile: locked, with their bytes.

    Two statements: the second sees what was committed while the first waited.
    """
    outbox.lock(tx, ids)
    query = sa.select(*outbox.ALL).where(what.wanted, delivery.c.id.in_(ids))
    return outbox.fetch(tx, query.order_by(delivery.c.seq))


def sent_again(tx: Transaction, what: Lost) -> int:
    """Return how many were sent again already."""
    query = sa.select(sa.func.count()).select_from(delivery).where(what.done)
    count: int = tx.execute(query).scalar_one()
    return count
