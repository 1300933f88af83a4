"""The faults of the play, and what the adapter did about each: counted in the store. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.demo.report import Report, is_copy
from adapter.store.queries.summaries import DeliverySummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One fault and its outcome."""

    what: str
    outcome: str


def troubles(report: Report) -> list[Trouble]:
    """Return one for each delivery or message that had a fault."""
    return [*_failures(report), *_lost_receipts(report), *_copies(report), *_unanswered(report)]


def _failures(report: Report) -> Iterator[Trouble]:
    for delivery in report.picture.deliveries:
        codes = _failure_codes(report, delivery)
        if codes:
            times = f"{len(codes)} attempt{'s' if len(codes) > 1 else ''}"
            yield Trouble(
                what=f"{delivery.endpoint} was down ({', '.join(sorted(set(codes)))})",
                outcome=f"{delivery.event}: {times} failed; {_state(delivery)} "
                f"at attempt {delivery.attempt}, same bytes, same id",
            )


def _failure_codes(report: Report, delivery: DeliverySummary) -> list[str]:
    return [a.code for a in report.picture.attempts if a.delivery_id == delivery.id and a.code]


def _lost_receipts(report: Report) -> Iterator[Trouble]:
    for delivery in report.picture.deliveries:
        if delivery.resends:
            times = "once" if delivery.resends == 1 else f"{delivery.resends} times"
            yield Trouble(
                what=f"a receipt from {delivery.endpoint} was lost",
                outcome=f"{delivery.event}: sent again {times} in a new envelope; "
                f"{_state(delivery)}",
            )


def _copies(report: Report) -> Iterator[Trouble]:
    for message in report.picture.messages:
        if is_copy(message):
            yield Trouble(
                what=f"{message.endpoint} sent a {message.event} twice",
                outcome=f"passed on once; the copy got the first receipt again "
                f"({message.receipt_code})",
            )


def _unanswered(report: Report) -> Iterator[Trouble]:
    for delivery in report.picture.deliveries:
        if delivery.reminded_at:
            answered = delivery.state == "confirmed"
            later = "answered since" if answered else "it stays open, and holds nothing back"
            yield Trouble(
                what=f"nobody at {delivery.endpoint} answered in time",
                outcome=f"{delivery.event}: the endpoint's owner was reminded; {later}",
            )


def _state(delivery: DeliverySummary) -> str:
    done = delivery.state in ("confirmed", "accepted")
    return "receipted" if done else f"now {delivery.state}"
