"""Receipts, both ways: the answers that we get, and the answers that we owe."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from adapter import builders, bundles, codec, deliveries, fhir, reading, workdays
from adapter.bundles import Resource
from adapter.errors import AdapterError, FatalError, Issue, TransientError
from adapter.lifecycle import OPEN, RetryPolicy, State, Step
from adapter.mappings import Context
from adapter.model import Bundle, Code, DoneWhen, Endpoint, Event, Layer, Message, Receipt
from adapter.routing import Network, party
from adapter.store import cases, history, inbox, outbox
from adapter.store.transaction import Row, Transaction

log = logging.getLogger(__name__)
GONE = "the endpoint is no longer in the settings"

# What we get


def apply(
    tx: Transaction,
    network: Network,
    answerer: Endpoint,
    receipt: Receipt,
    now: datetime,
    message_id: str | None = None,
) -> Row:
    """Let a receipt close, retry or end the delivery that it speaks of; that delivery's row.

    The authenticated answerer and the content id together name the delivery. FatalError
    `unmatched-receipt` when nothing was sent to this answerer under that id.
    """
    row = matched(tx, network, answerer, receipt.about)
    outbox.add_receipt(
        tx,
        row["id"],
        receipt.layer,
        receipt.code,
        now,
        detail=receipt.detail,
        message_id=message_id,
    )
    settle(tx, network, row, receipt, now)
    return row


def matched(tx: Transaction, network: Network, answerer: Endpoint, about: str) -> Row:
    """The delivery that an answerer's organisation was sent under a content id.

    Of several, which only senders with equal ids can cause, each receipt closes one: the oldest
    that still waits for it.
    """
    rows = sent(tx, network, answerer, about)
    waiting = (row for row in rows if row["attempt"] and row["state"] in OPEN)
    return next(waiting, rows[-1])


def sent(tx: Transaction, network: Network, answerer: Endpoint, about: str) -> list[Row]:
    """Every delivery to an answerer's organisation under a content id, oldest first.

    FatalError `unmatched-receipt` when there is none.
    """
    rows = outbox.answered(tx, network.same_organization(answerer), about)
    if not rows:
        raise FatalError("unmatched-receipt", f"from {answerer.name}")
    return rows


def settle(tx: Transaction, network: Network, row: Row, receipt: Receipt, now: datetime) -> None:
    """What a system's receipt means for its delivery. Of two, the first that closes it counts."""
    if receipt.code is Code.OK:
        _accept(tx, network, row, now)
    elif receipt.code is Code.TRANSIENT:
        fail(tx, network, row, TransientError("refused-for-now", receipt.detail), now)
    else:
        fail(tx, network, row, FatalError("refused", receipt.detail), now)


def _accept(tx: Transaction, network: Network, row: Row, now: datetime) -> None:
    if row["done_when"] != DoneWhen.READ:
        outbox.step(tx, row["id"], Step.CONFIRM, now, code="", detail="")
    elif row["state"] != State.ACCEPTED:
        due = workdays.due(now, network.endpoint(row["endpoint"]).read_within)
        outbox.step(tx, row["id"], Step.ACCEPT, now, code="", detail="", answer_due_at=due)


def answer(tx: Transaction, row: Row, status: str, now: datetime, message_id: str) -> None:
    """A person's answer (kvittens): it closes the delivery, whatever the person says.

    And those that it is a copy of: the person has read them all.
    """
    outbox.add_receipt(tx, row["id"], Layer.PERSON, status, now, message_id=message_id)
    found: Row | None = row
    while found is not None:
        outbox.step(tx, found["id"], Step.ANSWER, now)
        found = outbox.get(tx, found["copy_of"])


def fail(
    tx: Transaction,
    network: Network,
    row: Row,
    error: AdapterError,
    now: datetime,
    **named: int,
) -> None:
    """A failed attempt, or a negative receipt: try again later, or end it before a person.

    `attempt=n` says whose outcome it is.
    """
    endpoint = network.endpoints.get(row["endpoint"])
    if endpoint is None:
        bury(tx, network, row, FatalError("settings", GONE), now, **named)
        return
    policy = RetryPolicy(first=endpoint.retry_first, ceiling=endpoint.retry_ceiling)
    failures = row["failures"] + 1
    happened, due = policy.after(error, failures, now, row["expires_at"])
    if happened is Step.GIVE_UP:
        late = isinstance(error, TransientError)
        bury(tx, network, row, FatalError("expired", error.code) if late else error, now, **named)
        return
    why: dict[str, Any] = {"code": error.code, "detail": error.detail, "failures": failures}
    outbox.step(tx, row["id"], happened, now, next_attempt_at=due, **why, **named)


