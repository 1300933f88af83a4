"""What became of what was sent: written for many at once, each for its own attempt."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.core import service_windows
from adapter.core.catalogue import Scope
from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.failures import OUTAGES
from adapter.core.kill_points import kill_point
from adapter.core.lifecycle import Step
from adapter.core.model import Code, Delivery, DoneWhen, Event, Layer, Receipt
from adapter.outbound import deliveries, failed_deliveries, receipts
from adapter.outbound.claim import log_fields, probe_after, probe_lasts
from adapter.policy import immediate_receipt
from adapter.settings.network import Network
from adapter.store import Store, attempts, cases, endpoints, history, outbox, timers
from adapter.store.transaction import Transaction
from adapter.transports import Outcome, Response

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Deliveries that were handed over together, what became of each, and when that was known."""

    batch: Sequence[Delivery]
    outcomes: Sequence[Outcome]
    at: datetime

    @property
    def pairs(self) -> list[tuple[Delivery, Outcome]]:
        """Each delivery with its outcome."""
        return list(zip(self.batch, self.outcomes, strict=True))


def one_by_one(sent: Sequence[Sent]) -> Iterator[Sent]:
    """The same, each delivery apart."""
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
    """Cases of what failed, or was answered: locked before any is, always in the same order."""
    pairs = (pair for batch in sent for pair in batch.pairs)
    return [d.case_id for d, outcome in pairs if d.case_id and not _is_silent(outcome)]


def _is_silent(outcome: Outcome) -> bool:
    """The transport has it, and the far side said nothing more."""
    return isinstance(outcome, Response) and not outcome.body


def _write(tx: Transaction, network: Network, sent: Sent, under_way: set[tuple[str, int]]) -> None:
    """Nearly all are silent and still under way: those take a few statements together."""
    plain = [
        d for d, outcome in sent.pairs if _is_silent(outcome) and (d.id, d.attempt) in under_way
    ]
    _write_plain(tx, network, plain, sent.at)
    done = {d.id for d in plain}
    for d, outcome in sent.pairs:
        if (d.id, d.attempt) not in under_way:
            log.info("too-late", extra=log_fields(d))
        if d.id not in done:
            record(tx, network, d, outcome, sent.at)


def _write_plain(
    tx: Transaction, network: Network, batch: Sequence[Delivery], now: datetime
) -> None:
    """As `record` for each."""
    for d in batch:
        attempts.finish(tx, d.id, d.attempt, now)
        attempts.add_receipt(tx, d.id, Layer.TRANSPORT, Code.OK, now)
    confirmed = [d.id for d in batch if _is_done(network, d)]
    if confirmed:
        outbox.confirm_sent(tx, confirmed, now)
    waiting = {d.id: _receipt_due(network, d, now) for d in batch if d.id not in confirmed}
    for due in set(waiting.values()):
        ids = [id_ for id_, at in waiting.items() if at == due]
        outbox.await_receipts(tx, ids, now, due)
    for name in {d.endpoint for d in batch}:
        _reached(tx, network.endpoint(name), now)
    for d in batch:
        log.info("sent", extra=log_fields(d))


def _receipt_due(network: Network, d: Delivery, now: datetime) -> datetime:
    """As agreed, and no later than the time to live, unless that is over already."""
    due = now + network.endpoint(d.endpoint).receipt_within
    return min(due, d.expires_at) if now < d.expires_at else due


def _is_done(network: Network, d: Delivery) -> bool:
    """Whether nothing more is to come once the transport has it."""
    endpoint = network.endpoint(d.endpoint)
    return deliveries.done_when(endpoint, d.event) is DoneWhen.DELIVERED


