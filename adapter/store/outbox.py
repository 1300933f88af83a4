"""Deliveries on their way out. Nothing else writes the state of a delivery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapter.errors import AdapterError
from adapter.lifecycle import OPEN, Standing, State, Step, advance
from adapter.model import Code, Delivery, Event, Layer
from adapter.store.answered import spellings
from adapter.store.tables import (
    Instant,
    attempt,
    delivery,
    due,
    endpoint,
    message,
    one_of,
    receipt,
)
from adapter.store.transaction import Row, Transaction

_FIELDS = (
    delivery.c.id,
    delivery.c.message_id,
    delivery.c.endpoint,
    delivery.c.event,
    delivery.c.case_id,
    delivery.c.content_id,
    delivery.c.envelope_id,
    delivery.c.content_type,
    delivery.c.body,
    delivery.c.attempt,
    delivery.c.failures,
    delivery.c.resends,
    delivery.c.forwarded,
    delivery.c.expires_at,
)
_open = one_of(delivery.c.state, *OPEN)
_NO_TIMER = {"next_attempt_at": None, "lease_until": None, "receipt_due_at": None}
_PUT = sa.insert(delivery)
_BLANK = {
    "order_key": None,
    "order_no": 0,
    "copy_of": "",
    "closed_at": None,
    "code": "",
    "detail": "",
}


def put(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Insert deliveries; what a row does not name of `_BLANK` is so in it."""
    for row in rows:
        tx.later(_PUT, _BLANK | row)
        for named in spellings(row["content_id"]):
            tx.held.pop(("answered", named), None)