def bury(
    tx: Transaction,
    network: Network,
    row: Row,
    error: AdapterError,
    now: datetime,
    **named: int,
) -> None:
    """End a delivery before a person: it is dead, its case flagged, its sender told."""
    why = {"code": error.code, "detail": error.detail}
    state = outbox.step(tx, row["id"], Step.GIVE_UP, now, **why, **named)
    if state is not State.DEAD or row["state"] == State.DEAD:
        return
    history.of_delivery(tx, now, "dead", row, f"{error}; owner: {network.owner(row['endpoint'])}")
    log.warning("dead", extra={"delivery": row["id"], "endpoint": row["endpoint"]})
    if row["case_id"]:
        cases.save(tx, row["case_id"], flagged=True)
    if row["event"] not in (Event.RECEIPT, Event.DELIVERY_REPORT):
        _report(tx, network, row, error, now)


def _report(
    tx: Transaction, network: Network, row: Row, error: AdapterError, now: datetime
) -> None:
    """Tell the sender that what we had said `ok` to could not be delivered."""
    message = inbox.get(tx, row["message_id"])
    if message is None or not message["endpoint"]:
        return
    sender = network.endpoints.get(message["endpoint"])
    home = network.address(sender) if sender else None
    line = {"case": row["case_id"], "message": row["message_id"], "delivery": row["id"]}
    if home is None or not row["case_id"]:
        history.note(tx, now, "sender-not-told", **line, endpoint=message["endpoint"])
        return
    bundle = _report_bundle(network, row, message, error, home, now)
    one = deliveries.Outgoing(endpoint=home, event=Event.DELIVERY_REPORT, bundle=bundle)
    case = cases.lock(tx, row["case_id"])
    deliveries.put(tx, network, case, message["id"], home, [one], now)
    cases.save(tx, case.id, orders=case.orders + 1)
    history.note(tx, now, "sender-told", **line, endpoint=home.name)


def _report_bundle(
    network: Network,
    row: Row,
    message: Row,
    error: AdapterError,
    home: Endpoint,
    now: datetime,
) -> Bundle:
    first = original(network, message) or {}
    bare = {"resourceType": "Patient", "id": builders.new_id(message["id"], "patient")}
    person = bundles.patient(first) or bare
    entry = error.entry
    return builders.delivery_report(
        content=builders.new_id(row["id"], "report", str(row["attempt"])),
        about=message["content_id"],
        code=error.code,
        text=f"{entry.sv} / {entry.en} {entry.action}",
        sender=network.adapter(),
        receiver=party(home),
        missed=_named(network, row["endpoint"]),
        patient=person,
        cases=bundles.case_ids(first),
        at=now,
    )


def _named(network: Network, name: str) -> Resource:
    """Who was not reached: by HSA-id, or by what the settings called it while they had it."""
    endpoint = network.endpoints.get(name)
    return builders.logical(endpoint.organization) if endpoint else {"display": name}


def original(network: Network, row: Row) -> Bundle | None:
    """A stored message, read again: this is rare, and needs no column.

    None when that is no longer possible: it is purged, or its sender's settings have changed.
    """
    sender = network.endpoints.get(row["endpoint"])
    if sender is None or row["body"] is None:
        return None
    stored = Message(
        id=row["id"],
        endpoint=row["endpoint"],
        body=row["body"],
        fingerprint=row["fingerprint"],
        received_at=row["received_at"],
    )
    found = reading.read(network, sender, stored)
    return found.bundle if isinstance(found, reading.Reading) else None


# What we owe


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A receipt in the sender's own format."""

    body: bytes
    content_type: str
    content_id: str
    envelope_id: str


def written(
    network: Network,
    sender: Endpoint,
    message: Message,
    receipt: Receipt,
    case_names: Iterable[str],
    now: datetime,
) -> Owed:
    """Our receipt to a sender, in the form that its system reads."""
    issues = [i for i in receipt.issues if isinstance(i, Issue)]
    bundle = builders.receipt(
        about=receipt.about,
        code=str(receipt.code),
        outcome=fhir.outcome(issues) if issues else None,
        sender=network.adapter(),
        receiver=party(sender),
        cases=case_names,
        at=now,
    )
    envelope = str(uuid4())
    system = network.system(sender)
    context = Context(sender=sender, receiver=sender, recorded=now, source=message.body)
    document = system.write(Event.RECEIPT, builders.enveloped(bundle, envelope, now), context)
    charset = codec.charset_of(system.content, message.body) or sender.charset
    return Owed(
        body=codec.dump(system.content, document, charset),
        content_type=system.media_type,
        content_id=bundles.content_id(bundle),
        envelope_id=envelope,
    )


def owe(
    tx: Transaction,
    network: Network,
    message: Message,
    owed: Owed,
    case_id: str | None,
    now: datetime,
) -> None:
    """Put a receipt into the outbox, for a sender whose door does not answer by itself."""
    sender = network.endpoint(message.endpoint)
    home = network.address(sender)
    if home is None or home.system != sender.system:
        line: dict[str, Any] = {"case": case_id, "message": message.id}
        history.note(tx, now, "no-return-address", **line, endpoint=sender.name)
        return
    facts = {"content_id": owed.content_id, "envelope_id": owed.envelope_id}
    content = {"body": owed.body, "content_type": owed.content_type}
    row = deliveries.row_of(home, Event.RECEIPT, message.id, case_id, now)
    outbox.put(tx, [row | facts | content])
