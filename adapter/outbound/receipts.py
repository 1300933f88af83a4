"""Receipts, both ways: the answers that we get, and the answers that we owe."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from adapter import fhir
from adapter.core import answer_rules, working_days
from adapter.core.endpoint import Endpoint, Then
from adapter.core.errors import AdapterError, FatalError, Issue, TransientError
from adapter.core.lifecycle import OPEN, RetryPolicy, State, Step, in_time
from adapter.core.model import Bundle, Code, DoneWhen, Event, Layer, Message, Receipt
from adapter.fhir import builders, bundles, codec, rewriting
from adapter.mappings import Context
from adapter.outbound import deliveries, delivery_reports
from adapter.policy import read_message
from adapter.settings.network import Network, party
from adapter.store import cases, concerned, history, outbox
from adapter.store.transaction import Row, Transaction

log = logging.getLogger(__name__)
GONE = "the endpoint is no longer in the settings"

# What we get


def apply(
    tx: Transaction,
    network: Network,
    answerer: Endpoint,
    bundle: Bundle,
    now: datetime,
    message_id: str,
) -> Row:
    """Let a receipt close, retry or end the delivery that it speaks of; that delivery's row.

    The authenticated answerer and the content id together name the delivery. FatalError
    `unmatched-receipt` when nothing was sent to this answerer under that id.
    """
    receipt = bundles.response(bundle)
    rows = sent(tx, network, answerer, receipt.about)
    row = rows[0] if len(rows) == 1 else _meant(tx, rows, answerer, bundle)
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


def _meant(tx: Transaction, rows: list[Row], answerer: Endpoint, bundle: Bundle) -> Row:
    """Of several deliveries under one content id, the one that a receipt speaks of.

    Senders may have equal ids, and an organisation several mailboxes. The case says which is
    meant, where the receipt names it; a receipt that comes twice speaks of the same one twice.
    Else each sending is answered once, the answerer's own before others, the oldest first; what
    is before a person already comes last.
    """
    named = {cases.by_any_id(tx, name) for name in read_message.case_names(bundle)}
    mine = [row for row in rows if row["case_id"] in named] or rows
    ids = [row["id"] for row in mine]
    before = concerned.receipted(tx, ids, bundles.content_id(bundle), bundles.envelope_id(bundle))
    if before is not None:
        return _again(mine, before)
    wanted = concerned.unanswered(tx, ids)
    found = [row for row in mine if row["id"] in wanted] or mine[-1:]
    return min(found, key=lambda row: _rank(row, answerer))


def _again(rows: list[Row], id_: str) -> Row:
    """What the receipt of a delivery means when it comes again: a copy of it gets the same one."""
    first = next(row for row in rows if row["id"] == id_)
    same = [row for row in rows if _mailbox(row) == _mailbox(first)]
    return next((row for row in same if row["attempt"] and row["state"] in OPEN), first)


def _mailbox(row: Row) -> tuple[str, str]:
    return row["message_id"], row["endpoint"]


def _rank(row: Row, answerer: Endpoint) -> tuple[bool, bool, int]:
    return row["state"] == State.DEAD, row["endpoint"] != answerer.name, row["seq"]


def sent(tx: Transaction, network: Network, answerer: Endpoint, about: str) -> list[Row]:
    """Every delivery to an answerer's organisation under a content id, oldest first.

    FatalError `unmatched-receipt` when there is none.
    """
    rows = concerned.deliveries(tx, network.same_organization(answerer), about)
    if not rows:
        raise FatalError("unmatched-receipt", f"from {answerer.name}")
    return rows


def settle(tx: Transaction, network: Network, row: Row, receipt: Receipt, now: datetime) -> None:
    """What a system's receipt means for its delivery. Of two, the first that closes it counts."""
    if receipt.code is Code.OK:
        _accept(tx, network, row, now)
    else:
        fail(tx, network, row, refusal(receipt), now)


