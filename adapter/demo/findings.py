"""What went wrong in the play, and what the adapter did about it: counted, not claimed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.demo.report import Report, is_copy
from adapter.store.queries.summaries import AttemptSummary, DeliverySummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A trouble, and what became of it."""

    trouble: str
    became: str


def findings(report: Report) -> list[Finding]:
    """One for each delivery or message that had trouble."""
    return [*_failures(report), *_losses(report), *_copies(report), *_silences(report)]


def _failures(report: Report) -> Iterator[Finding]:
    for delivery in report.picture.deliveries:
        codes = [a.code for a in _attempts(report, delivery) if a.code]
        if codes:
            times = f"{len(codes)} attempt{'s' if len(codes) > 1 else ''}"
            yield Finding(
                trouble=f"{delivery.endpoint} was down ({', '.join(sorted(set(codes)))})",
                became=f"{delivery.event}: {times} failed; {_outcome(delivery)} "
                f"at attempt {delivery.attempt}, same bytes, same id",
            )


def _losses(report: Report) -> Iterator[Finding]:
    for delivery in report.picture.deliveries:
        if delivery.resends:
            yield Finding(
                trouble=f"a receipt from {delivery.endpoint} was lost",
                became=f"{delivery.event}: sent again {_times(delivery.resends)} in a new "
                f"envelope; {_outcome(delivery)}",
            )


def _copies(report: Report) -> Iterator[Finding]:
    for message in report.picture.messages:
        if is_copy(message):
            yield Finding(
                trouble=f"{message.endpoint} sent a {message.event} twice",
                became=f"passed on once; the copy got the first receipt again "
                f"({message.receipt_code})",
            )


def _silences(report: Report) -> Iterator[Finding]:
    for delivery in report.picture.deliveries:
        if delivery.reminded_at:
            read = delivery.state == "confirmed"
            yield Finding(
                trouble=f"nobody at {delivery.endpoint} answered in time",
                became=f"{delivery.event}: the endpoint's owner was reminded; "
                + ("answered since" if read else "it stays open, and holds nothing back"),
            )


def _attempts(report: Report, delivery: DeliverySummary) -> list[AttemptSummary]:
    return [a for a in report.picture.attempts if a.delivery_id == delivery.id]


def _outcome(delivery: DeliverySummary) -> str:
    done = delivery.state in ("confirmed", "accepted")
    return "receipted" if done else f"now {delivery.state}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
