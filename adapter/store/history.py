"""What happened, in order, that no other table tells. Words and ids; never personal data."""

from __future__ import annotations

from datetime import datetime

from adapter.core.model import Delivery
from adapter.store.bulk_write import Insert
from adapter.store.tables import history
from adapter.store.transaction import Transaction

_LINE = Insert(history)

WORDS = {
    # Of a message.
    "refused": "for its own faults; its sender was told them all",
    "not-used": "an event that is known and not used",
    "copy": "of a message that we have; its sender got the first answer again",
    "fragment": "broken off before its end; kept, not answered",
    "shared": "from now on these hear of the case",
    "sharing-ended": "the assessment was withdrawn; these were told",
    "other-patient": "another than the one for whom the case was opened",
    "no-return-address": "the receipt that we owe has nowhere to go",
    "receipt-not-written": "our receipt could not be written in the sender's form",
    # Of a delivery.
    "retry": "it failed, and which rule of its endpoint decided what follows",
    "resend": "its receipt is missing: sent again",
    "bad-answer": "what came with the transport's answer is no receipt",
    "returned-by-queue": "the receiver's queue gave it up: a failed attempt",
    "moved": "its endpoint was replaced, and it had surely not arrived: sent to the successor",
    "held": "before it was sent, until a person has looked",
    "answer-late": "no person has answered in time; its owner was reminded",
    "dead": "for a person",
    "sender-told": "that it could not be delivered",
    "sender-not-told": "that it could not be delivered: there is nowhere to send it",
    # Of an endpoint, or the broker.
    "circuit-opened": "it does not answer: one probe at a time, the rest waits",
    "circuit-closed": "it answers again: all that waited is due",
    "broker-was-empty": "queues were missing: what only the broker had is sent again",
    # By a person, whose name stands beside it.
    "taken": "a person has it",
    "replayed": "sent or processed again",
    "discarded": "let go for good",
    "replaced": "an edited one went in its place",
    "edited": "it stands for one that was dead or refused",
    "paused": "nothing is sent there",
    "resumed": "it is sent there again",
    "token-made": "the endpoint has a new token",
    "body-read": "somebody looked at the bytes",
}
"""What may stand in `what`, besides the decisions of adapter.policy.sharing, and what it says."""


def note(  # noqa: PLR0913 - what, where and who, each by name
    tx: Transaction,
    now: datetime,
    what: str,
    *,
    case: str | None = None,
    message: str | None = None,
    delivery: str | None = None,
    endpoint: str = "",
    detail: str = "",
    who: str = "",
) -> None:
    """Add one line. `who` is a person's name as given to a command, "" for the adapter."""
    row = {
        "at": now,
        "what": what,
        "case_id": case,
        "message_id": message,
        "delivery_id": delivery,
        "endpoint": endpoint,
        "detail": detail,
        "who": who,
    }
    tx.later(_LINE, row)


def of_delivery(
    tx: Transaction, now: datetime, what: str, about: Delivery, detail: str = "", who: str = ""
) -> None:
    """Add one line about a delivery."""
    note(
        tx,
        now,
        what,
        case=about.case_id,
        message=about.message_id,
        delivery=about.id,
        endpoint=about.endpoint,
        detail=detail,
        who=who,
    )
