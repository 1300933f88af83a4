"""An endpoint's circuit: outages open it, any response closes it. Retry-After holds it."""

from __future__ import annotations

import logging
from datetime import datetime

from adapter.core import service_windows
from adapter.core.catalogue import Scope
from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, TransientError
from adapter.core.failures import OUTAGES
from adapter.core.model import Delivery
from adapter.outbound.claim import probe_after, probe_lasts
from adapter.outbound.failed_deliveries import retry_policy
from adapter.store import attempts, endpoints, history, timers
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)


def reached(tx: Transaction, endpoint: Endpoint, now: datetime) -> None:
    """The far side answers: close its circuit, and make the waiting deliveries due.

    Deliveries without a receipt get a new `receipt_within`.
    """
    if endpoints.worked(tx, endpoint.name):
        timers.wake_after_outage(tx, endpoint.name, now)
        due = now + endpoint.receipt_within
        timers.await_again(tx, endpoint.name, endpoint.receipt_resends, now, due)
        detail = "the probe got through"
        history.note(tx, now, "circuit-closed", endpoint=endpoint.name, detail=detail)
        log.info("circuit-closed", extra={"endpoint": endpoint.name})


def count_failure(
    tx: Transaction, endpoint: Endpoint, d: Delivery, error: AdapterError, now: datetime
) -> datetime | None:
    """Count an outage of the far side. Any response, even a refusal, closes its circuit.

    A fault of ours does neither, nor does an outage in a service window. Return the time of the
    next probe; None while the circuit is closed.
    """
    if error.entry.scope is not Scope.RECEIVER:
        return None
    _hold_off(tx, endpoint, error, now)
    if OUTAGES.isdisjoint((error.code, *error.said)):
        reached(tx, endpoint, now)
        return None
    if service_windows.closed_until(endpoint, now):
        return None
    if endpoints.failed(tx, endpoint.name, _probe_at(tx, endpoint, d, now)):
        detail = f"{endpoints.CIRCUIT_OPENS_AFTER} failures in a row; one probe at a time"
        history.note(tx, now, "circuit-opened", endpoint=endpoint.name, detail=detail)
        log.warning("circuit-opened", extra={"endpoint": endpoint.name, "code": error.code})
    return endpoints.next_probe(tx, endpoint.name)


def _probe_at(tx: Transaction, endpoint: Endpoint, d: Delivery, now: datetime) -> datetime:
    """The time of the next probe. An attempt older than the present probe may not shorten it."""
    due, held = now + probe_after(endpoint), endpoints.next_probe(tx, endpoint.name)
    if held is None or attempts.began(tx, d.id, d.attempt) + probe_lasts(endpoint) >= held:
        return due
    return max(due, held)


def _hold_off(tx: Transaction, endpoint: Endpoint, error: AdapterError, now: datetime) -> None:
    """Hold the endpoint as long as Retry-After asks, for `retry_ceiling` at most."""
    if not error.retry_after or not isinstance(error, TransientError):
        return  # a permanent refusal concerns only its own message
    wait = retry_policy(endpoint).asked(error.retry_after)
    if endpoints.hold_off(tx, endpoint.name, now + wait):
        seconds = round(wait.total_seconds())
        log.info("held-off", extra={"endpoint": endpoint.name, "seconds": seconds})