def refusal(receipt: Receipt, beside: AdapterError | None = None) -> AdapterError:
    """A receipt that does not take the content, as an error; `beside` is what the wire said."""
    codes = (receipt.said, str(receipt.code), *(beside.said if beside else ()))
    said = [code for code in codes if code]
    wait = beside.retry_after if beside else None
    if receipt.code is Code.TRANSIENT:
        return TransientError("refused-for-now", receipt.detail, said=said, retry_after=wait)
    return FatalError("refused", receipt.detail, said=said, retry_after=wait)


def _accept(tx: Transaction, network: Network, row: Row, now: datetime) -> None:
    if row["done_when"] != DoneWhen.READ:
        outbox.step(tx, row["id"], Step.CONFIRM, now, code="", detail="")
    elif row["state"] != State.ACCEPTED:
        due = working_days.due(now, network.endpoint(row["endpoint"]).read_within)
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
    probe_at: datetime | None = None,
    **named: int,
) -> None:
    """A failed attempt, or a negative receipt: what the endpoint's rules say follows.

    `attempt=n` says whose outcome it is; `probe_at` that its endpoint is cut off until then.
    """
    endpoint = network.endpoints.get(row["endpoint"])
    if endpoint is None:
        bury(tx, network, row, FatalError("settings", GONE), now, **named)
        return
    applied = answer_rules.apply(endpoint.answers, error)
    if applied.then is Then.RETRY:
        _retry(tx, network, row, error, now, applied, probe_at, **named)
        return
    later = applied.then is Then.OPERATOR and row["event"] not in delivery_reports.NEVER
    if _end(tx, network, row, error, now, f"; {applied}", untold=later, **named) and not later:
        delivery_reports.tell(tx, network, row, error, now)


def _retry(
    tx: Transaction,
    network: Network,
    row: Row,
    error: AdapterError,
    now: datetime,
    applied: answer_rules.Applied,
    probe_at: datetime | None,
    **named: int,
) -> None:
    """An outage uses up no attempt: what it holds up is due with the next probe."""
    endpoint = network.endpoint(row["endpoint"])
    policy = RetryPolicy(first=endpoint.retry_first, ceiling=endpoint.retry_ceiling)
    failures = row["failures"] + 1 if probe_at is None else max(row["failures"], 1)
    due = in_time(policy.due(failures, error.retry_after, now, probe_at), now, row["expires_at"])
    if due is None:
        bury(tx, network, row, FatalError("expired", error.code), now, **named)
        return
    why: dict[str, Any] = {"code": error.code, "detail": error.detail, "failures": failures}
    before = row["state"]
    state = outbox.step(tx, row["id"], Step.RETRY, now, next_attempt_at=due, **why, **named)
    if state is State.WAITING and state != before and probe_at is None:
        history.of_delivery(tx, now, "retry", row, f"{error}; {applied}")


def bury(
    tx: Transaction,
    network: Network,
    row: Row,
    error: AdapterError,
    now: datetime,
    **named: int,
) -> None:
    """End a delivery before a person: it is dead, its case flagged, its sender told."""
    if _end(tx, network, row, error, now, "", **named):
        delivery_reports.tell(tx, network, row, error, now)


def _end(
    tx: Transaction,
    network: Network,
    row: Row,
    error: AdapterError,
    now: datetime,
    by: str,
    **named: int,
) -> bool:
    """Dead, and its case flagged; False when it could not die of this any more."""
    why = {"code": error.code, "detail": error.detail}
    state = outbox.step(tx, row["id"], Step.GIVE_UP, now, **why, **named)
    if state is not State.DEAD or row["state"] == State.DEAD:
        return False
    owner = network.owner(row["endpoint"])
    history.of_delivery(tx, now, "dead", row, f"{error}{by}; owner: {owner}")
    told = {"delivery": row["id"], "endpoint": row["endpoint"], "code": error.code}
    log.warning("dead", extra=told)
    if row["case_id"]:
        cases.save(tx, row["case_id"], flagged=True)
    return True


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
    document = system.write(Event.RECEIPT, rewriting.with_envelope(bundle, envelope, now), context)
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
    row = deliveries.row_of(network, home, Event.RECEIPT, message.id, case_id, now)
    outbox.put(tx, [row | facts | content])