def record(tx: Transaction, network: Network, d: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write what became of one attempt."""
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
    _reached(tx, network.endpoint(d.endpoint), now)
    receipt = _receipt(tx, network, d, response.body, now)
    if receipt is None or receipt.code is Code.OK:
        _record_taken(tx, network, d, now)
    if receipt is not None:
        attempts.add_receipt(tx, d.id, Layer.APPLICATION, receipt.code, now, detail=receipt.detail)
        receipts.settle(tx, network, outbox.hold(tx, d.id), receipt, now)


def _record_taken(tx: Transaction, network: Network, d: Delivery, now: datetime) -> None:
    """The transport has it: it is done where nothing more is to come, else its receipt is due."""
    if _is_done(network, d):
        outbox.step(tx, d.id, Step.CONFIRM, now, attempt=d.attempt)
    else:
        outbox.await_receipt(tx, d.id, d.attempt, _receipt_due(network, d, now))


def _receipt(
    tx: Transaction, network: Network, d: Delivery, body: bytes, now: datetime
) -> Receipt | None:
    """The receipt of the same exchange; None without one.

    A body that is no receipt is kept with the attempt, and shown. The receipt's own time-out
    decides then.
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
    probe_at = _count_failure(tx, network.endpoint(d.endpoint), d, error, now)
    receipt = _refusing_receipt(network, d, response.body, now)
    if receipt is not None:
        attempts.add_receipt(tx, d.id, Layer.APPLICATION, receipt.code, now, detail=receipt.detail)
        error = receipts.refusal(receipt, beside=error)  # it says more than a status code does
    failed = outbox.hold(tx, d.id)
    failed_deliveries.fail(tx, network, failed, error, now, attempt=d.attempt, probe_at=probe_at)


def _refusing_receipt(network: Network, d: Delivery, body: bytes, now: datetime) -> Receipt | None:
    """The receipt that came with a status that refuses, where it refuses too."""
    try:
        receipt = immediate_receipt.receipt(network, d, body, now) if body else None
    except FatalError:
        return None
    return receipt if receipt is not None and receipt.code is not Code.OK else None


def _reached(tx: Transaction, endpoint: Endpoint, now: datetime) -> None:
    """The far side answers: close its circuit, and let go what had waited for that.

    Receipts that it could not send get their time once more.
    """
    if endpoints.worked(tx, endpoint.name):
        timers.wake_after_outage(tx, endpoint.name, now)
        due = now + endpoint.receipt_within
        timers.await_again(tx, endpoint.name, endpoint.receipt_resends, now, due)
        detail = "the probe got through"
        history.note(tx, now, "circuit-closed", endpoint=endpoint.name, detail=detail)
        log.info("circuit-closed", extra={"endpoint": endpoint.name})


def _count_failure(
    tx: Transaction, endpoint: Endpoint, d: Delivery, error: AdapterError, now: datetime
) -> datetime | None:
    """Count an outage of the far side. Any answer of it, even a refusal, closes its circuit.

    A fault of ours does neither, nor does a failure in a service window. Return when the next
    probe goes; None where the circuit is closed.
    """
    if error.entry.scope is not Scope.RECEIVER:
        return None
    _hold_off(tx, endpoint, error, now)
    if OUTAGES.isdisjoint((error.code, *error.said)):
        _reached(tx, endpoint, now)
        return None
    if service_windows.closed_until(endpoint, now):
        return None
    if endpoints.failed(tx, endpoint.name, _probe_at(tx, endpoint, d, now)):
        detail = f"{endpoints.CIRCUIT_OPENS_AFTER} failures in a row; one probe at a time"
        history.note(tx, now, "circuit-opened", endpoint=endpoint.name, detail=detail)
        log.warning("circuit-opened", extra={"endpoint": endpoint.name, "code": error.code})
    return endpoints.next_probe(tx, endpoint.name)


def _probe_at(tx: Transaction, endpoint: Endpoint, d: Delivery, now: datetime) -> datetime:
    """When the next probe goes. An attempt older than the probe under way does not shorten it."""
    due, held = now + probe_after(endpoint), endpoints.next_probe(tx, endpoint.name)
    if held is None or attempts.began(tx, d.id, d.attempt) + probe_lasts(endpoint) >= held:
        return due
    return max(due, held)


def _hold_off(tx: Transaction, endpoint: Endpoint, error: AdapterError, now: datetime) -> None:
    """It asked us to wait (Retry-After): nothing goes there before, for `retry_ceiling` at most."""
    if not error.retry_after or not isinstance(error, TransientError):
        return  # a refusal for good concerns that message alone
    until = now + min(timedelta(seconds=error.retry_after), endpoint.retry_ceiling)
    if endpoints.hold_off(tx, endpoint.name, until):
        log.info("held-off", extra={"endpoint": endpoint.name, "seconds": error.retry_after})
