"""Deliveries whose timers are due or must change: late answers, expiry, ended outages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from adapter.core.catalogue import is_error_code
from adapter.core.failures import OUTAGES
from adapter.core.lifecycle import OPEN, State
from adapter.core.model import Delivery, Event
from adapter.store import outbox
from adapter.store.columns import Instant
from adapter.store.dialects import there_is
from adapter.store.indexes import due, is_open, one_of
from adapter.store.tables import delivery, endpoint
from adapter.store.transaction import Transaction


def unsent_of_case(tx: Transaction, case_id: str) -> list[Delivery]:
    """Return the never attempted deliveries of a case, locked; skip those locked elsewhere."""
    query = (
        sa.select(*outbox.WITHOUT_BYTES)
        .where(
            delivery.c.case_id == case_id,
            delivery.c.attempt == 0,
            one_of(delivery.c.state, State.WAITING),
        )
        .order_by(delivery.c.id)
        .with_for_update(skip_locked=True)
    )
    return outbox.fetch(tx, query)


def of_event(tx: Transaction, case_id: str, event: Event) -> list[Delivery]:
    """Return the deliveries of a case with this event, locked, whatever became of them."""
    query = (
        sa.select(*outbox.WITHOUT_BYTES)
        .where(delivery.c.case_id == case_id, delivery.c.event == str(event))
        .order_by(delivery.c.id)
        .with_for_update()
    )
    return outbox.fetch(tx, query)


def wake(tx: Transaction, name: str, now: datetime) -> None:
    """Make all deliveries due that wait for a later attempt."""
    tx.execute(_later(name, now).values(next_attempt_at=now))


def wake_after_outage(tx: Transaction, name: str, now: datetime) -> None:
    """Make due what did not reach a far side that answers again.

    Deliveries that it answered are left out: it may have asked us to wait.
    """
    unreached = delivery.c.code.in_([code for code in sorted(OUTAGES) if is_error_code(code)])
    tx.execute(_later(name, now).where(unreached).values(next_attempt_at=now))


def _later(name: str, now: datetime) -> sa.Update:
    waiting = sa.and_(delivery.c.endpoint == name, one_of(delivery.c.state, State.WAITING))
    return sa.update(delivery).where(waiting, delivery.c.next_attempt_at > now)


def await_again(tx: Transaction, name: str, resends: int, now: datetime, due_at: datetime) -> None:
    """Give deliveries without resends left a new time for their receipt, after an outage."""
    late = sa.and_(
        delivery.c.endpoint == name,
        one_of(delivery.c.state, State.IN_FLIGHT),
        delivery.c.receipt_due_at <= now,
        delivery.c.resends >= resends,
    )
    lives = delivery.c.expires_at
    until = sa.case((lives < due_at, lives), else_=sa.bindparam("until", due_at, Instant))
    tx.execute(sa.update(delivery).where(late).values(receipt_due_at=until))


def answers_late(tx: Transaction, now: datetime, limit: int) -> list[Delivery]:
    """Return accepted deliveries that no person has answered in time, locked."""
    query = (
        sa.select(*outbox.WITHOUT_BYTES)
        .where(one_of(delivery.c.state, State.ACCEPTED), delivery.c.answer_due_at <= now)
        .order_by(delivery.c.answer_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return outbox.fetch(tx, query)


def reminded(tx: Transaction, id_: str, now: datetime, next_at: datetime) -> None:
    """Record that the owner was reminded, and when the next reminder is due."""
    same = sa.update(delivery).where(delivery.c.id == id_)
    tx.execute(same.values(reminded_at=now, answer_due_at=next_at))


def expired(tx: Transaction, now: datetime, resting: Collection[str], limit: int) -> list[Delivery]:
    """Return expired deliveries to endpoints that are paused or whose circuit is open."""
    untried = sa.or_(
        one_of(delivery.c.state, State.WAITING),
        sa.and_(one_of(delivery.c.state, State.IN_FLIGHT), delivery.c.receipt_due_at <= now),
    )
    return _expired(tx, now, resting, limit, delivery.c.endpoint.in_(_held()), untried)


def expired_in_line(
    tx: Transaction,
    now: datetime,
    resting: Collection[str],
    opened: Mapping[str, datetime],
    limit: int,
) -> list[Delivery]:
    """Return expired deliveries behind an earlier one of their order key that waits itself.

    Deliveries that expired before their endpoint's service window `opened` last are left out:
    they are tried after the earlier ones.
    """
    older, theirs = delivery.alias("older"), delivery.c.endpoint
    waits = sa.func.coalesce(older.c.next_attempt_at, older.c.receipt_due_at) > now
    behind = there_is(
        older.c.order_key == delivery.c.order_key,
        older.c.order_no < delivery.c.order_no,
        is_open(older),
        waits,
    )
    waiting = one_of(delivery.c.state, State.WAITING)
    lately = (sa.or_(theirs != name, delivery.c.expires_at > at) for name, at in opened.items())
    return _expired(tx, now, resting, limit, theirs.not_in(_held()), waiting, behind, *lately)


def _held() -> sa.Select[tuple[str]]:
    held = sa.or_(endpoint.c.paused_at.is_not(None), endpoint.c.open_until.is_not(None))
    return sa.select(endpoint.c.name).where(held)


def _expired(
    tx: Transaction,
    now: datetime,
    resting: Collection[str],
    limit: int,
    *wanted: sa.ColumnElement[bool],
) -> list[Delivery]:
    query = (
        sa.select(*outbox.WITHOUT_BYTES)
        .where(delivery.c.expires_at <= now, delivery.c.endpoint.not_in(resting), *wanted)
        .order_by(delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return outbox.fetch(tx, query)


def unreceipted(tx: Transaction, names: list[str], now: datetime) -> int:
    """Make due what was sent and has no receipt: its bytes were lost with the broker.

    Return how many there are.
    """
    waiting = sa.and_(
        delivery.c.endpoint.in_(names),
        one_of(delivery.c.state, State.IN_FLIGHT),
        delivery.c.receipt_due_at > now,
    )
    return tx.execute(sa.update(delivery).where(waiting).values(receipt_due_at=now)).rowcount


def orphans(tx: Transaction, known: Collection[str], now: datetime) -> list[Delivery]:
    """Return due deliveries to endpoints that are not `known`, in whatever state these are."""
    lost = sa.select(endpoint.c.name).where(endpoint.c.name.not_in(known))
    query = (
        sa.select(*outbox.WITHOUT_BYTES)
        .where(delivery.c.endpoint.in_(lost), one_of(delivery.c.state, *OPEN), due <= now)
        .order_by(delivery.c.id)
        .with_for_update(skip_locked=True)
    )
    return outbox.fetch(tx, query)
