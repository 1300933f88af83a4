"""Receipts and answers that come: which delivery they mean, and what they make of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapter.core import working_days
from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.lifecycle import OPEN, State, Step
from adapter.core.model import Bundle, Code, Delivery, DoneWhen, Layer, Receipt
from adapter.fhir import bundles
from adapter.outbound import failed_deliveries
from adapter.policy import read_message
from adapter.settings.network import Network
from adapter.store import attempts, cases, concerned, outbox
from adapter.store.transaction import Transaction


def apply(
    tx: Transaction,
    network: Network,
    answerer: Endpoint,
    bundle: Bundle,
    now: datetime,
    message_id: str,
) -> Delivery:
    """Let a receipt close, retry or end the delivery that it concerns; return that delivery.

    The authenticated answerer and the content id together name the delivery. FatalError
    `unmatched-receipt` when nothing was sent to this answerer under that id.
    """
    receipt = bundles.response(bundle)
    sent = sent_to(tx, network, answerer, receipt.about)
    meant = sent[0] if len(sent) == 1 else _meant(tx, sent, answerer, bundle)
    attempts.add_receipt(
        tx,
        meant.id,
        receipt.layer,
        receipt.code,
        now,
        detail=receipt.detail,
        message_id=message_id,
    )
    settle(tx, network, meant, receipt, now)
    return meant


def sent_to(tx: Transaction, network: Network, answerer: Endpoint, about: str) -> list[Delivery]:
    """Every delivery to an answerer's organisation under a content id, oldest first.

    FatalError `unmatched-receipt` when there is none.
    """
    sent = concerned.deliveries(tx, network.same_organization(answerer), about)
    if not sent:
        raise FatalError("unmatched-receipt", f"from {answerer.name}")
    return sent


def _meant(
    tx: Transaction, sent: Sequence[Delivery], answerer: Endpoint, bundle: Bundle
) -> Delivery:
    """The delivery that a receipt means, of several under one content id.

    Senders may have equal ids, and an organisation several mailboxes. A case named in the
    receipt decides. A receipt that comes twice means the same delivery twice. Otherwise each
    sending is answered once: the answerer's own before others, the oldest first, dead ones last.
    """
    named = {cases.by_any_id(tx, name) for name in read_message.case_names(bundle)}
    candidates = [d for d in sent if d.case_id in named] or list(sent)
    ids = [d.id for d in candidates]
    before = concerned.receipted(tx, ids, bundles.content_id(bundle), bundles.envelope_id(bundle))
    if before is not None:
        return _receipted_again(candidates, before)
    unanswered = concerned.unanswered(tx, ids)
    open_ones = [d for d in candidates if d.id in unanswered] or candidates[-1:]
    return min(open_ones, key=lambda d: _rank(d, answerer))


def _receipted_again(candidates: Sequence[Delivery], id_: str) -> Delivery:
    """What a repeated receipt means: the delivery as before, or an open copy of it."""
    first = next(d for d in candidates if d.id == id_)
    mailbox = (first.message_id, first.endpoint)
    same = [d for d in candidates if (d.message_id, d.endpoint) == mailbox]
    return next((d for d in same if d.attempt and d.state in OPEN), first)


def _rank(d: Delivery, answerer: Endpoint) -> tuple[bool, bool, int]:
    return d.state is State.DEAD, d.endpoint != answerer.name, d.seq


def settle(tx: Transaction, network: Network, d: Delivery, receipt: Receipt, now: datetime) -> None:
    """Do what a system's receipt means for its delivery. The first that closes it counts."""
    if receipt.code is Code.OK:
        _accept(tx, network, d, now)
    else:
        failed_deliveries.fail(tx, network, d, refusal(receipt), now)


def refusal(receipt: Receipt, beside: AdapterError | None = None) -> AdapterError:
    """A receipt that refuses the content, as an error; `beside` is what the transport said."""
    codes = (receipt.said, str(receipt.code), *(beside.said if beside else ()))
    said = [code for code in codes if code]
    wait = beside.retry_after if beside else None
    if receipt.code is Code.TRANSIENT:
        return TransientError("refused-for-now", receipt.detail, said=said, retry_after=wait)
    return FatalError("refused", receipt.detail, said=said, retry_after=wait)


def _accept(tx: Transaction, network: Network, d: Delivery, now: datetime) -> None:
    if d.done_when is not DoneWhen.READ:
        outbox.step(tx, d.id, Step.CONFIRM, now, code="", detail="")
    elif d.state is not State.ACCEPTED:
        due = working_days.due(now, network.endpoint(d.endpoint).read_within)
        outbox.step(tx, d.id, Step.ACCEPT, now, code="", detail="", answer_due_at=due)


def answer(tx: Transaction, d: Delivery, status: str, now: datetime, message_id: str) -> None:
    """Close a delivery by a person's answer (kvittens), whatever the person says.

    It closes the deliveries that this one is a copy of too: the person has read them all.
    """
    attempts.add_receipt(tx, d.id, Layer.PERSON, status, now, message_id=message_id)
    for each in outbox.copies_of(tx, d.id):
        outbox.step(tx, each.id, Step.ANSWER, now)
