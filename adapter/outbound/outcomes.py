"""What became of what was sent: written down for many at once, each for its own attempt."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.core import service_windows
from adapter.core.catalogue import Scope
from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.kill_points import kill_point
from adapter.core.lifecycle import Step
from adapter.core.model import Code, Delivery, DoneWhen, Event, Layer, Receipt
from adapter.outbound import deliveries, receipts
from adapter.outbound.claim import ids, probe_after, probe_lasts
from adapter.policy import immediate_receipt
from adapter.settings.network import Network
from adapter.store import Store, backlog, cases, endpoints, history, outbox
from adapter.store.transaction import Transaction
from adapter.transports import Outcome, Response

log = logging.getLogger(__name__)
OUTAGE = frozenset({"unreachable", "timed-out", "503"})
"""Codes, of ours or of an answer, that say that the far side is not there: its circuit opens."""


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


def each(sent: Sequence[Sent]) -> Iterator[Sent]:
    """Delivery by delivery."""
    for one in sent:
        for d, outcome in one.pairs:
            yield Sent(batch=[d], outcomes=[outcome], at=one.at)


def write_down(store: Store, network: Network, sent: Sequence[Sent]) -> None:
    """The outcome of each delivery that was sent, in one transaction."""
    with store.begin() as tx:
        mine = outbox.lock(tx, {d.id for one in sent for d in one.batch})
        endpoints.prefetch(tx, _names(sent, Response), failed=_names(sent, AdapterError))
        cases.prefetch(tx, (), _may_be_flagged(sent))
        for one in sent:
            _written(tx, network, one, mine)
    kill_point("recorded")


def _names(sent: Sequence[Sent], kind: type[Outcome]) -> set[str]:
    """Endpoints that had an outcome of this kind."""
    pairs = (pair for one in sent for pair in one.pairs)
    return {d.endpoint for d, outcome in pairs if isinstance(outcome, kind)}


def _may_be_flagged(sent: Sequence[Sent]) -> list[str]:
    """Cases of what failed, or was answered: locked before any is, always in the same order."""
    pairs = (pair for one in sent for pair in one.pairs)
    return [d.case_id for d, outcome in pairs if d.case_id and not _is_silent(outcome)]


def _is_silent(outcome: Outcome) -> bool:
    """Taken by the wire, and nothing said."""
    return isinstance(outcome, Response) and not outcome.body


def _written(tx: Transaction, network: Network, sent: Sent, mine: set[tuple[str, int]]) -> None:
    _all_taken(tx, network, [d for d, o in sent.pairs if _is_plain(d, o, mine)], sent.at)
    for delivery, outcome in sent.pairs:
        if (delivery.id, delivery.attempt) not in mine:
            log.info("too-late", extra=ids(delivery))
        if not _is_plain(delivery, outcome, mine):
            record(tx, network, delivery, outcome, sent.at)


def _is_plain(d: Delivery, outcome: Outcome, mine: set[tuple[str, int]]) -> bool:
    """Silent, and still ours: nothing else has happened to it meanwhile."""
    return (d.id, d.attempt) in mine and _is_silent(outcome)


def _all_taken(tx: Transaction, network: Network, batch: Sequence[Delivery], now: datetime) -> None:
    """What became of nearly all: as `record` for each, in a few statements for all."""
    done = [d for d in batch if _is_done(network, d)]
    waiting = [d for d in batch if not _is_done(network, d)]
    if done:
        outbox.done(tx, done, now)
    for due in {_receipt_due(network, d, now) for d in waiting}:
        these = [d for d in waiting if _receipt_due(network, d, now) == due]
        outbox.taken(tx, these, now, due)
    for name in {d.endpoint for d in batch}:
        _reached(tx, network.endpoint(name), now)
    for d in batch:
        log.info("sent", extra=ids(d))


def _receipt_due(network: Network, d: Delivery, now: datetime) -> datetime:
    """As agreed, and no later than its time to live; all of it where that is already over."""
    due = now + network.endpoint(d.endpoint).receipt_within
    return min(due, d.expires_at) if now < d.expires_at else due


def _is_done(network: Network, d: Delivery) -> bool:
    endpoint = network.endpoint(d.endpoint)
    return deliveries.done_when(endpoint, d.event) is DoneWhen.DELIVERED


def record(tx: Transaction, network: Network, d: Delivery, outcome: Outcome, now: datetime) -> None:
    """What became of one attempt."""
    if isinstance(outcome, AdapterError):
        told = {"code": outcome.code, "why": outcome.detail}
        log.info("not-sent", extra=ids(d) | told)
        _failed(tx, network, d, outcome, now)
    else:
        log.info("sent", extra=ids(d))
        _sent(tx, network, d, outcome, now)


def _sent(tx: Transaction, network: Network, d: Delivery, answer: Response, now: datetime) -> None:
    outbox.finish(tx, d, now, answer=answer.body)
    outbox.mark_sent(tx, d.id, now)
    outbox.add_receipt(tx, d.id, Layer.TRANSPORT, "ok", now)
    _reached(tx, network.endpoint(d.endpoint), now)
    said = _said(tx, network, d, answer.body, now)
    if said is None or said.code is Code.OK:
        _taken(tx, network, d, now)
    if said is not None:
        outbox.add_receipt(tx, d.id, Layer.APPLICATION, said.code, now, detail=said.detail)
        receipts.settle(tx, network, outbox.hold(tx, d.id), said, now)


def _taken(tx: Transaction, network: Network, d: Delivery, now: datetime) -> None:
    """The wire has it: done, where nothing more is to come; else its receipt is waited for."""
    if _is_done(network, d):
        outbox.step(tx, d.id, Step.CONFIRM, now, attempt=d.attempt)
    else:
        outbox.sent(tx, d, _receipt_due(network, d, now))


def _said(
    tx: Transaction, network: Network, d: Delivery, body: bytes, now: datetime
) -> Receipt | None:
    """The receipt of the same exchange; None without one.

    What is none is kept with the attempt, and shown: the receipt's own time-out decides.
    """
    if not body or d.event is Event.RECEIPT:
        return None
    try:
        return immediate_receipt.receipt(network, d, body, now)
    except FatalError as error:
        history.note(
            tx,
            now,
            "bad-answer",
            case=d.case_id or None,
            message=d.message_id,
            delivery=d.id,
            endpoint=d.endpoint,
            detail=error.detail,
        )
        return None


def _failed(
    tx: Transaction, network: Network, d: Delivery, error: AdapterError, now: datetime
) -> None:
    answer: Response = getattr(error, "response", Response())
    outbox.finish(tx, d, now, error=error, answer=answer.body)
    probe_at = _count(tx, network.endpoint(d.endpoint), d, error, now)
    said = _refusal(network, d, answer.body, now)
    if said is not None:
        outbox.add_receipt(tx, d.id, Layer.APPLICATION, said.code, now, detail=said.detail)
    row = outbox.hold(tx, d.id)
    judged = _judged(error, said)
    receipts.fail(tx, network, row, judged, now, attempt=d.attempt, probe_at=probe_at)


def _refusal(network: Network, d: Delivery, body: bytes, now: datetime) -> Receipt | None:
    """The receipt that came with a status which refuses, where it refuses too."""
    try:
        found = immediate_receipt.receipt(network, d, body, now) if body else None
    except FatalError:
        return None
    return found if found is not None and found.code is not Code.OK else None


def _judged(error: AdapterError, said: Receipt | None) -> AdapterError:
    """A refusal whose body is a receipt says more than its status code does."""
    if said is None:
        return error
    return receipts.refusal(said, beside=error)


def _reached(tx: Transaction, endpoint: Endpoint, now: datetime) -> None:
    """The far side answers: what had waited for it need not wait longer.

    Receipts that it could not send get their time once more.
    """
    if endpoints.worked(tx, endpoint.name):
        backlog.wake_after_outage(tx, endpoint.name, now)
        due = now + endpoint.receipt_within
        backlog.await_again(tx, endpoint.name, endpoint.receipt_resends, now, due)
        detail = "the probe got through"
        history.note(tx, now, "circuit-closed", endpoint=endpoint.name, detail=detail)
        log.info("circuit-closed", extra={"endpoint": endpoint.name})


def _count(
    tx: Transaction, endpoint: Endpoint, d: Delivery, error: AdapterError, now: datetime
) -> datetime | None:
    """An outage of the far side opens its circuit; any answer of it, even a refusal, closes it.

    A fault of ours does neither, nor does what a service window breaks off. Where it is open:
    when the next probe goes.
    """
    if error.entry.scope is not Scope.RECEIVER:
        return None
    _hold_off(tx, endpoint, error, now)
    if OUTAGE.isdisjoint((error.code, *error.said)):
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
    """When the next probe goes. One that began before the one under way does not end its time."""
    due, held = now + probe_after(endpoint), endpoints.next_probe(tx, endpoint.name)
    if held is None or outbox.began(tx, d.id, d.attempt) + probe_lasts(endpoint) >= held:
        return due
    return max(due, held)


def _hold_off(tx: Transaction, endpoint: Endpoint, error: AdapterError, now: datetime) -> None:
    """It asked to wait (Retry-After): the rest of what is for it would only be told the same."""
    if not error.retry_after or not isinstance(error, TransientError):
        return  # a refusal for good is of that message alone
    until = now + min(timedelta(seconds=error.retry_after), endpoint.retry_ceiling)
    if endpoints.hold_off(tx, endpoint.name, until):
        log.info("held-off", extra={"endpoint": endpoint.name, "seconds": error.retry_after})
