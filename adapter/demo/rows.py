"""The rows of the play: what happened, in the order of time and in plain words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapter.demo.region import READ_WITHIN, RECEIPT_WITHIN
from adapter.demo.report import is_copy
from adapter.demo.stage import Moment
from adapter.fhir.event_names import swedish
from adapter.store.queries.everything import Everything
from adapter.store.queries.summaries import (
    AttemptSummary,
    DeliverySummary,
    HistoryEntry,
    MessageSummary,
    ReceiptSummary,
)

_AS_TEXT = "told as text"  # of the loss of an event that a format has no type for


class RowKind(StrEnum):
    """What a row shows, which decides its colour. Rows of one moment have this order."""

    SCENE = "scene"
    FAULT = "fault"  # the play makes something go wrong
    RECEIVED = "received"
    FAILED = "failed"
    REPAIR = "repair"  # what the adapter does about a fault
    SENT = "sent"
    ANSWER = "answer"  # a person's


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `receipt` is the application receipt; `final` is false while it may change."""

    at: datetime
    kind: RowKind
    id: str  # of the record that the row shows, unique within its kind
    way: str = ""  # `sender →` into the adapter, `→ receiver` out of it
    what: str
    receipt: str = ""
    wrong: bool = False
    final: bool = True


def rows(picture: Everything, moments: Sequence[Moment]) -> list[Row]:
    """Return every row so far, oldest first."""
    parts = [
        *_moments(moments),
        *_messages(picture),
        *_attempts(picture),
        *_deliveries(picture),
        *_history(picture, moments),
    ]
    return sorted(parts, key=lambda row: (row.at, list(RowKind).index(row.kind)))


def event_name(event: str) -> str:
    """Return an event's code, followed by its Swedish name."""
    name = swedish(event)
    return f"{event} ({name})" if name else event


def _moments(moments: Sequence[Moment]) -> Iterator[Row]:
    for number, moment in enumerate(moments):
        kind = RowKind.FAULT if moment.wrong else RowKind.SCENE
        yield Row(at=moment.at, kind=kind, id=str(number), what=moment.text)


def _messages(picture: Everything) -> Iterator[Row]:
    for message in picture.messages:
        if is_copy(message):
            what = f"the same {message.event} again: a copy, ignored"
            yield _received(message, RowKind.REPAIR, what)
        elif message.event not in ("receipt", "answer"):
            nobody = "" if message.shared else ", shared with nobody"
            yield _received(message, RowKind.RECEIVED, f"{event_name(message.event)}{nobody}")


def _received(message: MessageSummary, kind: RowKind, what: str) -> Row:
    return Row(
        at=message.received_at,
        kind=kind,
        id=message.id,
        way=f"{message.endpoint} →",
        what=what,
        receipt=message.receipt_code or "none",
        wrong=not message.receipt_code,
        final=message.standing != "received",
    )


def _deliveries(picture: Everything) -> Iterator[Row]:
    senders = {m.id: m.endpoint for m in picture.messages}
    for delivery in picture.deliveries:
        if delivery.event == "answer":
            way = f"{senders[delivery.message_id]} → {delivery.endpoint}"
            yield _sent(picture, delivery, RowKind.ANSWER, way, _answer(picture, delivery))
        elif delivery.event != "receipt":
            what = delivery.event + _after_failures(picture, delivery) + _lost_fields(delivery)
            yield _sent(picture, delivery, RowKind.SENT, f"→ {delivery.endpoint}", what)


def _sent(
    picture: Everything, delivery: DeliverySummary, kind: RowKind, way: str, what: str
) -> Row:
    """A delivery that has its application receipt, or that cannot get one any more."""
    receipt = _application_receipt(picture, delivery)
    start = delivery.sent_at or delivery.created_at
    seconds = f" +{(receipt.at - start).total_seconds():.1f} s" if receipt else ""
    state = "" if receipt else f": {delivery.state} {delivery.code}".rstrip()
    return Row(
        at=receipt.at if receipt else delivery.closed_at or start,
        kind=kind,
        id=delivery.id,
        way=way,
        what=what + state,
        receipt=f"{receipt.code}{seconds}" if receipt else "none",
        wrong=receipt is None or receipt.code != "ok",
        final=receipt is not None or delivery.closed_at is not None,
    )


