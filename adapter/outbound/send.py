"""Hand claimed deliveries over to a transport, and write the outcomes of the attempts.

Bytes are sent only after the claim is committed, so every receipt finds its delivery claimed. An
outcome counts only for its own attempt. Many outcomes are written in one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.kill_points import kill_point
from adapter.core.lifecycle import Step
from adapter.core.model import Code, Delivery, DoneWhen, Envelope, Event, Layer, Receipt
from adapter.outbound import circuit, deliveries, failed_deliveries, receipts
from adapter.outbound.claim import log_fields
from adapter.policy import immediate_receipt
from adapter.settings.network import Network
from adapter.store import Store, attempts, cases, endpoints, history, outbox
from adapter.store.transaction import Transaction
from adapter.transports import Outcome, Response, Transport

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Deliveries that were handed over together, their outcomes, and when these were known."""

    batch: Sequence[Delivery]
    outcomes: Sequence[Outcome]
    at: datetime

    @property
    def pairs(self) -> list[tuple[Delivery, Outcome]]:
        """Each delivery with its outcome."""
        return list(zip(self.batch, self.outcomes, strict=True))


def hand_over(
    transport: Transport, batch: Sequence[Delivery], clock: Callable[[], datetime]
) -> Sent:
    """Send claimed deliveries; the caller passes the result to `write_down`.

    The clock is read after the response, because that time becomes `sent_at`.
    """
    outcomes = _outcomes(transport, batch)
    kill_point("sent")
    return Sent(batch=batch, outcomes=outcomes, at=clock())


def _outcomes(transport: Transport, batch: Sequence[Delivery]) -> list[Outcome]:
    """Send a batch. An unexpected exception is a failed attempt of each delivery."""
    try:
        return transport.send([envelope_of(d) for d in batch])
    except AdapterError as error:
        return [error for _ in batch]
    except Exception:
        log.exception("adapter-fault", extra={"endpoint": batch[0].endpoint})
        return [TransientError("adapter-fault") for _ in batch]


def envelope_of(d: Delivery) -> Envelope:
    """Return the envelope of a delivery for a transport."""
    return Envelope(
        id=d.envelope_id,
        endpoint=d.endpoint,
        body=d.body or b"",
        content_type=d.content_type,
        event=str(d.event),
        case=d.case_id or "",
        delivery=d.id,
        attempt=d.attempt,
    )


def one_by_one(sent: Sequence[Sent]) -> Iterator[Sent]:
    """Yield each delivery with its outcome as a batch of its own."""
    for batch in sent:
        for d, outcome in batch.pairs:
            yield Sent(batch=[d], outcomes=[outcome], at=batch.at)


def write_down(store: Store, network: Network, sent: Sequence[Sent]) -> None:
    """Write the outcome of each delivery that was sent, in one transaction."""
    with store.begin() as tx:
        under_way = outbox.lock(tx, {d.id for batch in sent for d in batch.batch})
        endpoints.prefetch(tx, _names(sent, Response), failed=_names(sent, AdapterError))
        cases.prefetch(tx, (), _may_be_flagged(sent))
        for batch in sent:
            _write(tx, network, batch, under_way)
    kill_point("recorded")


def _names(sent: Sequence[Sent], kind: type[Outcome]) -> set[str]:
    """Endpoints that had an outcome of this kind."""
    pairs = (pair for batch in sent for pair in batch.pairs)
    return {d.endpoint for d, outcome in pairs if isinstance(outcome, kind)}


def _may_be_flagged(sent: Sequence[Sent]) -> list[str]:
    """The cases whose deliveries may become dead. They are locked first, in a fixed order."""
    pairs = (pair for batch in sent for pair in batch.pairs)
    return [d.case_id for d, outcome in pairs if d.case_id and not _is_silent(outcome)]


def _is_silent(outcome: Outcome) -> bool:
    """Whether the transport took it and the response has no body."""
    return isinstance(outcome, Response) and not outcome.body


def _write(tx: Transaction, network: Network, sent: Sent, under_way: set[tuple[str, int]]) -> None:
    """Write the outcomes of a batch. Silent ones, nearly all, share a few statements."""
    plain = [
        d for d, outcome in sent.pairs if _is_silent(outcome) and (d.id, d.attempt) in under_way
    ]
    _write_plain(tx, network, plain, sent.at)
    done = {(d.id, d.attempt) for d in plain}
    for d, outcome in sent.pairs:
        if (d.id, d.attempt) not in under_way:
            log.info("too-late", extra=log_fields(d))
        if (d.id, d.attempt) not in done:
            record(tx, network, d, outcome, sent.at)


