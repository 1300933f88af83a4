"""The tables. One row tells one thing; what can be derived is not stored.

Times are UTC. Text that names a person is only ever in a body, never in another column.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from adapter.lifecycle import OPEN, Standing, State

metadata = sa.MetaData()


class Instant(sa.TypeDecorator[datetime]):
    """An aware time, kept as UTC. SQLite has no zones: there it is a naive UTC time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive times: nobody could say what they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC).replace(tzinfo=None if dialect.name == "sqlite" else UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id(name: str = "id", **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String(120), nullable=False, **options)


def _text(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="", **options)


def _seq() -> sa.Column[int]:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("seq", number, primary_key=True, autoincrement=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _time(name: str) -> sa.Column[datetime | None]:
    return sa.Column(name, Instant)


def one_of(column: sa.ColumnElement[str], *states: State | Standing) -> sa.ColumnElement[bool]:
    """`column IN (…)` with the states written out: only so do planners use a partial index."""
    return column.in_([sa.literal_column(f"'{state}'") for state in states])


message = sa.Table(
    "message",
    metadata,
    _seq(),
    _id(unique=True),
    _id("endpoint"),  # the authenticated sender; "" when it could not be identified
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("body", sa.LargeBinary),  # as received; NULL once purged
    _text("content_type"),
    _id("fingerprint"),  # SHA-256 of the body, hex
    _text("claimed_id"),  # the sender's own: AMQP message_id, Idempotency-Key, MSH-10
    _text("claimed_event"),
    _text("event"),
    _text("content_id"),
    _text("envelope_id"),
    sa.Column("case_id", sa.String(120)),
    _text("recorded"),  # at the source, ISO 8601 with the offset as received
    _text("standing"),
    _count("tries"),
    _text("code"),  # of the catalogue: why it was refused, or is dead
    _text("detail"),
    _text("note"),  # copy of …, not used, superseded by …
    _text("losses"),  # JSON: what the mapping could not read
    _text("issues"),  # JSON: what was wrong or odd
    _text("receipt_code"),  # what we answered, "" while the answer is owed
    sa.Column("receipt_body", sa.LargeBinary),
    _flag("shared"),
    _flag("direct"),  # the door answers itself: no receipt is owed through the outbox
    _text("taken_by"),
    _text("replaced_by"),  # a message that a person made of this one
    _text("replaces"),  # the message that this one was made of
    sa.Index("message_case", "case_id", "seq"),
    sa.Index("message_endpoint", "endpoint", "seq"),
    sa.Index("message_content", "content_id"),
    sa.Index("message_claimed", "endpoint", "claimed_id"),
)
_received = one_of(message.c.standing, Standing.RECEIVED)
sa.Index(
    "message_waiting",
    message.c.endpoint,
    message.c.seq,
    sqlite_where=_received,
    postgresql_where=_received,
)
_dead_message = one_of(message.c.standing, Standing.DEAD)
sa.Index("message_dead", message.c.seq, sqlite_where=_dead_message, postgresql_where=_dead_message)

content = sa.Table(  # the duplicate table, by content id
    "content",
    metadata,
    _id("sender", primary_key=True),  # endpoint
    sa.Column("receiver", sa.String(400), primary_key=True),  # HSA-ids as addressed
    sa.Column("content_id", sa.String(200), primary_key=True),
    _id("message_id"),
)
envelope = sa.Table(  # the duplicate table, by envelope id
    "envelope",
    metadata,
    _id("sender", primary_key=True),
    sa.Column("receiver", sa.String(400), primary_key=True),
    sa.Column("envelope_id", sa.String(200), primary_key=True),
    sa.Column("content_id", sa.String(200), nullable=False),
    _id("fingerprint"),
)

case = sa.Table(
    "care_case",  # `case` is a word of SQL
    metadata,
    _seq(),
    _id(unique=True),
    _text("name"),  # <HSA-id>/<visit number>, "" when it opened on its own
    _text("patient"),  # keyed hash of the identity
    sa.Column("opened_at", Instant, nullable=False),
    _time("closed_at"),
    _time("shared_at"),
    _flag("flagged"),  # opened on its own, or a dead letter let later messages pass
    _flag("protected"),
    _count("orders"),  # the last order number handed out
    _text("facts"),  # JSON of adapter.sharing.Facts
    sa.Index("case_patient", "patient"),
)
alias = sa.Table(  # every name that a case goes by
    "case_alias",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    _id("case_id", index=True),
)

delivery = sa.Table(
    "delivery",
    metadata,
    _seq(),
    _id(unique=True),
    _id("message_id", index=True),
    _id("endpoint"),
    _text("event"),
    sa.Column("case_id", sa.String(120)),
    sa.Column("order_key", sa.String(250)),  # NULL: in no order
    _count("order_no"),
    _text("state"),
    _text("content_id"),
    _text("envelope_id"),
    _text("content_type"),
    sa.Column("body", sa.LargeBinary),  # rendered once; NULL once purged
    _text("losses"),
    _flag("forwarded"),  # the sender's own bytes
    _text("done_when"),
    _count("attempt"),  # claims so far; an outcome counts only for the newest
    _count("failures"),
    _count("resends"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    # Of these three an open delivery has exactly one: what it waits for.
    _time("next_attempt_at"),
    _time("lease_until"),
    _time("receipt_due_at"),
    _time("answer_due_at"),
    _time("reminded_at"),
    _time("sent_at"),  # first transport acceptance: legal clocks count from here
    _time("closed_at"),
    _text("code"),
    _text("detail"),
    _text("taken_by"),
    _flag("untold"),  # dead, and its sender is told only when a person discards it
    _text("copy_of"),  # the delivery that this one sends again
    _text("replaced_by"),  # a delivery that a person made of this one
    _text("replaces"),  # the delivery that this one was made of
    sa.Index("delivery_case", "case_id", "seq"),
    sa.Index("delivery_content", "content_id", "endpoint"),
    sa.Index("delivery_endpoint", "endpoint", "seq"),
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
    sqlite_where=_open,
    postgresql_where=_open,
)
_late = one_of(delivery.c.state, State.ACCEPTED)
sa.Index("delivery_answer", delivery.c.answer_due_at, sqlite_where=_late, postgresql_where=_late)
_dead = one_of(delivery.c.state, State.DEAD)
sa.Index("delivery_dead", delivery.c.seq, sqlite_where=_dead, postgresql_where=_dead)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("delivery_id", sa.String(120), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    _text("why"),  # first | retry | resend | lease
    sa.Column("started_at", Instant, nullable=False),
    _time("finished_at"),
    _text("code"),  # "" ok, else of the catalogue
    _text("detail"),
    sa.Column("body", sa.LargeBinary),  # NULL: the delivery's
    sa.Column("answer", sa.LargeBinary),
)
receipt = sa.Table(
    "receipt",
    metadata,
    _seq(),
    _id("delivery_id", index=True),
    sa.Column("message_id", sa.String(120)),  # what carried it; NULL: the same exchange
    _text("layer"),
    _text("code"),
    sa.Column("at", Instant, nullable=False),
    _text("detail"),
)
history = sa.Table(
    "history",
    metadata,
    _seq(),
    sa.Column("at", Instant, nullable=False),
    sa.Column("case_id", sa.String(120)),
    sa.Column("message_id", sa.String(120)),
    sa.Column("delivery_id", sa.String(120)),
    _text("endpoint"),
    _text("what"),
    _text("detail"),
    _text("who"),
    sa.Index("history_case", "case_id", "seq"),
    sa.Index("history_message", "message_id"),
    sa.Index("history_delivery", "delivery_id"),
)
sender = sa.Table(  # a lock each: who holds it processes that sender's messages
    "sender",
    metadata,
    sa.Column("name", sa.String(120), primary_key=True),
)
endpoint = sa.Table(  # what operators and outages do to an endpoint
    "endpoint",
    metadata,
    sa.Column("name", sa.String(120), primary_key=True),
    _time("paused_at"),
    _text("paused_by"),
    _text("paused_why"),
    _count("failures"),  # in a row; 0 after any success
    _time("open_until"),  # the circuit: nobody tries before, then one probe
    _time("paced_until"),  # the rate: nobody sends before
)
process = sa.Table(  # who runs, as each tells it of itself every few seconds
    "process",
    metadata,
    _id(primary_key=True),
    _id("name"),  # for people: what it does, where, and its number there
    _text("part"),  # worker | web | serve
    sa.Column("started_at", Instant, nullable=False),  # by the database's clock, as the next
    sa.Column("seen_at", Instant, nullable=False),
    _flag("consumes"),  # takes care.in, or would if the one that does went away
    sa.Column("ahead", sa.Float, nullable=False),  # seconds, of its clock before the database's
    sa.Column("probe", sa.Float, nullable=False),  # seconds, that writing this row took
    _text("findings"),  # JSON of adapter.health.Finding
)
token = sa.Table(
    "token",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SHA-256 of the token, hex
    _id("endpoint", index=True),
    sa.Column("created_at", Instant, nullable=False),
)
secret = sa.Table(  # keys that belong to this store
    "secret",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
