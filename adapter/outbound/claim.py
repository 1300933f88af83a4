"""Deliveries that are now ours to send: within the endpoint's hours and pace, each as it goes."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapter.core import service_windows
from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.kill_points import kill_point
from adapter.core.model import Delivery
from adapter.core.rate_limit import RateLimit
from adapter.outbound import deliveries, receipts
from adapter.settings.network import Network
from adapter.store import Store, cases, due_deliveries, endpoints, history, outbox
from adapter.store.due_deliveries import Claimed
from adapter.store.replaced_endpoints import Besides
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)


def lease(endpoint: Endpoint) -> timedelta:
    """Twice what a send may take: nobody else begins while we may be sending."""
    return 2 * endpoint.timeout


def probe_after(endpoint: Endpoint) -> timedelta:
    """How long an open circuit waits before its next probe: 30 s by default."""
    return 6 * endpoint.retry_first


def probe_lasts(endpoint: Endpoint) -> timedelta:
    """How long nobody sends another, unless its outcome is written before."""
    return max(probe_after(endpoint), lease(endpoint))


def claim(store: Store, network: Network, room: Mapping[str, int], now: datetime) -> list[Delivery]:
    """Deliveries that are now ours to send, as they are to be sent, in one transaction.

    `room` says how many for each endpoint.
    """
    open_ = [
        name
        for name in sorted(room)
        if not service_windows.closed_until(network.endpoint(name), now)
    ]
    if not open_:
        return []
    with store.begin() as tx:
        paced = [name for name in open_ if network.endpoint(name).rate is not None]
        barred = endpoints.barred(tx, open_, paced, now)
        looks = (
            _look(tx, network, name, room[name], now, barred.but_for_one)
            for name in open_
            if name not in barred.wholly
        )
        found = list(looks)
        for until in {look.until for look in found}:
            these = [one for look in found if look.until == until for one in look.claimed]
            due_deliveries.take(tx, these, now, until)
        cases.prefetch(tx, (), [one for look in found for one in _may_be_flagged(look)])
        mine = [d for look in found for d in _to_send(tx, network, look, now)]
    kill_point("claimed")
    return mine


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What is due for an endpoint, and until when it is ours."""

    endpoint: Endpoint
    claimed: Sequence[Claimed]
    until: datetime
    most: float  # resends of one delivery


def _look(
    tx: Transaction,
    network: Network,
    name: str,
    room: int,
    now: datetime,
    cut_off: Collection[str],
) -> _Look:
    """Where the circuit is open, one probe.

    While nobody answers, a missing receipt says nothing: the probe goes in any case.
    """
    endpoint = network.endpoint(name)
    size = _allowed(tx, endpoint, room, now)
    besides = Besides(replaced=frozenset(network.replaced(name)), successor=endpoint.replaced_by)
    if size and name in cut_off:
        claimed, most = _probe(tx, endpoint, besides, now), math.inf
    else:
        claimed, most = due_deliveries.look(tx, name, size, now, besides), endpoint.receipt_resends
    return _Look(endpoint=endpoint, claimed=claimed, until=now + lease(endpoint), most=most)


def _probe(tx: Transaction, endpoint: Endpoint, besides: Besides, now: datetime) -> list[Claimed]:
    """One that is due; until it has ended, or its lease has, there is no other."""
    found = due_deliveries.look_for_probe(tx, endpoint.name, now, besides)
    if found:
        endpoints.probing(tx, endpoint.name, now + probe_lasts(endpoint))
    return found


def _may_be_flagged(look: _Look) -> list[str]:
    """Cases of what may end here: locked before any is, always in the same order."""
    again = [one.delivery for one in look.claimed if one.why == "resend"]
    return [d.case_id for d in again if d.case_id]


def _allowed(tx: Transaction, endpoint: Endpoint, limit: int, now: datetime) -> int:
    """No more than the endpoint's rate lets go now."""
    if endpoint.rate is None:
        return limit
    return min(limit, endpoints.allowed(tx, endpoint.name, RateLimit(rate=endpoint.rate), now))


def _to_send(tx: Transaction, network: Network, look: _Look, now: datetime) -> list[Delivery]:
    endpoint = look.endpoint
    ready = [_ready(tx, network, endpoint, one, now, look.most) for one in look.claimed]
    mine = [delivery for delivery in ready if delivery is not None]
    if endpoint.rate is not None:
        endpoints.paced(tx, endpoint.name, RateLimit(rate=endpoint.rate), len(mine), now)
    return mine


def _ready(
    tx: Transaction,
    network: Network,
    endpoint: Endpoint,
    one: Claimed,
    now: datetime,
    most: float,
) -> Delivery | None:
    """A resend beyond the agreed number ends it; our own FHIR is resent in a new envelope."""
    d = one.delivery
    if one.why == "lease":  # whoever claimed it has died, or stood still for too long
        log.warning("lease-ended", extra=ids(d))
    if one.why != "resend":
        return d
    error = _given_up(tx, endpoint, d, now, most)
    if error is not None:
        row = outbox.get(tx, d.id)
        outbox.finish(tx, d, now, error=error)
        if row is not None:
            receipts.bury(tx, network, row, error, now, attempt=d.attempt)
        return None
    history.note(
        tx, now, "resend", case=d.case_id, message=d.message_id, delivery=d.id, endpoint=d.endpoint
    )
    log.info("resend", extra=ids(d))
    if d.forwarded or endpoint.system != "fhir":
        return d
    envelope, body = deliveries.resent(d.body, now)
    outbox.rewrite(tx, d, envelope, body)
    return _in_envelope(d, envelope, body)


def _given_up(
    tx: Transaction, endpoint: Endpoint, d: Delivery, now: datetime, most: float
) -> FatalError | None:
    """Why what has no receipt is not sent again; None where it is.

    Sent before a service window, it goes once more after it, whatever has run out meanwhile.
    """
    opened = service_windows.opened(endpoint, now)
    if opened and outbox.began(tx, d.id, d.attempt - 1) < opened:
        return None
    if now >= d.expires_at:
        return FatalError("expired", "no receipt")
    return FatalError("no-receipt") if d.resends >= most else None


def ids(d: Delivery) -> dict[str, Any]:
    """What log lines name a delivery by."""
    return {"delivery": d.id, "endpoint": d.endpoint, "attempt": d.attempt}


def _in_envelope(d: Delivery, envelope: str, body: bytes) -> Delivery:
    values: dict[str, Any] = {name: getattr(d, name) for name in Delivery.__slots__}
    return Delivery(**values | {"envelope_id": envelope, "body": body})