def _write_plain(
    tx: Transaction, network: Network, batch: Sequence[Delivery], now: datetime
) -> None:
    """Write silent outcomes: the same as `record` for each, in fewer statements."""
    confirmed = [d for d in batch if _is_done(network, d)]
    if confirmed:
        outbox.confirm_sent(tx, confirmed, now)
    waiting = [d for d in batch if not _is_done(network, d)]
    for due in {_receipt_due(network, d, now) for d in waiting}:
        same = [d for d in waiting if _receipt_due(network, d, now) == due]
        outbox.await_receipts(tx, same, now, due)
    for name in {d.endpoint for d in batch}:
        circuit.reached(tx, network.endpoint(name), now)
    for d in batch:
        log.info("sent", extra=log_fields(d))


def _receipt_due(network: Network, d: Delivery, now: datetime) -> datetime:
    """When the receipt is due: at `expires_at` at the latest, unless that time is over."""
    due = now + network.endpoint(d.endpoint).receipt_within
    return min(due, d.expires_at) if now < d.expires_at else due


def _is_done(network: Network, d: Delivery) -> bool:
    """Whether a delivery is done when the transport has it."""
    endpoint = network.endpoint(d.endpoint)
    return deliveries.done_when(endpoint, d.event) is DoneWhen.DELIVERED


def record(tx: Transaction, network: Network, d: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write the outcome of one attempt."""
    if isinstance(outcome, AdapterError):
        why = {"code": outcome.code, "why": outcome.detail}
        log.info("not-sent", extra=log_fields(d) | why)
        _record_failure(tx, network, d, outcome, now)
    else:
        log.info("sent", extra=log_fields(d))
        _record_response(tx, network, d, outcome, now)


def _record_response(
    tx: Transaction, network: Network, d: Delivery, response: Response, now: datetime
) -> None:
    attempts.finish(tx, d.id, d.attempt, now, answer=response.body)
    outbox.mark_sent(tx, d.id, now)
    attempts.add_receipt(tx, d.id, Layer.TRANSPORT, "ok", now)
    circuit.reached(tx, network.endpoint(d.endpoint), now)
    receipt = _receipt(tx, network, d, response.body, now)
    if receipt is None or receipt.code is Code.OK:
        _record_taken(tx, network, d, now)
    if receipt is not None:
        attempts.add_receipt(tx, d.id, Layer.APPLICATION, receipt.code, now, detail=receipt.detail)
        receipts.settle(tx, network, outbox.hold(tx, d.id), receipt, now)


def _record_taken(tx: Transaction, network: Network, d: Delivery, now: datetime) -> None:
    """The transport has it: confirm the delivery, or set the time when its receipt is due."""
    if _is_done(network, d):
        outbox.step(tx, d.id, Step.CONFIRM, now, attempt=d.attempt)
    else:
        outbox.await_receipt(tx, d.id, d.attempt, _receipt_due(network, d, now))


def _receipt(
    tx: Transaction, network: Network, d: Delivery, body: bytes, now: datetime
) -> Receipt | None:
    """The receipt in the response; None without one.

    A body that is no receipt is kept with the attempt. The delivery then waits for its receipt.
    """
    if not body or d.event is Event.RECEIPT:
        return None
    try:
        return immediate_receipt.receipt(network, d, body, now)
    except FatalError as error:
        history.of_delivery(tx, now, "bad-answer", d, error.detail)
        return None


def _record_failure(
    tx: Transaction, network: Network, d: Delivery, error: AdapterError, now: datetime
) -> None:
    response: Response = getattr(error, "response", Response())
    attempts.finish(tx, d.id, d.attempt, now, error=error, answer=response.body)
    probe_at = circuit.count_failure(tx, network.endpoint(d.endpoint), d, error, now)
    receipt = _receipt_beside(network, d, response.body, now)
    if receipt is not None:
        attempts.add_receipt(tx, d.id, Layer.APPLICATION, receipt.code, now, detail=receipt.detail)
        if receipt.code is Code.OK:  # e.g. 409: its system has the message already
            outbox.mark_sent(tx, d.id, now)
            receipts.settle(tx, network, outbox.hold(tx, d.id), receipt, now)
            return
        error = receipts.refusal(receipt, beside=error)  # it is more precise than a status code
    failed = outbox.hold(tx, d.id)
    failed_deliveries.fail(tx, network, failed, error, now, attempt=d.attempt, probe_at=probe_at)


def _receipt_beside(network: Network, d: Delivery, body: bytes, now: datetime) -> Receipt | None:
    """The receipt in the body of a negative response; None without one.

    It counts whatever the status says, like a receipt that comes as a message of its own.
    """
    try:
        return immediate_receipt.receipt(network, d, body, now) if body else None
    except FatalError:
        return None
