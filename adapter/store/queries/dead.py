"""Dead messages and dead deliveries, which wait for a person, grouped by cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import Standing, State
from adapter.store.indexes import one_of
from adapter.store.tables import delivery, message
from adapter.store.transaction import Transaction

MOST = 10_000  # the oldest of a disaster are enough to see its cause


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A dead letter, or an open item.

    `endpoint` is the receiver of a delivery, or the sender of a message or of an item's message.
    """

    id: str
    message_id: str
    endpoint: str
    event: str
    case_id: str | None
    code: str
    detail: str
    taken_by: str
    since: datetime  # when the message arrived, or the delivery was given up
    subject: str = ""  # of an item: a need, or an endpoint
    due_at: datetime | None = None  # when a legal time ends
    sender: str = ""  # of a delivery: who sent its message


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Dead letters or items with one code at one endpoint, oldest first; items: first due first."""

    kind: str  # message | delivery | item
    code: str
    endpoint: str
    letters: tuple[DeadLetter, ...]

    @property
    def responsible(self) -> tuple[str, ...]:
        """The endpoints whose owners must act: of what is held, those that sent it.

        The receiver of a held delivery knows nothing of it.
        """
        if self.code not in _HELD or self.kind != "delivery":
            return (self.endpoint,)
        return tuple(dict.fromkeys(letter.sender for letter in self.letters))


_HELD = frozenset({"protected-identity", "held"})


def dead_letters(tx: Transaction) -> list[Cause]:
    """Return all dead letters by cause, the largest group first; at most MOST of each kind."""
    groups: dict[tuple[str, str, str], list[DeadLetter]] = {}
    for kind, letters in (("message", _messages(tx)), ("delivery", _deliveries(tx))):
        for letter in letters:
            groups.setdefault((kind, letter.code, letter.endpoint), []).append(letter)
    causes = [
        Cause(kind=kind, code=code, endpoint=endpoint, letters=tuple(group))
        for (kind, code, endpoint), group in groups.items()
    ]
    return sorted(causes, key=lambda c: (-len(c.letters), c.code, c.endpoint, c.kind))


def _messages(tx: Transaction) -> Iterable[DeadLetter]:
    query = sa.select(
        message.c.id,
        message.c.id.label("message_id"),
        message.c.endpoint,
        message.c.event,
        message.c.case_id,
        message.c.code,
        message.c.detail,
        message.c.taken_by,
        message.c.received_at.label("since"),
    ).where(one_of(message.c.standing, Standing.DEAD))
    return _fetch(tx, query, message.c.seq)


def _deliveries(tx: Transaction) -> Iterable[DeadLetter]:
    query = sa.select(
        delivery.c.id,
        delivery.c.message_id,
        delivery.c.endpoint,
        delivery.c.event,
        delivery.c.case_id,
        delivery.c.code,
        delivery.c.detail,
        delivery.c.taken_by,
        sa.func.coalesce(delivery.c.closed_at, delivery.c.created_at).label("since"),
        _sender.label("sender"),
    ).where(one_of(delivery.c.state, State.DEAD))
    return _fetch(tx, query, delivery.c.seq)


_sender = (
    sa.select(message.c.endpoint).where(message.c.id == delivery.c.message_id).scalar_subquery()
)


def _fetch(tx: Transaction, query: sa.Select[Any], seq: sa.Column[int]) -> list[DeadLetter]:
    return [DeadLetter(**row) for row in tx.execute(query.order_by(seq).limit(MOST)).mappings()]
