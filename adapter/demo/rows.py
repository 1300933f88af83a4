"""What happened, line by line in the order of time, in plain words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from adapter.demo.network import READ_WITHIN, RECEIPT_WITHIN
from adapter.demo.report import Report, is_copy
from adapter.fhir.profiles import load
from adapter.store.queries.summaries import (
    AttemptSummary,
    DeliverySummary,
    HistoryEntry,
    MessageSummary,
)


class Sort(StrEnum):
    """What a line is, which decides its colour. In the order of lines of one moment."""

    SCENE = "scene"
    WRONG = "wrong"  # the play made something go wrong
    CAME = "came"
    SENT = "sent"
    ANSWER = "answer"  # a person's
    REPAIR = "repair"  # what the adapter did about something


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line. `receipts` are (layer, text)."""

    at: datetime
    sort: Sort
    who: str = ""
    what: str
    receipts: tuple[tuple[str, str], ...] = ()


def rows(report: Report) -> list[Row]:
    """Every line of the report, oldest first."""
    found = [
        *_moments(report),
        *_messages(report),
        *_attempts(report),
        *_deliveries(report),
        *_history(report),
    ]
    return sorted(found, key=lambda row: (row.at, list(Sort).index(row.sort)))


def named(event: str) -> str:
    """An event with its Swedish name."""
    swedish = _swedish().get(event)
    return f"{event} ({swedish})" if swedish else event


@lru_cache
def _swedish() -> dict[str, str]:
    concepts = load().resource("CodeSystem", "event")["concept"]
    return {c["code"]: c["designation"][0]["value"].lower() for c in concepts}


def _moments(report: Report) -> Iterator[Row]:
    for moment in report.moments:
        sort = Sort.WRONG if moment.wrong else Sort.SCENE
        yield Row(at=moment.at, sort=sort, what=moment.text)


def _messages(report: Report) -> Iterator[Row]:
    for message in report.picture.messages:
        if is_copy(message):
            yield _copy(message)
        elif message.event not in ("receipt", "answer"):
            yield Row(
                at=message.received_at,
                sort=Sort.CAME,
                who=f"{message.endpoint} → adapter",
                what=named(message.event),
                receipts=(_given(message), *([] if message.shared else [_nobody()])),
            )


def _given(message: MessageSummary) -> tuple[str, str]:
    if not message.receipt_code:
        return "wrong", "no receipt"
    return "application", f"receipted: {message.receipt_code}"


def _nobody() -> tuple[str, str]:
    return "note", "shared with nobody"


def _copy(message: MessageSummary) -> Row:
    return Row(
        at=message.received_at,
        sort=Sort.REPAIR,
        who=f"{message.endpoint} → adapter",
        what=f"the same {message.event} again: a copy, ignored",
        receipts=(("application", f"first receipt again: {message.receipt_code}"),),
    )


def _deliveries(report: Report) -> Iterator[Row]:
    sender = {m.id: m.endpoint for m in report.picture.messages}
    for delivery in report.picture.deliveries:
        if delivery.event == "receipt":
            continue
        answers = delivery.event == "answer"
        begins = f"{sender[delivery.message_id]} → adapter" if answers else "adapter"
        yield Row(
            at=delivery.sent_at or delivery.created_at,
            sort=Sort.ANSWER if answers else Sort.SENT,
            who=f"{begins} → {delivery.endpoint}",
            what=_answered(report, delivery) if answers else named(delivery.event),
            receipts=(*_receipts(report, delivery), *_left_out(delivery), *_standing(delivery)),
        )


def _answered(report: Report, delivery: DeliverySummary) -> str:
    """What a person said, and to what."""
    events = {d.id: d.event for d in report.picture.deliveries}
    for receipt in report.picture.receipts:
        if receipt.layer == "person" and receipt.message_id == delivery.message_id:
            return f"a person's answer: {receipt.code}, to {events[receipt.delivery_id]}"
    return named(delivery.event)


def _receipts(report: Report, delivery: DeliverySummary) -> Iterator[tuple[str, str]]:
    """The last receipt of each layer, with the seconds since the first sending."""
    found = [r for r in report.picture.receipts if r.delivery_id == delivery.id]
    start = delivery.sent_at or delivery.created_at
    for layer, receipt in {r.layer: r for r in found if r.layer != "transport"}.items():
        after = (receipt.at - start).total_seconds()
        yield layer, f"{layer}: {receipt.code} +{after:.1f} s"


def _left_out(delivery: DeliverySummary) -> Iterator[tuple[str, str]]:
    """What the receiver's format could not carry, and the mapping confessed."""
    count = len(json.loads(delivery.losses or "[]"))
    if count:
        yield "note", f"{count} field{'s' if count > 1 else ''} left out"


def _standing(delivery: DeliverySummary) -> Iterator[tuple[str, str]]:
    if delivery.state == "accepted":
        yield "wrong", "no person has answered"
    elif delivery.state != "confirmed":
        yield "wrong", f"{delivery.state} {delivery.code}".strip()


def _attempts(report: Report) -> Iterator[Row]:
    deliveries = {d.id: d for d in report.picture.deliveries}
    for attempt in report.picture.attempts:
        delivery = deliveries[attempt.delivery_id]
        what = _trouble(attempt, delivery)
        if what:
            who = f"adapter → {delivery.endpoint}"
            yield Row(at=attempt.started_at, sort=Sort.REPAIR, who=who, what=what)


def _trouble(attempt: AttemptSummary, delivery: DeliverySummary) -> str:
    if attempt.code:
        nth = f"attempt {attempt.number}"
        return f"{delivery.event}, {nth}: {attempt.code}; kept, and tried again with the same id"
    if attempt.why == "resend":
        waited = f"{RECEIPT_WITHIN.total_seconds():g} s"
        return f"{delivery.event}: no receipt within {waited}; sent again in a new envelope"
    if attempt.why == "lease":
        return f"{delivery.event}, attempt {attempt.number}: the one before never ended"
    return f"{delivery.event}, attempt {attempt.number}: got through" if attempt.number > 1 else ""


def _history(report: Report) -> Iterator[Row]:
    events = {d.id: d.event for d in report.picture.deliveries}
    begins = report.moments[0].at if report.moments else None
    for line in report.picture.history:
        what = _told(line, events)
        if what and (begins is None or line.at >= begins):
            who = f"adapter → {line.endpoint}" if line.delivery_id else "adapter"
            yield Row(at=line.at, sort=Sort.REPAIR, who=who, what=what)


def _told(line: HistoryEntry, events: dict[str, str]) -> str:
    """What no other table tells; "" for what another line shows already."""
    event = events.get(line.delivery_id or "", "")
    if line.what in ("copy", "resend", "not-shared"):
        return ""
    if line.what == "shared":
        return f"the case is shared from here on: {line.detail}"
    if line.what == "answer-late":
        waited = f"{READ_WITHIN.total_seconds():g} s"
        return f"{event}: no person answered within {waited}; {line.detail}"
    return " ".join(part for part in (line.what, event, line.detail) if part)
