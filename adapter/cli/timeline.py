"""A case as it went: every hop, loss, receipt and hand laid on it, merged by time. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from adapter.cli import words
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
    """Everything of a case, oldest first; what happened at once stands in the order of cause.

    `held` are the endpoints that a service window holds, and until when.
    """
    sent = {d.id: d for d in view.deliveries}
    order = {id_: number for number, id_ in enumerate(sent)}
    parts: tuple[Iterable[Entry], ...] = (
        (entry for line in view.messages for entry in _received(line)),
        _history(view),
        (entry for line in view.deliveries for entry in _queued(line, held)),
        (_attempted(line, sent[line.delivery_id]) for line in view.attempts),
        (_receipted(line, sent[line.delivery_id]) for line in view.receipts),
    )
    ranked = [(rank, entry) for rank, part in enumerate(parts) for entry in part]
    ranked.sort(key=lambda one: (one[1].at, one[0], order.get(one[1].delivery, -1)))
    return [entry for _, entry in ranked]


def _received(line: MessageSummary) -> Iterator[Entry]:
    by = f" by {line.replaced_by}" if line.replaced_by else ""
    said = [f"{words.event(line.event or line.claimed_event)} {line.standing}{by}"]
    said += [f"in place of {line.replaces}"] if line.replaces else []
    said += [line.note] if line.note else []
    said += [_because(line.code, line.detail)] if line.code else []
    said += [f"answered {line.receipt_code}"] if line.receipt_code and not line.replaces else []
    yield _of_message(line, "received", ", ".join(said))
    for path, why in losses(line.losses):
        yield _of_message(line, "loss", f"not read: {path}: {why}")


def _of_message(line: MessageSummary, what: str, text: str) -> Entry:
    at, endpoint = line.received_at, line.endpoint or "unidentified"
    return Entry(at=at, what=what, endpoint=endpoint, text=text, message=line.id)


def _queued(line: DeliverySummary, held: Mapping[str, datetime]) -> Iterator[Entry]:
    way = "the sender's own bytes" if line.forwarded else "translated"
    again = f", {line.copy_of} again" if line.copy_of else ""
    again += f", in place of {line.replaces}" if line.replaces else ""
    stands = now(line, held)
    yield _of_delivery(line, "queued", f"{words.event(line.event)} {way}{again}; {stands}")
    for path, why in losses(line.losses):
        yield _of_delivery(line, "loss", f"not written: {path}: {why}")


def _of_delivery(line: DeliverySummary, what: str, text: str) -> Entry:
    return Entry(
        at=line.created_at,
        what=what,
        endpoint=line.endpoint,
        text=text,
        message=line.message_id,
        delivery=line.id,
    )


def now(line: DeliverySummary, held: Mapping[str, datetime]) -> str:
    """Where a delivery stands, and why where that needs telling."""
    why = f", {_because(line.code, line.detail)}" if line.code else ""
    told = ", its sender is told when it is discarded" if _is_untold(line) else ""
    who = f", taken by {line.taken_by}" if line.taken_by else ""
    until = held_until(line, held)
    window = f", held until {when(until)} (service window)" if until else ""
    by = f" by {line.replaced_by}" if line.replaced_by else ""
    return f"now {line.state}{by}{why}{told}{who}{window}"


def held_until(line: DeliverySummary, held: Mapping[str, datetime]) -> datetime | None:
    """When a delivery that a service window holds may go; None for any other."""
    return held.get(line.endpoint) if line.state == State.WAITING else None


def _is_untold(line: DeliverySummary) -> bool:
    return line.untold and line.state == State.DEAD


def _attempted(line: AttemptSummary, sent: DeliverySummary) -> Entry:
    number = f"attempt {line.number}{_WHY.get(line.why, '')}"
    return Entry(
        at=line.started_at,
        what="attempt" if not line.code else "failed",
        endpoint=sent.endpoint,
        text=f"{words.event(sent.event)} {number}: {outcome(line)}",
        message=sent.message_id,
        delivery=sent.id,
    )


def outcome(line: AttemptSummary) -> str:
    """What became of an attempt."""
    if line.code:
        return _because(line.code, line.detail)
    return "the far side has it" if line.finished_at else "no outcome is known"


def _because(code: str, detail: str) -> str:
    told = f" ({detail})" if detail else ""
    return f"{code}{told}: {words.cause(code).rstrip('.')}".removesuffix(": ")


def _receipted(line: ReceiptSummary, sent: DeliverySummary) -> Entry:
    way = f" with {line.message_id}" if line.message_id else " in the same exchange"
    told = f" ({line.detail})" if line.detail else ""
    return Entry(
        at=line.at,
        what="receipt",
        endpoint=sent.endpoint,
        text=f"{words.event(sent.event)} {line.layer} {line.code}{told}{way}",
        message=sent.message_id,
        delivery=sent.id,
    )


def _history(view: CaseView) -> Iterable[Entry]:
    for line in view.history:
        yield Entry(
            at=line.at,
            what=line.what,
            endpoint=line.endpoint,
            text=line.detail,
            message=line.message_id or "",
            delivery=line.delivery_id or "",
            who=line.who,
        )


def losses(text: str) -> list[tuple[str, str]]:
    """The losses of a row: path and why."""
    return [(row["path"], row["why"]) for row in json.loads(text or "[]")]
