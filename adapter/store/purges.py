"""Purge what must not be kept: stays that nobody was told of, their names, and what was told.

Rows stay: the history, ids, times and fingerprints. Receipts stay too, since a copy of a message
gets the first receipt again; they hold codes and no personal data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, Standing, State
from adapter.core.model import Event
from adapter.store import blobs, cases
from adapter.store.columns import Instant
from adapter.store.dialects import among, there_is
from adapter.store.indexes import named, one_of, told, unpurged
from adapter.store.tables import alias, attempt, case, delivery, item, message, participant, stay
from adapter.store.transaction import Transaction

_TO_SENDERS = (str(Event.RECEIPT), str(Event.DELIVERY_REPORT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Purgeable:
    """A case that may be purged."""

    id: str
    name: str
    discharged_at: datetime | None
    messages: int


def unshared(tx: Transaction, before: datetime, limit: int) -> list[Purgeable]:
    """Return cases that were discharged before a time, and of which nobody was told.

    Oldest first. None with an open or dead delivery, or with anything that stands before a person.
    """
    query = _select(unpurged, case.c.discharged_at <= before, *_never_shared, *_settled)
    return _fetch(tx, query.order_by(case.c.discharged_at).limit(limit))


def with_names(tx: Transaction, before: datetime, limit: int) -> list[Purgeable]:
    """Return purged cases that were discharged before a time, and still have their names."""
    query = _select(named, case.c.discharged_at <= before, *_settled)
    return _fetch(tx, query.order_by(case.c.discharged_at).limit(limit))


def _fetch(tx: Transaction, query: sa.Select[Any], values: Any = None) -> list[Purgeable]:
    return [Purgeable(**row) for row in tx.execute(query, values or {}).mappings()]


def purge_bodies(tx: Transaction, due: Sequence[Purgeable], now: datetime) -> list[Purgeable]:
    """Purge the bodies and stays of these cases. Return those that still may be, under lock."""
    purged = _still(tx, due, unpurged, *_never_shared)
    values = {"ids_": [each.id for each in purged], "now_": now}
    for statement in _PURGE if purged else ():
        tx.execute(statement, values)
    return purged


def forget_names(tx: Transaction, due: Sequence[Purgeable]) -> list[Purgeable]:
    """Remove names, aliases and the keyed hash of the person. Return the cases, as before."""
    forgotten = _still(tx, due, named)
    for statement in _FORGET if forgotten else ():
        tx.execute(statement, {"ids_": [each.id for each in forgotten]})
    return forgotten


def with_told(tx: Transaction, before: datetime, now: datetime, limit: int) -> list[Purgeable]:
    """Return cases that keep what a receiver last got, although its right is over.

    A right ends with its row, or with a discharge before a time. None with a delivery that may
    still be answered: an ending is made from what its receiver got.
    """
    kept = sa.select(participant.c.case_id).where(told, _right_is_over, _answered).distinct()
    due = _select(case.c.id.in_(kept.limit(limit)))
    return _fetch(tx, due, {"before_": before, "now_": now})


def forget_told(
    tx: Transaction, due: Sequence[Purgeable], before: datetime, now: datetime
) -> list[Purgeable]:
    """Remove what receivers got whose right in these cases is over. Return the cases."""
    ids = [each.id for each in due]
    if ids:
        cases.prefetch(tx, (), ids)
        tx.execute(_FORGET_TOLD, {"ids_": ids, "before_": before, "now_": now})
    return list(due)


def _still(
    tx: Transaction, due: Sequence[Purgeable], *wanted: sa.ColumnElement[bool]
) -> list[Purgeable]:
    """Return those of these cases that are still wanted, locked in the order of their ids."""
    ids = [each.id for each in due]
    if not ids:
        return []
    cases.prefetch(tx, (), ids)
    query = _select(among(case.c.id, "ids_"), *wanted, *_settled)
    return [Purgeable(**row) for row in tx.execute(query, {"ids_": ids}).mappings()]


def _select(*wanted: sa.ColumnElement[bool]) -> sa.Select[Any]:
    of_case = sa.select(sa.func.count()).where(message.c.case_id == case.c.id)
    count = of_case.scalar_subquery().label("messages")
    return sa.select(case.c.id, case.c.name, case.c.discharged_at, count).where(*wanted)


_unsettled_delivery = there_is(
    delivery.c.case_id == case.c.id, one_of(delivery.c.state, *OPEN, State.DEAD)
)
_unsettled_message = there_is(
    message.c.case_id == case.c.id, one_of(message.c.standing, Standing.RECEIVED, Standing.DEAD)
)
_item = there_is(item.c.case_id == case.c.id, item.c.closed_at.is_(None))
_item_of_message = there_is(
    message.c.case_id == case.c.id, item.c.message_id == message.c.id, item.c.closed_at.is_(None)
)
_settled = tuple(
    ~each for each in (_unsettled_delivery, _unsettled_message, _item, _item_of_message)
)
_never_shared = (
    ~there_is(participant.c.case_id == case.c.id),
    ~there_is(delivery.c.case_id == case.c.id, delivery.c.event.not_in(_TO_SENDERS)),
)

_now = sa.bindparam("now_", type_=Instant)
_right_is_over = sa.or_(
    participant.c.until.is_not(None),
    there_is(
        case.c.id == participant.c.case_id,
        case.c.discharged_at <= sa.bindparam("before_", type_=Instant),
    ),
)
_answered = ~there_is(
    delivery.c.case_id == participant.c.case_id,
    sa.or_(
        one_of(delivery.c.state, *OPEN, State.DEAD),
        sa.and_(one_of(delivery.c.state, State.NO_LONGER_DUE), delivery.c.expires_at > _now),
    ),
)
_FORGET_TOLD = (
    sa.update(participant)
    .where(among(participant.c.case_id, "ids_"), told, _right_is_over, _answered)
    .values(told=None, queued=None)
)
_in_case = among(delivery.c.case_id, "ids_")
_reports = sa.and_(_in_case, delivery.c.event != str(Event.RECEIPT))
_of_reports = attempt.c.delivery_id.in_(sa.select(delivery.c.id).where(_reports))
_cases = sa.update(case).where(among(case.c.id, "ids_"))
_PURGE: tuple[sa.Update | sa.Delete, ...] = (
    sa.update(message).where(among(message.c.case_id, "ids_")).values(body=None),
    sa.update(attempt).where(_of_reports).values(body=None, answer=None),
    sa.update(delivery).where(_reports).values(body=None),
    blobs.release(sa.select(message.c.id).where(among(message.c.case_id, "ids_"))),
    blobs.release(sa.select(delivery.c.id).where(_reports)),
    sa.update(stay).where(among(stay.c.case_id, "ids_")).values(body=None),
    _cases.values(purged_at=sa.bindparam("now_", type_=Instant)),
)
_FORGET: tuple[sa.Executable, ...] = (
    sa.update(stay).where(among(stay.c.case_id, "ids_")).values(body=None),
    sa.delete(alias).where(among(alias.c.case_id, "ids_")),
    _cases.values(name="", patient="", outward=""),
)
