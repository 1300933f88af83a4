"""Deliveries looked at many at a time: late, lost, overtaken, held, without an endpoint."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, State
from adapter.store.columns import Instant
from adapter.store.dialects import there_is
from adapter.store.replaced_endpoints import open_outcome
from adapter.store.tables import by_confirm, delivery, due, endpoint, is_open, message, one_of
from adapter.store.transaction import Transaction


def unsent_of_case(tx: Transaction, case_id: str) -> list[sa.RowMapping]:
    """Deliveries of a case that no attempt was ever made for; not those that begin just now."""
    query = (
        sa.select(delivery)
        .where(
            delivery.c.case_id == case_id,
            delivery.c.attempt == 0,
            one_of(delivery.c.state, State.WAITING),
        )
        .order_by(delivery.c.id)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(query).mappings())


def wake(tx: Transaction, name: str, now: datetime) -> None:
    """All that waits for a later attempt is due now."""
    tx.execute(_later(name, now).values(next_attempt_at=now))


def wake_after_outage(tx: Transaction, name: str, now: datetime) -> None:
    """The far side is back: what had not reached it is due now.

    Not what it has answered, and perhaps asked to wait with.
    """
    unreached = delivery.c.code.in_(["unreachable", "timed-out"])
    tx.execute(_later(name, now).where(unreached).values(next_attempt_at=now))


def _later(name: str, now: datetime) -> sa.Update:
    waiting = sa.and_(delivery.c.endpoint == name, one_of(delivery.c.state, State.WAITING))
    return sa.update(delivery).where(waiting, delivery.c.next_attempt_at > now)


def await_again(tx: Transaction, name: str, resends: int, now: datetime, due_at: datetime) -> None:
    """The far side is back: what was sent as often as agreed waits for its receipt once more."""
    late = sa.and_(
        delivery.c.endpoint == name,
        one_of(delivery.c.state, State.IN_FLIGHT),
        delivery.c.receipt_due_at <= now,
        delivery.c.resends >= resends,
    )
    lives = delivery.c.expires_at
    until = sa.case((lives < due_at, lives), else_=sa.bindparam("until", due_at, Instant))
    tx.execute(sa.update(delivery).where(late).values(receipt_due_at=until))


def answers_late(tx: Transaction, now: datetime, limit: int) -> list[sa.RowMapping]:
    """Deliveries whose system has them, and whose person has not answered in time."""
    query = (
        sa.select(delivery)
        .where(one_of(delivery.c.state, State.ACCEPTED), delivery.c.answer_due_at <= now)
        .order_by(delivery.c.answer_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(query).mappings())


def reminded(tx: Transaction, id_: str, now: datetime, next_at: datetime) -> None:
    """The owner was told; when to tell again."""
    same = sa.update(delivery).where(delivery.c.id == id_)
    tx.execute(same.values(reminded_at=now, answer_due_at=next_at))


def lock(tx: Transaction, ids: Sequence[str]) -> None:
    """Hold these deliveries, always in the same order: two transactions never wait in a ring."""
    query = sa.select(delivery.c.id).where(delivery.c.id.in_(ids)).order_by(delivery.c.id)
    tx.execute(query.with_for_update()).all()


def overtaken(
    tx: Transaction, ids: Sequence[str], moves: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """For each of these deliveries, the later ones of the same order that may have arrived.

    Also one that is under way, and one that went to an endpoint to which it would move itself.
    """
    later = delivery.alias("later")
    moved = (
        sa.and_(delivery.c.endpoint == name, later.c.endpoint.in_(sorted(successors)))
        for name, successors in moves.items()
    )
    same = sa.or_(later.c.order_key == delivery.c.order_key, *moved)
    after = sa.and_(later.c.case_id == delivery.c.case_id, later.c.order_no > delivery.c.order_no)
    query = (
        sa.select(delivery.c.id, later.c.id.label("later"))
        .join(later, sa.and_(after, same))
        .where(delivery.c.id.in_(ids), open_outcome(later, later.c.attempt))
        .where(delivery.c.order_key.is_not(None), later.c.order_key.is_not(None))
        .order_by(delivery.c.id, later.c.order_no)
    )
    found: dict[str, list[str]] = {}
    for row in tx.execute(query):
        found.setdefault(row.id, []).append(row.later)
    return found


def later_of_case(tx: Transaction, case_id: str, seq: int, names: Sequence[str]) -> list[str]:
    """Deliveries to these of messages that came after one of the case, and may have arrived."""
    query = (
        sa.select(delivery.c.id)
        .join(message, message.c.id == delivery.c.message_id)
        .where(delivery.c.case_id == case_id, delivery.c.endpoint.in_(names), message.c.seq > seq)
        .where(delivery.c.order_key.is_not(None), open_outcome(delivery, delivery.c.attempt))
    )
    return list(tx.execute(query.order_by(delivery.c.seq)).scalars())


def may_have_arrived(tx: Transaction, ids: Sequence[str]) -> set[str]:
    """Those of these deliveries that their receiver may have, and has not refused."""
    query = (
        sa.select(delivery.c.id)
        .where(
            delivery.c.id.in_(ids),
            delivery.c.code != "refused",
            open_outcome(delivery, delivery.c.attempt),
        )
        .order_by(delivery.c.id)
    )
    return set(tx.execute(query).scalars())


def one_looks(tx: Transaction) -> None:
    """Wait until nobody else looks for what a broker has lost: each would send all of it again."""
    if tx.dialect == "postgresql":  # SQLite has one writer
        tx.execute(sa.text("select pg_advisory_xact_lock(7126170613)"))


def closed_by_confirm(tx: Transaction, names: list[str], since: datetime) -> list[sa.RowMapping]:
    """What nothing but the wire's word had closed, since a time; oldest first.

    Of a delivery that was sent again only the newest copy: it stands for those before it.
    """
    lost = sa.select(delivery).where(
        delivery.c.endpoint.in_(names), by_confirm, delivery.c.sent_at >= since, ~_copied()
    )
    return list(tx.execute(lost.order_by(delivery.c.seq)).mappings())


def _copied() -> sa.ColumnElement[bool]:
    copy = delivery.alias("copy")
    return there_is(
        copy.c.content_id == delivery.c.content_id,
        copy.c.endpoint == delivery.c.endpoint,
        copy.c.copy_of == delivery.c.id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What a far side has lost: all that it was sent since a time, as far as is asked for."""

    endpoint: str
    since: datetime
    event: str = ""  # any
    receipted: bool = False  # also what its system had taken, not only its wire
    copies: bool = False  # also what was sent again since then already

    @property
    def _sent(self) -> sa.ColumnElement[bool]:
        event = delivery.c.event == self.event if self.event else sa.true()
        return sa.and_(delivery.c.endpoint == self.endpoint, event)

    @property
    def _a_copy(self) -> sa.ColumnElement[bool]:
        return sa.and_(delivery.c.copy_of != "", delivery.c.created_at >= self.since)

    @property
    def wanted(self) -> sa.ColumnElement[bool]:
        """What is to be sent again."""
        taken = delivery.c.state.in_([str(State.CONFIRMED), str(State.ACCEPTED)])
        closed = taken if self.receipted else by_confirm
        fresh = sa.true() if self.copies else ~self._a_copy
        return sa.and_(self._sent, closed, fresh, delivery.c.sent_at >= self.since, ~_copied())

    @property
    def done(self) -> sa.ColumnElement[bool]:
        """What was sent again since then already."""
        return sa.and_(self._sent, self._a_copy)


