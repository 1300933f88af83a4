"""Apply receipts and answers that arrive to the deliveries that they concern."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapter.core import working_days
from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.lifecycle import OPEN, State, Step
from adapter.core.model import Bundle, Code, Delivery, DoneWhen, Layer, Receipt
from adapter.fhir import bundles, responses
from adapter.outbound import failed_deliveries, judgement
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
    """Apply a receipt to the delivery that it concerns, and return that delivery.

    The authenticated answerer and the content id identify the delivery. FatalError
    `unmatched-receipt` when nothing was sent to this answerer with that id.
    """
    receipt = responses.response(bundle)
    sent = sent_to(tx, network, answerer, receipt.about)
    delivery = sent[0] if len(sent) == 1 else _concerned(tx, sent, answerer, bundle)
    attempts.add_receipt(
        tx,
        delivery.id,
        receipt.layer,
        receipt.code,
        now,
        detail=receipt.detail,
        message_id=message_id,
    )
    settle(tx, network, delivery, receipt, now)
    return delivery


def sent_to(tx: Transaction, network: Network, answerer: Endpoint, about: str) -> list[Delivery]:
    """Return every delivery of a content id that an answerer's organisation had, oldest first.

    FatalError `unmatched-receipt` when there is none. What only waits has not been sent: nobody
    can answer it.
    """
    queued = concerned.deliveries(tx, network.same_organization(answerer), about)
    sent = [d for d in queued if d.attempt]
    if not sent:
        raise FatalError("unmatched-receipt", f"from {answerer.name}")
    return sent


def _concerned(
    tx: Transaction, sent: Sequence[Delivery], answerer: Endpoint, bundle: Bundle
) -> Delivery:
    """Choose the delivery that a receipt concerns, of several with the same content id.

    Two senders may use the same id, and an organisation may have several endpoints. The case in
    the receipt decides. A repeated receipt concerns the same delivery again. Otherwise it concerns
    one without a receipt: the answerer's own before others, the oldest first, dead ones last.
    """
    named = {cases.by_any_id(tx, name) for name in read_message.case_names(bundle)}
    candidates = [d for d in sent if d.case_id in named] or list(sent)
    ids = [d.id for d in candidates]
    before = concerned.receipted(tx, ids, bundles.content_id(bundle), bundles.envelope_id(bundle))
    if before is not None:
        return _receipted_again(candidates, before)
    unanswered = concerned.unanswered(tx, ids)
    unreceipted = [d for d in candidates if d.id in unanswered] or candidates[-1:]
    return min(unreceipted, key=lambda d: _rank(d, answerer))


def _receipted_again(candidates: Sequence[Delivery], id_: str) -> Delivery:
    """The delivery that a repeated receipt concerns: an open copy, else the same one as before."""
    first = next(d for d in candidates if d.id == id_)
    mailbox = (first.message_id, first.endpoint)
    same = [d for d in candidates if (d.message_id, d.endpoint) == mailbox]
    return next((d for d in same if d.attempt and d.state in OPEN), first)


def _rank(d: Delivery, answerer: Endpoint) -> tuple[bool, bool, int]:
    return d.state is State.DEAD, d.endpoint != answerer.name, d.seq


def settle(tx: Transaction, network: Network, d: Delivery, receipt: Receipt, now: datetime) -> None:
    """Apply a system's receipt to its delivery. The first receipt that closes it counts."""
    if receipt.code is Code.OK:
        _accept(tx, network, d, now)
    else:
        failed_deliveries.fail(tx, network, d, refusal(receipt), now)


def refusal(receipt: Receipt, beside: AdapterError | None = None) -> AdapterError:
    """Return a negative receipt as an error; `beside` is the error of the same response."""
    codes = (receipt.said, str(receipt.code), *(beside.said if beside else ()))
    said = [code for code in codes if code]
    wait = beside.retry_after if beside else None
    if receipt.code is Code.TRANSIENT:
        return TransientError("refused-for-now", receipt.detail, said=said, retry_after=wait)
    return FatalError("refused", receipt.detail, said=said, retry_after=wait)


def _accept(tx: Transaction, network: Network, d: Delivery, now: datetime) -> None:
    if d.state is State.NO_LONGER_DUE:
        judgement.end_late(tx, network, d, now)
        return
    if d.done_when is not DoneWhen.READ:
        outbox.step(tx, d.id, Step.CONFIRM, now, code="", detail="")
    elif d.state is not State.ACCEPTED:
        due = working_days.due(now, network.endpoint(d.endpoint).read_within)
        outbox.step(tx, d.id, Step.ACCEPT, now, code="", detail="", answer_due_at=due)


def answer(tx: Transaction, d: Delivery, status: str, now: datetime, message_id: str) -> None:
    """Close a delivery by a person's answer (kvittens), whatever `status` it has.

    The deliveries that this one is a copy of are closed too: the person has read the same bytes.
    """
    attempts.add_receipt(tx, d.id, Layer.PERSON, status, now, message_id=message_id)
    for delivery in outbox.copies_of(tx, d.id):
        outbox.step(tx, delivery.id, Step.ANSWER, now)
