"""Deliveries on their way out. Nothing else writes the state of a delivery."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.errors import AdapterError
from adapter.core.lifecycle import OPEN, State, Step, advance
from adapter.core.model import Code, Delivery, Layer
from adapter.store.bulk_write import Insert, Update
from adapter.store.columns import Instant
from adapter.store.concerned import WITHOUT_BYTES, spellings
from adapter.store.dialects import among
from adapter.store.tables import (
    attempt,
    delivery,
    receipt,
)
from adapter.store.transaction import Row, Transaction

NO_TIMER = {"next_attempt_at": None, "lease_until": None, "receipt_due_at": None}
_PUT = Insert(delivery)
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


def lock(tx: Transaction, ids: Collection[str]) -> set[tuple[str, int]]:
    """Hold these deliveries, always in the same order: two transactions never wait in a ring.

    Returns the attempts that are under way: (delivery, number).
    """
    rows = tx.execute(_MANY, {"ids_": list(ids)}).mappings().all()
    tx.held.update({("delivery", row["id"]): dict(row) for row in rows})
    return {(row["id"], row["attempt"]) for row in rows if row["state"] == State.IN_FLIGHT}


_MANY = (
    sa.select(*WITHOUT_BYTES)
    .where(among(delivery.c.id, "ids_"))
    .order_by(delivery.c.id)
    .with_for_update()
)


def step(tx: Transaction, id_: str, happened: Step, now: datetime, **values: Any) -> State | None:
    """Move one delivery along its table.

    `attempt=n` makes it an outcome of that attempt: None, and nothing changes, when a newer
    one has begun. RETRY and REPLAY take `next_attempt_at`, ACCEPT `answer_due_at`.
    """
    row = hold(tx, id_)
    if values.pop("attempt", row["attempt"]) != row["attempt"]:
        return None
    state = advance(State(row["state"]), happened)
    if state != row["state"]:  # late news that changes nothing must not rewrite why it closed
        _change(tx, row, {"state": state} | _timers(state, now) | values)
    return state


def _change(tx: Transaction, row: Row, values: dict[str, Any]) -> None:
    """Write a row that we hold. Of several changes of one row the last one tells all."""
    changed = dict(row) | values
    tx.held["delivery", row["id"]] = changed
    tx.later(_STEP, {"id": row["id"]} | {name: changed[name] for name in _STEPPED})


_STEPPED = (
    *("state", "next_attempt_at", "lease_until", "receipt_due_at", "answer_due_at", "closed_at"),
    *("code", "detail", "failures", "resends", "expires_at", "untold", "sent_at"),
)
_STEP = Update(delivery, ("id",))


_ONE = sa.select(*WITHOUT_BYTES).where(delivery.c.id == sa.bindparam("id_")).with_for_update()


def hold(tx: Transaction, id_: str) -> Row:
    """One delivery without its bytes, locked; NoResultFound when there is none."""
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
    row = hold(tx, d.id)
    if row["state"] == State.IN_FLIGHT and row["attempt"] == d.attempt:
        _change(tx, row, NO_TIMER | {"receipt_due_at": receipt_due})


def taken(tx: Transaction, batch: Sequence[Delivery], now: datetime, receipt_due: datetime) -> None:
    """The wire has taken all of these, which are locked and ours: few statements for any number."""
    _all_taken(tx, batch, now, {"receipt_due_at": receipt_due})
    ids = [d.id for d in batch]
    tx.execute(_TAKEN, {"ids_": ids, "sent_now_": now, "receipt_due_": receipt_due})


def done(tx: Transaction, batch: Sequence[Delivery], now: datetime) -> None:
    """As `taken`, where nothing more is to come."""
    state = advance(State.IN_FLIGHT, Step.CONFIRM)
    _all_taken(tx, batch, now, {"closed_at": now, "state": state})
    ids = [d.id for d in batch]
    tx.execute(_DONE, {"ids_": ids, "sent_now_": now, "closed_": now, "state_": str(state)})


def _all_taken(
    tx: Transaction, batch: Sequence[Delivery], now: datetime, after: dict[str, Any]
) -> None:
    for d in batch:
        row = hold(tx, d.id)
        changed = NO_TIMER | {"sent_at": row["sent_at"] or now} | after
        tx.held["delivery", d.id] = dict(row) | changed
        finish(tx, d, now)
        add_receipt(tx, d.id, Layer.TRANSPORT, Code.OK, now)


def _bound(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=Instant)


_THESE = sa.update(delivery).where(among(delivery.c.id, "ids_"))
_FIRST = {"sent_at": sa.func.coalesce(delivery.c.sent_at, _bound("sent_now_"))}
_TAKEN = _THESE.values(_FIRST | NO_TIMER | {"receipt_due_at": _bound("receipt_due_")})
_DONE = _THESE.values(
    _FIRST | NO_TIMER | {"closed_at": _bound("closed_"), "state": sa.bindparam("state_")}
)


def mark_sent(tx: Transaction, id_: str, now: datetime) -> None:
    """`sent_at` is the first time that the far side's transport accepted; it never changes."""
    row = hold(tx, id_)
    if row["sent_at"] is None:
        _change(tx, row, {"sent_at": now})


def finish(
    tx: Transaction,
    d: Delivery,
    now: datetime,
    *,
    error: AdapterError | None = None,
    answer: bytes = b"",
) -> None:
    """What became of an attempt, and what the far side said in the same exchange."""
    code, detail = (error.code, error.detail) if error else ("", "")
    said = {"answer": answer or None, "code": code, "detail": detail}
    tx.later(_FINISHED, _attempt(d, now) | said)


def _attempt(d: Delivery, now: datetime) -> dict[str, Any]:
    return {"delivery_id": d.id, "number": d.attempt, "finished_at": now}


_FINISHED = Update(attempt, ("delivery_id", "number"))


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


_RECEIPT = Insert(receipt)


def get(tx: Transaction, id_: str) -> Row | None:
    """One delivery with all its columns."""
    return tx.execute(sa.select(delivery).where(delivery.c.id == id_)).mappings().one_or_none()


def fill(tx: Transaction, id_: str, **values: Any) -> None:
    """Write what is not a state: bytes after a mapping was mended, who has taken it."""
    tx.execute(sa.update(delivery).where(delivery.c.id == id_).values(**values))
