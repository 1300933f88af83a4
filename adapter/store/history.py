"""The history: events that no other table records. Words and ids; never personal data."""

from __future__ import annotations

from datetime import datetime

from adapter.core.model import Delivery
from adapter.store.bulk_write import Insert
from adapter.store.tables import history
from adapter.store.transaction import Transaction

_ENTRY = Insert(history)

WORDS = {
    # Of a message.
    "refused": "it has errors; its sender got all of them in the receipt",
    "not-used": "its event is known, and this adapter does not use it",
    "copy": "a copy of a stored message; its sender got the first receipt again",
    "renamed": "another sender has used its id; it leaves under an id of ours",
    "fragment": "the connection ended before its end; stored, not answered",
    "shared": "from now on these endpoints get messages about the case",
    "sharing-ended": "the right of this endpoint ended; the detail has its need and the reason",
    "unchanged": "it says nothing new; nobody is told",
    "superseded": "a newer message of the case says otherwise; nobody is told",
    "protected": "the patient's identity is protected from now on, at this level",
    "not-a-party": "this receiver takes no part in the case, and did not get it",
    "not-for-role": "this receiver may not read clinical text, and did not get it",
    "late": "the information went out later than on the day of the discharge",
    "consent-ended": "the consent to planning had ended; nobody got the plan",
    "consent-excludes": "the consent to planning does not cover this receiver; it got no plan",
    "recalled": "its recall came before it; nobody got it",
    "not-known": "a person at this receiver answered that the unit does not know the patient",
    "forwarded": "this receiver passed it on; the detail has the units, oldest first",
    "consent-withdrawn": "the patient has withdrawn the consent to planning; nobody got the plan",
    "secrecy-bar": "a bar of secrecy is recorded; this receiver did not get this event",
    "bar-without-receiver": "a bar of secrecy names an organisation that is no receiver",
    "consent-without-case": "no case is open; what it says of consent or bars is not kept",
    "other-patient": "its patient is not the patient of the case; a person must decide",
    "ambiguous-case": "its names belong to two cases; a person must decide",
    "nobody-to-tell": "this need has no receiver; a person must tell somebody",
    "protected-elsewhere": "another party protects the patient; its owner must check it",
    "rejected": "a receiver does not take a notice; its need stands, and a person must decide",
    "late-notice": "the first notice to this endpoint leaves after its 24 hours",
    "late-word": "it came too late to change what receivers know; a person must decide",
    "transferred": "to another hospital; a person must see that this hospital has told",
    "outpatient-assessment": "an assessment outside inpatient care; a person must ask why",
    "identity": "it cannot be decided whom it is about; a person must decide",
    "protection-lifted": "its sender says that the protection has ended; a person must confirm",
    "no-return-address": "there is no endpoint for the receipt that the sender must get",
    "receipt-not-written": "the receipt could not be written in the sender's format",
    # Of a case.
    "purged": "nobody was told of its stay; the bodies of its messages are purged",
    "told-forgotten": "what its receivers last got is removed: their rights are over",
    "name-forgotten": "its names and the keyed hash of the person are removed",
    # Of a delivery.
    "retry": "the attempt failed; the detail names the rule that decided what follows",
    "resend": "its receipt is missing; it is sent again",
    "bad-answer": "the body of the transport's response is no receipt",
    "returned-by-queue": "the receiver's queue returned it; this counts as a failed attempt",
    "moved": "its endpoint was replaced before it arrived; it is sent to the successor",
    "held": "not sent until a person has looked at it",
    "answer-late": "no person answered in time; its owner was reminded",
    "dead": "given up; a person must decide",
    "no-longer-due": "its receiver's right ended or changed, or a newer notice replaced it",
    "sender-told": "its sender was notified that it could not be delivered",
    "sender-not-told": "its sender has no endpoint for the notice that it could not be delivered",
    # Of an endpoint, or the broker.
    "circuit-opened": "the endpoint does not answer; one probe is sent at a time",
    "circuit-closed": "the endpoint answers again; all waiting deliveries are due",
    "broker-was-empty": "queues were missing; what only the broker had is sent again",
    # By a person, whose name is in `who`.
    "taken": "a person has taken it",
    "settings-told": "a person has sent what new settings change for the case",
    "lifted": "a person has lifted the protection of the patient's identity",
    "replayed": "it is sent or processed again",
    "discarded": "given up for good",
    "replaced": "an edited copy replaces it",
    "edited": "it replaces a dead or refused original",
    "paused": "nothing is sent to the endpoint",
    "resumed": "deliveries are sent to the endpoint again",
    "job-started": "for many dead letters at once; the detail has its id and what was chosen",
    "job-stopped": "after the part that was under way",
    "job-resumed": "it goes on where it was",
    "job-done": "it has come to all of its ids",
    "job-forgotten": "its ids are removed; what it was stays",
    "token-made": "the endpoint has a new token",
    "patient-searched": "a person searched by the patient's number; this case was found",
    "body-read": "a person read the bytes",
    "readings-checked": "a person has checked a sample of a month's readings",
}
"""The words of the column `what`, with their meanings."""


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
    """Add an entry. `who` is a person's name as given to a command, "" for the adapter."""
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
    tx.later(_ENTRY, row)


def of_delivery(
    tx: Transaction, now: datetime, what: str, about: Delivery, detail: str = "", who: str = ""
) -> None:
    """Add an entry about a delivery."""
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