def _application_receipt(picture: Everything, delivery: DeliverySummary) -> ReceiptSummary | None:
    """The newest one: a receiver may say `transient-error` first, and `ok` later."""
    receipts = [
        r for r in picture.receipts if r.delivery_id == delivery.id and r.layer == "application"
    ]
    return receipts[-1] if receipts else None


def _answer(picture: Everything, delivery: DeliverySummary) -> str:
    """What a person answered, and to which event."""
    events = {d.id: d.event for d in picture.deliveries}
    for receipt in picture.receipts:
        if receipt.layer == "person" and receipt.message_id == delivery.message_id:
            return f"answer to {events[receipt.delivery_id]}: {receipt.code}"
    return event_name(delivery.event)


def _after_failures(picture: Everything, delivery: DeliverySummary) -> str:
    """The number of the attempt that got through, where earlier ones failed."""
    failed = any(a.delivery_id == delivery.id and a.code for a in picture.attempts)
    return f", attempt {delivery.attempt}: got through" if failed else ""


def _lost_fields(delivery: DeliverySummary) -> str:
    """How many fields the receiver's format cannot carry, or that it got a text instead."""
    losses = json.loads(delivery.losses or "[]")
    if any(_AS_TEXT in loss["why"] for loss in losses):
        return ", told as text (meddelande)"
    count = len(losses)
    return f", {count} field{'s' if count > 1 else ''} left out" if count else ""


def _attempts(picture: Everything) -> Iterator[Row]:
    deliveries = {d.id: d for d in picture.deliveries}
    for attempt in picture.attempts:
        delivery = deliveries[attempt.delivery_id]
        what = _repeated(attempt, delivery)
        if attempt.code:
            yield _failed(attempt, delivery)
        elif what:
            yield Row(
                at=attempt.started_at,
                kind=RowKind.REPAIR,
                id=f"{delivery.id} {attempt.number}",
                way=f"→ {delivery.endpoint}",
                what=what,
            )


def _failed(attempt: AttemptSummary, delivery: DeliverySummary) -> Row:
    what = f"{delivery.event}, attempt {attempt.number}: {attempt.code}"
    return Row(
        at=attempt.finished_at or attempt.started_at,
        kind=RowKind.FAILED,
        id=f"{delivery.id} {attempt.number}",
        way=f"→ {delivery.endpoint}",
        what=f"{what}; kept, and tried again with the same id",
    )


def _repeated(attempt: AttemptSummary, delivery: DeliverySummary) -> str:
    """Why an attempt followed another; "" for a retry, which the failed attempt explains."""
    if attempt.why == "resend":
        waited = f"{RECEIPT_WITHIN.total_seconds():g} s"
        return f"{delivery.event}: no receipt within {waited}; sent again in a new envelope"
    if attempt.why == "lease":
        return f"{delivery.event}, attempt {attempt.number}: the one before never ended"
    return ""


def _history(picture: Everything, moments: Sequence[Moment]) -> Iterator[Row]:
    """The entries since the play began; making the parties' tokens comes before it.

    Of the reminders of a delivery, which go on until it is answered, the first is shown.
    """
    events = {d.id: d.event for d in picture.deliveries}
    reminded: set[str | None] = set()
    for number, entry in enumerate(picture.history):
        what = "" if entry.delivery_id in reminded else _history_text(entry, events)
        if entry.what == "answer-late":
            reminded.add(entry.delivery_id)
        if what and moments and entry.at >= moments[0].at:
            way = f"→ {entry.endpoint}" if entry.delivery_id else ""
            yield Row(at=entry.at, kind=RowKind.REPAIR, id=f"h{number}", way=way, what=what)


def _history_text(entry: HistoryEntry, events: dict[str, str]) -> str:
    """What only the history knows; "" for what another row shows."""
    event = events.get(entry.delivery_id or "", "")
    if entry.what in ("copy", "resend", "retry", "not-shared"):
        return ""
    if entry.what == "shared":
        return f"the case is shared from here on: {entry.detail}"
    if entry.what == "answer-late":
        waited = f"{READ_WITHIN.total_seconds():g} s"
        return f"{event}: no person answered within {waited}; {entry.detail}"
    return " ".join(part for part in (entry.what, event, entry.detail) if part)
