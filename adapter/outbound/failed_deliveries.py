"""Apply a failed attempt, or a negative receipt, to a delivery: retry it, or make it dead."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from adapter.core import answer_rules
from adapter.core.endpoint import Endpoint, Then
from adapter.core.errors import AdapterError, FatalError
from adapter.core.lifecycle import RetryPolicy, State, Step, in_time
from adapter.core.model import Delivery
from adapter.outbound import delivery_reports
from adapter.settings.network import Network
from adapter.store import cases, history, outbox
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)
REMOVED = "the endpoint is no longer in the settings"


def retry_policy(endpoint: Endpoint) -> RetryPolicy:
    """Return the back-off of an endpoint."""
    return RetryPolicy(first=endpoint.retry_first, ceiling=endpoint.retry_ceiling)


def fail(
    tx: Transaction,
    network: Network,
    d: Delivery,
    error: AdapterError,
    now: datetime,
    probe_at: datetime | None = None,
    **named: int,
) -> None:
    """Apply the endpoint's rules: retry, or dead with or without a report to the sender.

    `attempt=n` names the attempt that failed. `probe_at` is the next probe of an open circuit.
    """
    endpoint = network.endpoints.get(d.endpoint)
    if endpoint is None:
        bury(tx, network, d, FatalError("settings", REMOVED), now, **named)
        return
    applied = answer_rules.apply(endpoint.answers, error)
    if applied.then is Then.RETRY:
        _retry(tx, network, d, error, now, applied, probe_at, **named)
        return
    untold = applied.then is Then.OPERATOR and d.event not in delivery_reports.NEVER
    detail = f"{error}; {applied}; {_owner(network, d)}"
    if _end(tx, d, error, now, detail, untold=untold, **named) and not untold:
        delivery_reports.report(tx, network, d, error, now)


def _retry(
    tx: Transaction,
    network: Network,
    d: Delivery,
    error: AdapterError,
    now: datetime,
    applied: answer_rules.Applied,
    probe_at: datetime | None,
    **named: int,
) -> None:
    """Retry after the back-off. In an outage: with the next probe, and the back-off stays."""
    endpoint = network.endpoint(d.endpoint)
    policy = retry_policy(endpoint)
    failures = d.failures + 1 if probe_at is None else max(d.failures, 1)
    due = in_time(policy.due(failures, error.retry_after, now, probe_at), now, d.expires_at)
    if due is None:
        bury(tx, network, d, FatalError("expired", error.code), now, **named)
        return
    why: dict[str, Any] = {"code": error.code, "detail": error.detail, "failures": failures}
    state = outbox.step(tx, d.id, Step.RETRY, now, next_attempt_at=due, **why, **named)
    if state is State.WAITING and state is not d.state and probe_at is None:
        history.of_delivery(tx, now, "retry", d, f"{error}; {applied}")


def bury(
    tx: Transaction,
    network: Network,
    d: Delivery,
    error: AdapterError,
    now: datetime,
    **named: int,
) -> None:
    """Make a delivery dead, flag its case, and report to its sender."""
    if _end(tx, d, error, now, f"{error}; {_owner(network, d)}", **named):
        delivery_reports.report(tx, network, d, error, now)


def leave(
    tx: Transaction, network: Network, d: Delivery, error: AdapterError, now: datetime
) -> None:
    """Make a delivery dead for a person; its sender is told only if the person lets it go."""
    _end(tx, d, error, now, f"{error}; {_owner(network, d)}", untold=True)


def _owner(network: Network, d: Delivery) -> str:
    return f"owner: {network.owner(d.endpoint)}"


def _end(
    tx: Transaction,
    d: Delivery,
    error: AdapterError,
    now: datetime,
    detail: str,
    **named: int,
) -> bool:
    """Make a delivery dead and flag its case. False if it was dead or closed already."""
    why: dict[str, Any] = {"code": error.code, "detail": error.detail}
    state = outbox.step(tx, d.id, Step.GIVE_UP, now, **why, **named)
    if state is not State.DEAD or d.state is State.DEAD:
        return False
    history.of_delivery(tx, now, "dead", d, detail)
    fields = {"delivery": d.id, "endpoint": d.endpoint, "code": error.code}
    log.warning("dead", extra=fields)
    if d.case_id:
        cases.save(tx, d.case_id, flagged=True)
    return True