def lost(tx: Transaction, what: Lost) -> list[sa.RowMapping]:
    """What a far side has lost, oldest first, without the bytes."""
    columns = (delivery.c.id, delivery.c.event, delivery.c.endpoint, delivery.c.state)
    query = sa.select(*columns).where(what.wanted).order_by(delivery.c.seq)
    return list(tx.execute(query).mappings())


def still_lost(tx: Transaction, what: Lost, ids: Sequence[str]) -> list[sa.RowMapping]:
    """Those of these that nobody has sent again meanwhile, with their bytes; they are locked.

    Two statements: the second sees what was committed while the first waited.
    """
    lock(tx, ids)
    query = sa.select(delivery).where(what.wanted, delivery.c.id.in_(ids))
    return list(tx.execute(query.order_by(delivery.c.seq)).mappings())


def sent_again(tx: Transaction, what: Lost) -> int:
    """How many were sent again since then already."""
    query = sa.select(sa.func.count()).select_from(delivery).where(what.done)
    found: int = tx.execute(query).scalar_one()
    return found


def expired(
    tx: Transaction, now: datetime, resting: Collection[str], limit: int
) -> list[sa.RowMapping]:
    """What is due to an endpoint that is paused or cut off, and has no time left."""
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
) -> list[sa.RowMapping]:
    """What has no time left, and waits for an earlier one that itself waits for something.

    Not what ran out before its endpoint `opened` last: that has its turn when the earlier ones
    have had theirs.
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
) -> list[sa.RowMapping]:
    query = (
        sa.select(delivery)
        .where(delivery.c.expires_at <= now, delivery.c.endpoint.not_in(resting), *wanted)
        .order_by(delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(query).mappings())


def unreceipted(tx: Transaction, names: list[str], now: datetime) -> int:
    """Let what is sent and unreceipted be due at once: its bytes are gone with the broker."""
    waiting = sa.and_(
        delivery.c.endpoint.in_(names),
        one_of(delivery.c.state, State.IN_FLIGHT),
        delivery.c.receipt_due_at > now,
    )
    return tx.execute(sa.update(delivery).where(waiting).values(receipt_due_at=now)).rowcount


def orphans(tx: Transaction, known: Collection[str], now: datetime) -> list[sa.RowMapping]:
    """What is due to endpoints other than the known ones, also to paused ones and cut off ones."""
    lost = sa.select(endpoint.c.name).where(endpoint.c.name.not_in(known))
    query = (
        sa.select(delivery)
        .where(delivery.c.endpoint.in_(lost), one_of(delivery.c.state, *OPEN), due <= now)
        .order_by(delivery.c.id)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(query).mappings())
