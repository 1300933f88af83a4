"""Partial indexes, and the conditions that a query repeats word for word to use them."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, Standing, State
from adapter.store.job_tables import job
from adapter.store.tables import case, delivery, history, item, message, participant

SCHEMA = job.metadata
"""All tables with all their indexes; importing this name makes sure that both are there."""


def one_of(column: sa.ColumnElement[str], *states: State | Standing) -> sa.ColumnElement[bool]:
    """Return `column IN (…)` with literal states: only so do planners use a partial index."""
    return column.in_([sa.literal_column(f"'{state}'") for state in states])


def is_open(of: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return: a delivery is open, worded so that only the index `delivery_order` fits.

    An index that was empty when PostgreSQL last counted looks free of cost to its planner. With
    another index than this, each query for the first of an order key reads all open deliveries.
    """
    ended: list[sa.ColumnElement[str]] = [
        sa.literal_column(f"'{state}'") for state in State if state not in OPEN
    ]
    return of.c.state.not_in(ended)


_received = one_of(message.c.standing, Standing.RECEIVED)
place = sa.case(  # order in the inbox: receipts first; literals, so that planners use the index
    (message.c.claimed_event == sa.literal_column("'receipt'"), sa.literal_column("0")),
    else_=sa.literal_column("1"),
)
sa.Index(
    "message_waiting",
    message.c.endpoint,
    place,
    message.c.seq,
    sqlite_where=_received,
    postgresql_where=_received,
)
_dead_message = one_of(message.c.standing, Standing.DEAD)
sa.Index("message_dead", message.c.seq, sqlite_where=_dead_message, postgresql_where=_dead_message)
sa.Index(
    "message_dead_cause",
    message.c.endpoint,
    message.c.code,
    message.c.seq,
    message.c.standing,  # so that SQLite counts without reading the rows; likewise below
    sqlite_where=_dead_message,
    postgresql_where=_dead_message,
)
_refused = one_of(message.c.standing, Standing.REFUSED)
sa.Index(
    "message_refused",
    message.c.endpoint,
    message.c.received_at,
    message.c.standing,
    sqlite_where=_refused,
    postgresql_where=_refused,
)

due = sa.func.coalesce(
    delivery.c.next_attempt_at, delivery.c.lease_until, delivery.c.receipt_due_at
)
_open = one_of(delivery.c.state, *OPEN)
sa.Index(
    "delivery_due",
    delivery.c.endpoint,
    delivery.c.state,
    due,
    sqlite_where=_open,
    postgresql_where=_open,
)
_zero: sa.ColumnElement[int] = sa.literal_column("0")
troubled = sa.and_(  # open (a timer is set), and it failed or got no receipt in time
    due.is_not(None),
    sa.or_(
        delivery.c.resends > _zero,
        sa.and_(delivery.c.failures > _zero, delivery.c.receipt_due_at.is_(None)),
    ),
)
_by_age = (delivery.c.endpoint, delivery.c.created_at)
sa.Index("delivery_troubled", *_by_age, sqlite_where=troubled, postgresql_where=troubled)
_waits = one_of(delivery.c.state, State.WAITING)
sa.Index(
    "delivery_deadline",
    delivery.c.endpoint,
    delivery.c.expires_at,
    delivery.c.seq,
    sqlite_where=_waits,
    postgresql_where=_waits,
)
sa.Index(
    "delivery_order",
    delivery.c.order_key,
    delivery.c.order_no,
    sqlite_where=is_open(delivery),
    postgresql_where=is_open(delivery),
)
_late = one_of(delivery.c.state, State.ACCEPTED)
sa.Index("delivery_answer", delivery.c.answer_due_at, sqlite_where=_late, postgresql_where=_late)
_dead = one_of(delivery.c.state, State.DEAD)
sa.Index("delivery_dead", delivery.c.seq, sqlite_where=_dead, postgresql_where=_dead)
sa.Index(
    "delivery_dead_cause",
    delivery.c.endpoint,
    delivery.c.code,
    delivery.c.seq,
    delivery.c.state,
    sqlite_where=_dead,
    postgresql_where=_dead,
)
by_confirm = sa.and_(  # closed by nothing but the transport's confirm
    one_of(delivery.c.state, State.CONFIRMED),
    delivery.c.done_when == sa.literal_column("'delivered'"),
)
sa.Index(
    "delivery_by_confirm",
    delivery.c.endpoint,
    delivery.c.sent_at,
    sqlite_where=by_confirm,
    postgresql_where=by_confirm,
)
our_receipt: sa.ColumnElement[bool] = delivery.c.event == sa.literal_column("'receipt'")
sa.Index(  # by its envelope a partner knows a receipt, and its content id is made by us
    "delivery_receipt",
    delivery.c.envelope_id,
    sqlite_where=our_receipt,
    postgresql_where=our_receipt,
)
_READING = ("body-read", "patient-searched", "readings-checked")
about_reading = history.c.what.in_([sa.literal_column(f"'{word}'") for word in _READING])
sa.Index(
    "history_reading",
    history.c.at,
    history.c.seq,
    sqlite_where=about_reading,
    postgresql_where=about_reading,
)
_unclosed = item.c.closed_at.is_(None)
unclosed = sa.and_(  # worded so that no query for one case or message fits `item_due`, see is_open
    _unclosed, item.c.seq > sa.literal_column("0")
)
sa.Index("item_due", item.c.due_at, item.c.seq, sqlite_where=unclosed, postgresql_where=unclosed)
_of_case = sa.and_(_unclosed, item.c.case_id != sa.literal_column("''"))
sa.Index(  # no second open item of a case about the same
    "item_open",
    item.c.case_id,
    item.c.what,
    item.c.subject,
    unique=True,
    sqlite_where=_of_case,
    postgresql_where=_of_case,
)
unpurged = sa.and_(
    case.c.discharged_at.is_not(None), case.c.purged_at.is_(None), case.c.shared_at.is_(None)
)
sa.Index("case_unpurged", case.c.discharged_at, sqlite_where=unpurged, postgresql_where=unpurged)
_no_text: sa.ColumnElement[str] = sa.literal_column("''")
named = sa.and_(
    case.c.purged_at.is_not(None),
    sa.or_(case.c.name != _no_text, case.c.patient != _no_text),
)
sa.Index("case_named", case.c.discharged_at, sqlite_where=named, postgresql_where=named)
told = sa.or_(participant.c.told.is_not(None), participant.c.queued.is_not(None))
sa.Index("participant_told", participant.c.case_id, sqlite_where=told, postgresql_where=told)
