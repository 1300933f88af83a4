"""What the store has after a run."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from adapter.store import Store
from adapter.store.tables import message
from hostile.partners import Answer
from hostile.region import HOSTILE_BUS, HOSTILE_FEED


class Evidence:
    """The store of a run, read while it is open."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def missing(self, answers: Iterable[Answer]) -> list[str]:
        """Return the ids of messages that were answered yes and are not stored."""
        columns = sa.select(message.c.content_id, message.c.claimed_id)
        with self._store.read() as tx:
            kept = {id_ for row in tx.execute(columns.where(message.c.body != b"")) for id_ in row}
        return [each.id for each in answers if not {each.id, each.id[:20]} & kept]

    def fragments(self) -> int:
        """Return how many rows the packets of start blocks became."""
        return self._count(message.c.endpoint == HOSTILE_FEED)

    def from_the_bus(self) -> int:
        """Return how many of the hostile messages over RabbitMQ were taken."""
        return self._count(message.c.endpoint == HOSTILE_BUS)

    def largest(self) -> int:
        """Return the bytes of the largest body that is kept."""
        return self._number(sa.select(sa.func.max(sa.func.length(message.c.body))))

    def _count(self, which: sa.ColumnElement[bool]) -> int:
        return self._number(sa.select(sa.func.count()).select_from(message).where(which))

    def _number(self, query: sa.Select[int]) -> int:
        with self._store.read() as tx:
            number: int | None = tx.execute(query).scalar_one()
        return number or 0
