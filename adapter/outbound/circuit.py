"""An endpoint's circuit: outages open it, any answer closes it; and what Retry-After holds off."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from adapter.core import service_windows
from adapter.core.catalogue import Scope
from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, TransientError
from adapter.core.failures import OUTAGES
from adapter.core.model import Delivery
from adapter.outbound.claim import probe_after, probe_lasts
from adapter.store import attempts, endpoints, history, timers
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)


def reached(tx: Transaction, endpoint: Endpoint, now: datetime) -> None:
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


def count_failure(
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