def endpoints_due(tx: Transaction, now: datetime) -> list[str]:
    """Endpoints that have something open and due, and are not paused, cut off or at their pace."""
    work = sa.exists().where(delivery.c.endpoint == endpoint.c.name, _open, due <= now)
    free = sa.and_(
        endpoint.c.paused_at.is_(None),
        sa.or_(endpoint.c.open_until.is_(None), endpoint.c.open_until <= now),
        sa.or_(endpoint.c.paced_until.is_(None), endpoint.c.paced_until <= now),
    )
    return list(tx.execute(sa.select(endpoint.c.name).where(free, work)).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is ours until the lease ends, and why it was due."""

    delivery: Delivery
    why: str  # first | retry | lease | resend


def claim(
    tx: Transaction,
    name: str,
    limit: int,
    now: datetime,
    lease: timedelta,
    besides: Iterable[sa.ColumnElement[bool]] = (),
) -> list[Claimed]:
    """Take what is open and due: new, failed, crashed, unreceipted. Nearest deadline first."""
    columns = (*_FIELDS, delivery.c.state, delivery.c.receipt_due_at)
    mine = sa.and_(delivery.c.endpoint == name, _open, due <= now, *besides)
    ids = list(tx.execute(_candidates(mine, limit)).scalars())
    query = sa.select(*columns).where(delivery.c.id.in_(ids), mine).order_by(*_DEADLINE)
    query = query.with_for_update(skip_locked=True)
    rows = tx.execute(query).mappings().all()
    found = [Claimed(delivery=_delivery(row), why=_why(row)) for row in rows]
    for row in rows:
        advance(State(row["state"]), Step.CLAIM)
    _take(tx, found, now, now + lease)
    return found


_DEADLINE = (delivery.c.expires_at, delivery.c.seq)


def _candidates(mine: sa.ColumnElement[bool], limit: int) -> sa.Select[tuple[str]]:
    """Heads of order keys: of what waits, and of what is overdue, as many as may be taken.

    Two looks, each along an index: a backlog is not sorted again for every claim.
    """
    heads = [
        sa.select(delivery.c.id, *_DEADLINE)
        .where(mine, one_of(delivery.c.state, state), _is_head(), _unanswered())
        .order_by(*order)
        .limit(limit)
        .subquery()
        for state, order in ((State.WAITING, _DEADLINE), (State.IN_FLIGHT, (due,)))
    ]
    both = sa.union_all(*(sa.select(each) for each in heads)).subquery()
    return sa.select(both.c.id).order_by(both.c.expires_at, both.c.seq).limit(limit)


def _take(tx: Transaction, found: Sequence[Claimed], now: datetime, until: datetime) -> None:
    if not found:
        return
    ids = [c.delivery.id for c in found]
    again = [c.delivery.id for c in found if c.why == "resend"]
    taken = {"state": State.IN_FLIGHT, **_NO_TIMER, "lease_until": until}
    more = {"attempt": delivery.c.attempt + 1}
    resent = sa.case((delivery.c.id.in_(again), 1), else_=0) if again else 0
    tx.execute(
        sa.update(delivery)
        .where(delivery.c.id.in_(ids))
        .values(**taken, **more, resends=delivery.c.resends + resent)
    )
    rows = [
        {"delivery_id": c.delivery.id, "number": c.delivery.attempt, "why": c.why}
        | {"started_at": now}
        for c in found
    ]
    tx.execute(sa.insert(attempt), rows)


def _is_head() -> sa.ColumnElement[bool]:
    """No earlier delivery of the same case to the same endpoint is open.

    As the first of its order key, which an index knows: planners turn NOT EXISTS into a join of
    all that is open with itself.
    """
    first = delivery.alias("first")
    number = (
        sa.select(sa.func.min(first.c.order_no))
        .where(first.c.order_key == delivery.c.order_key, one_of(first.c.state, *OPEN))
        .scalar_subquery()
    )
    return sa.or_(delivery.c.order_key.is_(None), delivery.c.order_no <= number)


def _unanswered() -> sa.ColumnElement[bool]:
    """A receipt is missing only when all that its receiver had sent by then has been read.

    Where receipts come faster than they are read, each resend would bring one more.
    """
    unread = (
        sa.select(message.c.received_at)
        .where(
            message.c.endpoint == delivery.c.endpoint,
            one_of(message.c.standing, Standing.RECEIVED),
        )
        .order_by(message.c.seq)
        .limit(1)
        .scalar_subquery()
    )
    due_at = delivery.c.receipt_due_at
    return sa.or_(due_at.is_(None), sa.func.coalesce(unread > due_at, sa.true()))


def _why(row: Row) -> str:
    if row["state"] == State.WAITING:
        return "retry" if row["attempt"] else "first"
    return "resend" if row["receipt_due_at"] else "lease"


def _delivery(row: Row) -> Delivery:
    """As it is once claimed: the attempt is the one that begins."""
    found = {column.name: row[column.name] for column in _FIELDS}
    found |= {"event": Event(row["event"]), "attempt": row["attempt"] + 1}
    return Delivery(**found | {"case_id": row["case_id"] or "", "body": row["body"] or b""})


def began(tx: Transaction, id_: str, number: int) -> datetime:
    """When an attempt was claimed."""
    one = sa.and_(attempt.c.delivery_id == id_, attempt.c.number == number)
    at: datetime = tx.execute(sa.select(attempt.c.started_at).where(one)).scalar_one()
    return at


def rewrite(tx: Transaction, d: Delivery, envelope_id: str, body: bytes) -> None:
    """New bytes for a resend. The bytes that went before stay with the attempt before."""
    before = sa.update(attempt).where(
        attempt.c.delivery_id == d.id, attempt.c.number == d.attempt - 1
    )
    tx.execute(before.values(body=d.body))
    same = sa.update(delivery).where(delivery.c.id == d.id)
    tx.execute(same.values(envelope_id=envelope_id, body=body))


def lock(tx: Transaction, batch: Sequence[Delivery]) -> set[str]:
    """Hold these deliveries, always in the same order: two transactions never wait in a ring.

    Returns the ids of those that are still ours: in flight, by the attempt that we made.
    """
    query = sa.select(delivery.c.id, delivery.c.state, delivery.c.attempt)
    query = query.where(delivery.c.id.in_([d.id for d in batch])).order_by(delivery.c.id)
    mine = {d.id: d.attempt for d in batch}
    rows = tx.execute(query.with_for_update())
    return {r.id for r in rows if r.state == State.IN_FLIGHT and r.attempt == mine[r.id]}


_SHORT = tuple(c for c in delivery.c if c.name not in ("body", "losses"))
_ONE = sa.select(*_SHORT).where(delivery.c.id == sa.bindparam("id_")).with_for_update()
_ANSWERED = (
    sa.select(*_SHORT)
    .where(
        delivery.c.content_id.in_(sa.bindparam("contents", expanding=True)),
        delivery.c.endpoint.in_(sa.bindparam("names", expanding=True)),
    )
    .order_by(delivery.c.id)
    .with_for_update()
)


def answered(tx: Transaction, names: Sequence[str], content_id: str) -> list[Row]:
    """The deliveries that endpoints may speak of when they name a content id, oldest first.

    Locked, and without their bytes.
    """
    found = tx.held.get(("answered", content_id), {})
    if tuple(names) not in found:
        look_up_answered(tx, names, [content_id])
        found = tx.held["answered", content_id]
    return [tx.held["delivery", id_] for id_ in found[tuple(names)]]


def look_up_answered(tx: Transaction, names: Sequence[str], contents: Sequence[str]) -> None:
    """As `lock`, for the deliveries that many receipts and answers speak of."""
    if not contents:
        return
    written = [one for content_id in contents for one in spellings(content_id)]
    rows = tx.execute(_ANSWERED, {"contents": written, "names": list(names)}).mappings()
    found = defaultdict[str, list[Row]](list)
    for row in rows:
        tx.held.setdefault(("delivery", row["id"]), dict(row))
        found[row["content_id"]].append(row)
    for content_id in contents:
        exact = found[content_id]
        mine = exact or [row for one in spellings(content_id) for row in found[one]]
        ids = [row["id"] for row in sorted(mine, key=lambda row: row["seq"])]
        tx.held["answered", content_id] = {tuple(names): ids}


def step(tx: Transaction, id_: str, happened: Step, now: datetime, **values: Any) -> State | None:
    """Move one delivery along its table.

    `attempt=n` makes it an outcome of that attempt: None, and nothing changes, when a newer
    one has begun. RETRY and REPLAY take `next_attempt_at`, ACCEPT `answer_due_at`.
    """
    row = _held(tx, id_)
    if values.pop("attempt", row["attempt"]) != row["attempt"]:
        return None
    state = advance(State(row["state"]), happened)
    if state != row["state"]:  # late news that changes nothing must not rewrite why it closed
        changed = dict(row) | {"state": state} | _timers(state, now) | values
        tx.held["delivery", id_] = changed
        tx.later(_STEP, {"id_": id_} | {f"{name}_": changed[name] for name in _STEPPED})
    return state


_STEPPED = (
    *("state", "next_attempt_at", "lease_until", "receipt_due_at", "answer_due_at", "closed_at"),
    *("code", "detail", "failures", "resends", "expires_at", "untold"),
)
_STEP = (
    sa.update(delivery)
    .where(delivery.c.id == sa.bindparam("id_"))
    .values({name: sa.bindparam(f"{name}_", type_=delivery.c[name].type) for name in _STEPPED})
)


def _held(tx: Transaction, id_: str) -> Row:
    if ("delivery", id_) not in tx.held:
        tx.held["delivery", id_] = dict(tx.execute(_ONE, {"id_": id_}).mappings().one())
    row: Row = tx.held["delivery", id_]
    return row


def _timers(state: State, now: datetime) -> dict[str, Any]:
    """Which timers a new state has; `step`'s values fill in when."""
    closed = state not in (*OPEN, State.ACCEPTED)
    return _NO_TIMER | {"answer_due_at": None, "closed_at": now if closed else None}


def sent(tx: Transaction, d: Delivery, receipt_due: datetime) -> None:
    """The wire has taken it; now wait for the receipt, unless that is already here."""
    same = sa.and_(
        delivery.c.id == d.id,
        delivery.c.attempt == d.attempt,
        delivery.c.state == str(State.IN_FLIGHT),
    )
    timers = _NO_TIMER | {"receipt_due_at": receipt_due}
    tx.execute(sa.update(delivery).where(same).values(**timers))


def taken(tx: Transaction, batch: Sequence[Delivery], now: datetime, **after: Any) -> None:
    """The wire has taken all of these, which are locked and ours: four statements for any number.

    `after` is what it makes of their rows: the receipt that is now due, or that they are done.
    """
    ids = [{"delivery_id_": d.id, "number_": d.attempt} for d in batch]
    tx.execute(_FINISHED, [one | {"finished_at": now} for one in ids])
    ok = {"layer": Layer.TRANSPORT, "code": str(Code.OK), "at": now}
    tx.execute(sa.insert(receipt), [{"delivery_id": d.id} | ok for d in batch])
    mine = sa.update(delivery).where(delivery.c.id.in_([d.id for d in batch]))
    first = sa.func.coalesce(delivery.c.sent_at, sa.bindparam("sent_now", now, Instant))
    tx.execute(mine.values(sent_at=first, **_NO_TIMER | after))


_FINISHED = sa.update(attempt).where(
    attempt.c.delivery_id == sa.bindparam("delivery_id_"),
    attempt.c.number == sa.bindparam("number_"),
)


def confirmed(now: datetime) -> dict[str, Any]:
    """What `taken` makes of deliveries that nothing more is to come for."""
    return {"state": advance(State.IN_FLIGHT, Step.CONFIRM), "closed_at": now}


def mark_sent(tx: Transaction, d: Delivery, now: datetime) -> None:
    """`sent_at` is the first time that the far side's transport accepted; it never changes."""
    first = sa.update(delivery).where(delivery.c.id == d.id, delivery.c.sent_at.is_(None))
    tx.execute(first.values(sent_at=now))


def finish(
    tx: Transaction,
    d: Delivery,
    now: datetime,
    *,
    error: AdapterError | None = None,
    answer: bytes = b"",
) -> None:
    """What became of an attempt, and what the far side said in the same exchange."""
    same = sa.update(attempt).where(attempt.c.delivery_id == d.id, attempt.c.number == d.attempt)
    why = {"code": error.code, "detail": error.detail} if error else {}
    tx.execute(same.values(finished_at=now, answer=answer or None, **why))


def add_receipt(
    tx: Transaction,
    delivery_id: str,
    layer: Layer,
    code: Code | str,
    at: datetime,
    *,
    detail: str = "",
    message_id: str | None = None,
) -> None:
    """Keep a receipt of any layer; `message_id` is the message that brought it."""
    row = {"delivery_id": delivery_id, "layer": layer, "code": str(code), "at": at}
    tx.later(_RECEIPT, row | {"detail": detail, "message_id": message_id})


_RECEIPT = sa.insert(receipt)


def get(tx: Transaction, id_: str) -> Row | None:
    """One delivery with all its columns."""
    return tx.execute(sa.select(delivery).where(delivery.c.id == id_)).mappings().one_or_none()


def fill(tx: Transaction, id_: str, **values: Any) -> None:
    """Write what is not a state: bytes after a mapping was mended, who has taken it."""
    tx.execute(sa.update(delivery).where(delivery.c.id == id_).values(**values))
