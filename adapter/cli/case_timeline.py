"""The timeline of a case: messages, deliveries, attempts, receipts and persons' acts. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from adapter.cli import texts
from adapter.cli.history_texts import plain
from adapter.cli.printing import when
from adapter.core.lifecycle import State
from adapter.store.queries import CaseView
from adapter.store.queries.summaries import (
    AttemptSummary,
    DeliverySummary,
    MessageSummary,
    ReceiptSummary,
)

_WHY = {"first": "", "retry": ", again", "resend": ", no receipt came", "lease": ", taken over"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. `who` is a person; "" the adapter or an endpoint."""

    at: datetime
    what: str
    endpoint: str
    text: str
    message: str = ""
    delivery: str = ""
    who: str = ""


def timeline(view: CaseView, held: Mapping[str, datetime]) -> list[Entry]:
    """Return everything of a case, oldest first; at the same time, a cause before its effect.

    `held` names the endpoints that a service window holds, and until when.
    """
    sent = {d.id: d for d in view.deliveries}
    order = {id_: number for number, id_ in enumerate(sent)}
    parts: tuple[Iterable[Entry], ...] = (
        (entry for row in view.messages for entry in _received(row)),
        _history(view),
        (entry for row in view.deliveries for entry in _queued(row, held)),
        (_attempted(row, sent[row.delivery_id]) for row in view.attempts),
        (_receipted(row, sent[row.delivery_id]) for row in view.receipts),
    )
    ranked = [(rank, entry) for rank, part in enumerate(parts) for entry in part]
    ranked.sort(key=lambda pair: (pair[1].at, pair[0], order.get(pair[1].delivery, -1)))
    return [entry for _, entry in ranked]


def _received(row: MessageSummary) -> Iterator[Entry]:
    by = f" by {row.replaced_by}" if row.replaced_by else ""
    parts = [f"{texts.event(row.event or row.claimed_event)} {row.standing}{by}"]
    parts += [f"in place of {row.replaces}"] if row.replaces else []
    parts += [row.note] if row.note else []
    parts += [_because(row.code, row.detail)] if row.code else []
    parts += [f"answered {row.receipt_code}"] if row.receipt_code and not row.replaces else []
    yield _of_message(row, "received", ", ".join(parts))
    for path, why in losses(row.losses):
        yield _of_message(row, "loss", f"not read: {path}: {why}")


def _of_message(row: MessageSummary, what: str, text: str) -> Entry:
    at, endpoint = row.received_at, row.endpoint or "unidentified"
    return Entry(at=at, what=what, endpoint=endpoint, text=text, message=row.id)


def _queued(row: DeliverySummary, held: Mapping[str, datetime]) -> Iterator[Entry]:
    way = "the sender's own bytes" if row.forwarded else "translated"
    again = f", {row.copy_of} again" if row.copy_of else ""
    again += f", in place of {row.replaces}" if row.replaces else ""
    state = delivery_state(row, held)
    yield _of_delivery(row, "queued", f"{texts.event(row.event)} {way}{again}; {state}")
    for path, why in losses(row.losses):
        yield _of_delivery(row, "loss", f"not written: {path}: {why}")


def _of_delivery(row: DeliverySummary, what: str, text: str) -> Entry:
    return Entry(
        at=row.created_at,
        what=what,
        endpoint=row.endpoint,
        text=text,
        message=row.message_id,
        delivery=row.id,
    )


def delivery_state(row: DeliverySummary, held: Mapping[str, datetime]) -> str:
    """Return a delivery's state, and the reason for it."""
    why = f", {_because(row.code, row.detail)}" if row.code else ""
    untold = ", its sender is told when it is discarded" if _is_untold(row) else ""
    who = f", taken by {row.taken_by}" if row.taken_by else ""
    until = held_until(row, held)
    window = f", held until {when(until)} (service window)" if until else ""
    by = f" by {row.replaced_by}" if row.replaced_by else ""
    return f"now {row.state}{by}{why}{untold}{who}{window}"


def held_until(row: DeliverySummary, held: Mapping[str, datetime]) -> datetime | None:
    """Return when the service window that holds a delivery ends; None where none holds it."""
    return held.get(row.endpoint) if row.state == State.WAITING else None


def _is_untold(row: DeliverySummary) -> bool:
    return row.untold and row.state == State.DEAD


def _attempted(row: AttemptSummary, sent: DeliverySummary) -> Entry:
    number = f"attempt {row.number}{_WHY.get(row.why, '')}"
    return Entry(
        at=row.started_at,
        what="attempt" if not row.code else "failed",
        endpoint=sent.endpoint,
        text=f"{texts.event(sent.event)} {number}: {outcome(row)}",
        message=sent.message_id,
        delivery=sent.id,
    )


def outcome(row: AttemptSummary) -> str:
    """Return the outcome of an attempt."""
    if row.code:
        return _because(row.code, row.detail)
    return "the receiver has it" if row.finished_at else "no outcome is known"


def _because(code: str, detail: str) -> str:
    words = f" ({detail})" if detail else ""
    return f"{code}{words}: {texts.cause(code).rstrip('.')}".removesuffix(": ")


def _receipted(row: ReceiptSummary, sent: DeliverySummary) -> Entry:
    way = f" with {row.message_id}" if row.message_id else " in the same exchange"
    detail = f" ({row.detail})" if row.detail else ""
    return Entry(
        at=row.at,
        what="receipt",
        endpoint=sent.endpoint,
        text=f"{texts.event(sent.event)} {row.layer} {row.code}{detail}{way}",
        message=sent.message_id,
        delivery=sent.id,
    )


def _history(view: CaseView) -> Iterable[Entry]:
    for row in view.history:
        yield Entry(
            at=row.at,
            what=row.what,
            endpoint=row.endpoint,
            text=plain(row.what, row.detail),
            message=row.message_id or "",
            delivery=row.delivery_id or "",
            who=row.who,
        )


def losses(text: str) -> list[tuple[str, str]]:
    """Return the losses of a row: the path and the reason of each."""
    return [(row["path"], row["why"]) for row in json.loads(text or "[]")]
