"""The result of the play, as figures and as the JSON of `adapter demo --json`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from adapter.simulators.traffic_log import EntryKind, TrafficEntry
from adapter.store.queries.everything import Everything
from adapter.store.queries.summaries import DeliverySummary, MessageSummary

COPY = "copy of "  # the note of a copy begins with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The play, as the store and the parties' traffic logs recorded it.

    `stuck` says what stopped it; "" when it reached its end. `plan` is the opening of the plan's
    text; "" for none.
    """

    seed: int
    bus: str  # embedded | rabbitmq
    case: str  # the adapter's id of the discharge's case; "" when it never opened
    picture: Everything
    traffic_logs: Sequence[Sequence[TrafficEntry]]
    stuck: str = ""
    plan: str = ""

    @property
    def messages(self) -> list[MessageSummary]:
        """The parties' messages, each once: no receipts, and no copies."""
        return [m for m in self.picture.messages if m.event != "receipt" and not is_copy(m)]

    def deliveries(self, message: MessageSummary) -> list[DeliverySummary]:
        """Return a message's deliveries, without our own receipt to its sender."""
        deliveries = self.picture.deliveries
        return [d for d in deliveries if d.message_id == message.id and d.event != "receipt"]

    @property
    def unreceipted(self) -> int:
        """Deliveries without an application receipt, and messages that we did not receipt.

        The store is counted for what we sent, the traffic logs for what the parties sent.
        """
        receipted = {r.delivery_id for r in self.picture.receipts if r.layer == "application"}
        sent = [d for d in self.picture.deliveries if d.event != "receipt"]
        ours = sum(d.id not in receipted for d in sent)
        return ours + sum(len(unanswered(log)) for log in self.traffic_logs)

    @property
    def retries(self) -> int:
        """Attempts that followed a failed one."""
        return sum(a.why in ("retry", "lease") for a in self.picture.attempts)

    @property
    def resends(self) -> int:
        """Attempts that followed a missing receipt."""
        return sum(a.why == "resend" for a in self.picture.attempts)

    @property
    def copies_discarded(self) -> int:
        """Copies that the adapter or a party recognised; they changed nothing."""
        ours = sum(is_copy(m) for m in self.picture.messages)
        return ours + sum(e.kind is EntryKind.COPY for log in self.traffic_logs for e in log)

    @property
    def duplicates_applied(self) -> int:
        """Contents that a party applied more than once."""
        return sum(len(ids) - len(set(ids)) for ids in map(_applied, self.traffic_logs))

    @property
    def dead(self) -> int:
        """Messages and deliveries that are dead or refused, and wait for a person."""
        states = [*(m.standing for m in self.picture.messages)]
        states += [d.state for d in self.picture.deliveries]
        return sum(state in ("dead", "refused") for state in states)

    @property
    def whole(self) -> bool:
        """Whether everything has its receipt, nothing was applied twice, and the play ended."""
        return not (self.stuck or self.unreceipted or self.duplicates_applied or self.dead)


def is_copy(message: MessageSummary) -> bool:
    """Whether the adapter recognised a message as a copy of an earlier one."""
    return message.note.startswith(COPY)


def unanswered(traffic_log: Iterable[TrafficEntry]) -> set[str]:
    """Return the content ids that a party sent without getting a receipt.

    The journal's are control ids (MSH-10).
    """
    sent: set[str] = set()
    answered: set[str] = set()
    for entry in traffic_log:
        if entry.kind is EntryKind.SENT and entry.event != "receipt":
            sent.add(entry.content_id)
        elif entry.kind is EntryKind.NOTED:
            answered.add(entry.about or entry.content_id)
    return sent - answered


def _applied(traffic_log: Iterable[TrafficEntry]) -> list[str]:
    return [e.content_id for e in traffic_log if e.kind is EntryKind.APPLIED]


def as_json(report: Report) -> dict[str, Any]:
    """Return the object that `adapter demo --json` prints."""
    return {
        "case": report.case,
        "bus": report.bus,
        "seed": report.seed,
        "messages": [_message(report, m) for m in report.messages],
        "unreceipted": report.unreceipted,
        "retries": report.retries,
        "resends": report.resends,
        "copies_discarded": report.copies_discarded,
        "duplicates_applied": report.duplicates_applied,
    }


def _message(report: Report, message: MessageSummary) -> dict[str, Any]:
    return {
        "id": message.id,
        "event": message.event,
        "sender": message.endpoint,
        "shared": message.shared,
        "deliveries": [_delivery(report, d) for d in report.deliveries(message)],
    }


def _delivery(report: Report, delivery: DeliverySummary) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "endpoint": delivery.endpoint,
        "state": delivery.state,
        "attempts": delivery.attempt,
        "resends": delivery.resends,
        "receipts": [
            {"layer": r.layer, "code": r.code, "at": r.at.isoformat()}
            for r in report.picture.receipts
            if r.delivery_id == delivery.id
        ],
    }
