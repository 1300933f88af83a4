"""Deliveries on their way out. Nothing else writes the state of a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.errors import AdapterError
from adapter.lifecycle import OPEN, State, Step, advance
from adapter.model import Code, Delivery, Layer
from adapter.store.answered import WITHOUT_BYTES, spellings
from adapter.store.columns import Instant
from adapter.store.tables import (
    attempt,
    delivery,
    receipt,
)
from adapter.store.transaction import Row, Transaction

NO_TIMER = {"next_attempt_at": None, "lease_until": None, "receipt_due_at": None}
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


_ONE = sa.select(*WITHOUT_BYTES).where(delivery.c.id == sa.bindparam("id_")).with_for_update()


def _held(tx: Transaction, id_: str) -> Row:
    if ("delivery", id_) not in tx.held:
        tx.held["delivery", id_] = dict(tx.execute(_ONE, {"id_": id_}).mappings().one())
    row: Row = tx.held["delivery", id_]
    return row


def _timers(state: State, now: datetime) -> dict[str, Any]:
    """Which timers a new state has; `step`'s values fill in when."""
    closed = state not in (*OPEN, State.ACCEPTED)
    return NO_TIMER | {"answer_due_at": None, "closed_at": now if closed else None}


def sent(tx: Transaction, d: Delivery, receipt_due: datetime) -> None:
    """The wire has taken it; now wait for the receipt, unless that is already here."""
    same = sa.and_(
        delivery.c.id == d.id,
        delivery.c.attempt == d.attempt,
        delivery.c.state == str(State.IN_FLIGHT),
    )
    timers = NO_TIMER | {"receipt_due_at": receipt_due}
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
    tx.execute(mine.values(sent_at=first, **NO_TIMER | after))


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
