"""Deliveries. Only this file writes `delivery.state`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, State, Step, advance
from adapter.core.model import Code, Delivery, DoneWhen, Event, Layer
from adapter.store import attempts, blobs
from adapter.store.bulk_write import Insert, Update
from adapter.store.columns import Instant
from adapter.store.dialects import among
from adapter.store.indexes import one_of
from adapter.store.prefetch import Prefetch
from adapter.store.tables import delivery
from adapter.store.transaction import Transaction

_ALL = tuple(field.name for field in fields(Delivery))
_WITHOUT_BYTES = tuple(name for name in _ALL if name not in ("body", "losses"))
ALL = tuple(delivery.c[name] for name in _ALL)
WITHOUT_BYTES = tuple(delivery.c[name] for name in _WITHOUT_BYTES)
DELIVERIES = Prefetch[str, Delivery](
    table=delivery, keys=lambda row: [row["id"]] if "id" in row else [], parameter="ids_"
)
"""Locked deliveries by id, without their bytes."""
_NO_TIMER: dict[str, Any] = {
    "next_attempt_at": None,
    "lease_until": None,
    "receipt_due_at": None,
}


def values(row: sa.Row[Any]) -> dict[str, Any]:
    """Return the fields of a Delivery from a row that has `ALL` or `WITHOUT_BYTES`."""
    fields_ = dict(zip(_ALL if len(row) == len(_ALL) else _WITHOUT_BYTES, row, strict=True))
    fields_["event"] = Event(fields_["event"])
    fields_["state"] = State(fields_["state"])
    fields_["done_when"] = DoneWhen(fields_["done_when"])
    return fields_


def record(row: sa.Row[Any]) -> Delivery:
    """Return a Delivery from a row that has `ALL` or `WITHOUT_BYTES`."""
    return Delivery(**values(row))


def fetch(tx: Transaction, query: sa.Select[Any]) -> list[Delivery]:
    """Return the deliveries of a query that selects `ALL` or `WITHOUT_BYTES`."""
    return [_with_body(tx, record(row)) for row in tx.execute(query).all()]


def _with_body(tx: Transaction, d: Delivery) -> Delivery:
    body = blobs.whole(tx, d.body)
    return d if body is d.body else replace(d, body=body)


def put(tx: Transaction, deliveries: Iterable[Delivery]) -> None:
    """Insert new deliveries."""
    for new in deliveries:
        row = {name: getattr(new, name) for name in _INSERTED}
        row |= {"event": str(new.event), "body": blobs.stored(tx, new.id, new.body)}
        tx.later(_PUT, row)


_PUT = Insert(delivery)
_INSERTED = (
    *("id", "message_id", "endpoint", "event", "case_id", "order_key", "order_no", "right_no"),
    "state",
    *("content_id", "envelope_id", "content_type", "body", "losses", "forwarded", "done_when"),
    *("created_at", "expires_at", "next_attempt_at", "closed_at", "code", "detail"),
    *("copy_of", "replaces"),
)


def get(tx: Transaction, id_: str) -> Delivery | None:
    """Return a delivery with its bytes, or None."""
    return next(iter(fetch(tx, sa.select(*ALL).where(delivery.c.id == id_))), None)


def lock(tx: Transaction, ids: Collection[str]) -> set[tuple[str, int]]:
    """Lock these deliveries, always in the order of their ids, so that none deadlock.

    Return the attempts in flight: (delivery id, number).
    """
    kept = tx.kept(DELIVERIES)
    for row in tx.execute(_LOCK_MANY, {"ids_": list(ids)}).all():
        locked = record(row)
        kept[locked.id] = locked
    every = (kept[id_] for id_ in ids if id_ in kept)
    return {(each.id, each.attempt) for each in every if each.state is State.IN_FLIGHT}


_LOCK_MANY = (
    sa.select(*WITHOUT_BYTES)
    .where(among(delivery.c.id, "ids_"))
    .order_by(delivery.c.id)
    .with_for_update()
)


def hold(tx: Transaction, id_: str) -> Delivery:
    """Lock and return a delivery without its bytes; NoResultFound when there is none."""
    kept = tx.kept(DELIVERIES)
    if id_ not in kept:
        kept[id_] = record(tx.execute(_LOCK_SINGLE, {"id_": id_}).one())
    return kept[id_]


_LOCK_SINGLE = (
    sa.select(*WITHOUT_BYTES).where(delivery.c.id == sa.bindparam("id_")).with_for_update()
)


def lock_open(tx: Transaction, case_id: str, endpoints: Collection[str]) -> list[Delivery]:
    """Lock the open deliveries of a case to these endpoints, in the order of their ids.

    Call it before a participant's right ends or changes. A claim skips locked rows, and compares
    the right after it has locked its own. So a claim is either earlier (its delivery is returned
    as in flight, and may have arrived) or sees the right as it is after this transaction. No
    attempt begins after the answer to the sender is written.

    The order of locks is: deliveries, then cases, since a sending that fails locks its delivery
    before its case. Therefore call `lock_open_of_cases` before the case is locked. This call then
    waits for nothing, except for a delivery that was queued in between.
    """
    _lock_open(tx, [case_id])
    kept = tx.kept(DELIVERIES)
    same = sorted(id_ for id_, each in kept.values.items() if each.case_id == case_id)
    return [kept[id_] for id_ in same if _is_open(kept[id_], endpoints)]


def lock_open_of_cases(tx: Transaction, case_ids: Collection[str]) -> None:
    """Lock all open deliveries of these cases, in the order of their ids, before the cases."""
    if case_ids:
        _lock_open(tx, case_ids)


def _lock_open(tx: Transaction, case_ids: Collection[str]) -> None:
    kept = tx.kept(DELIVERIES)
    for row in tx.execute(_LOCK_OPEN, {"case_ids": list(case_ids)}).all():
        if row.id not in kept:
            kept[row.id] = record(row)


def _is_open(each: Delivery, endpoints: Collection[str]) -> bool:
    return each.state in OPEN and each.order_key is not None and each.endpoint in endpoints


_LOCK_OPEN = (
    sa.select(*WITHOUT_BYTES)
    .where(
        among(delivery.c.case_id, "case_ids"),
        delivery.c.order_key.is_not(None),  # not our receipts
        one_of(delivery.c.state, *OPEN),
    )
    .order_by(delivery.c.id)
    .with_for_update()
)


def step(tx: Transaction, id_: str, happened: Step, now: datetime, **values: Any) -> State | None:
    """Change the state of a delivery by its transition table. Return the new state.

    `attempt=n` says that this is the outcome of that attempt. When a newer attempt has begun,
    nothing changes, and the result is None. RETRY and REPLAY take `next_attempt_at`, ACCEPT
    takes `answer_due_at`.
    """
    before = hold(tx, id_)
    if values.pop("attempt", before.attempt) != before.attempt:
        return None
    state = advance(before.state, happened)
    if state is not before.state:  # a late receipt must not overwrite why it closed
        _change(tx, before, {"state": state} | _timers(state, now) | values)
    return state


def _timers(state: State, now: datetime) -> dict[str, Any]:
    """Return the timers of a new state; the values of `step` set their times."""
    closed = state not in (*OPEN, State.ACCEPTED)
    return _NO_TIMER | {"answer_due_at": None, "closed_at": now if closed else None}


def _change(tx: Transaction, before: Delivery, values: dict[str, Any]) -> None:
    """Write a locked row. Each change has all values, so that the last one is complete."""
    changed = replace(before, **values)
    tx.later(_STEP, {"id": before.id} | {name: getattr(changed, name) for name in _STEPPED})
    tx.kept(DELIVERIES)[before.id] = changed


_STEPPED = (
    *("state", "next_attempt_at", "lease_until", "receipt_due_at", "answer_due_at", "closed_at"),
    *("code", "detail", "failures", "resends", "expires_at", "untold", "sent_at"),
)
_STEP = Update(delivery, ("id",))


def claim(tx: Transaction, ids: Sequence[str], again: Sequence[str], until: datetime) -> None:
    """Begin an attempt of each of these locked deliveries; the lease ends at `until`.

    `again` has the ids of resends: their receipt is missing. A delivery that is not open, and so
    has no step `claim`, is left as it is.
    """
    tx.execute(_CLAIM, {"ids_": ids, "again_": again, "until_": until})


def claimed(row: Mapping[str, Any], until: datetime, *, resend: bool) -> Delivery:
    """Return the Delivery of a locked row, given as `values`, as `claim` will write it."""
    changed = {
        "state": advance(row["state"], Step.CLAIM),
        "attempt": row["attempt"] + 1,
        "resends": row["resends"] + resend,
        "lease_until": until,
    }
    return Delivery(**{**row, **_NO_TIMER, **changed})


_AGAIN = among(delivery.c.id, "again_")
_THESE = sa.update(delivery).where(among(delivery.c.id, "ids_"))
_CLAIM = _THESE.where(one_of(delivery.c.state, *OPEN)).values(
    state=State.IN_FLIGHT,
    **_NO_TIMER | {"lease_until": sa.bindparam("until_", type_=Instant)},
    attempt=delivery.c.attempt + 1,
    resends=delivery.c.resends + sa.case((_AGAIN, 1), else_=0),
)


def await_receipt(tx: Transaction, id_: str, attempt: int, due: datetime) -> None:
    """Wait for the receipt, after the transport accepted; no change if it is here already."""
    before = hold(tx, id_)
    if before.state is State.IN_FLIGHT and before.attempt == attempt:
        _change(tx, before, _NO_TIMER | {"receipt_due_at": due})


def await_receipts(tx: Transaction, sent: Sequence[Delivery], now: datetime, due: datetime) -> None:
    """Finish the attempts of locked deliveries that the transport accepted; await receipts.

    A delivery that is no longer in flight is left as it is.
    """
    _finish_attempts(tx, sent, now)
    ids = [each.id for each in sent]
    tx.execute(_AWAIT, {"ids_": ids, "sent_now_": now, "receipt_due_": due})


def confirm_sent(tx: Transaction, sent: Sequence[Delivery], now: datetime) -> None:
    """As `await_receipts`, where no receipt is expected: confirm these deliveries.

    The bulk statement has the result of `advance` for IN_FLIGHT, and changes only that state.
    """
    _finish_attempts(tx, sent, now)
    ids = [each.id for each in sent]
    state = advance(State.IN_FLIGHT, Step.CONFIRM)
    tx.execute(_CONFIRM, {"ids_": ids, "sent_now_": now, "closed_": now, "state_": str(state)})


def _finish_attempts(tx: Transaction, sent: Sequence[Delivery], now: datetime) -> None:
    for each in sent:
        attempts.finish(tx, each.id, each.attempt, now)
        attempts.add_receipt(tx, each.id, Layer.TRANSPORT, Code.OK, now)


def _bound(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=Instant)


_FIRST = {"sent_at": sa.func.coalesce(delivery.c.sent_at, _bound("sent_now_"))}
_IN_FLIGHT = _THESE.where(one_of(delivery.c.state, State.IN_FLIGHT))
_AWAIT = _IN_FLIGHT.values(_FIRST | _NO_TIMER | {"receipt_due_at": _bound("receipt_due_")})
_CONFIRM = _IN_FLIGHT.values(
    _FIRST | _NO_TIMER | {"closed_at": _bound("closed_"), "state": sa.bindparam("state_")}
)


def mark_sent(tx: Transaction, id_: str, now: datetime) -> None:
    """Set `sent_at`, the time of the first acceptance by the transport; it never changes."""
    before = hold(tx, id_)
    if before.sent_at is None:
        _change(tx, before, {"sent_at": now})


def fill(tx: Transaction, id_: str, **values: Any) -> None:
    """Write columns other than the state, e.g. new bytes, an owner or another endpoint."""
    if "state" in values:
        raise TypeError("change the state with step()")
    if "body" in values:
        values["body"] = blobs.stored(tx, id_, values["body"])
    tx.execute(_THESE.values(**values), {"ids_": [id_]})


def copies_of(tx: Transaction, id_: str) -> Iterator[Delivery]:
    """Yield a delivery, the one that it is a copy of, and so on; each locked."""
    each = hold(tx, id_)
    yield each
    while each.copy_of and get(tx, each.copy_of) is not None:
        each = hold(tx, each.copy_of)
        yield each
