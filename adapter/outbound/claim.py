"""Claim the deliveries that this process sends now, within service windows and rates."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from adapter.core import service_windows
from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.kill_points import kill_point
from adapter.core.model import Delivery
from adapter.core.rate_limit import RateLimit
from adapter.outbound import deliveries, failed_deliveries, judgement, recalled_deliveries
from adapter.settings.network import Network
from adapter.store import Store, attempts, cases, due_deliveries, endpoints, history
from adapter.store.due_deliveries import Claimed
from adapter.store.replaced_endpoints import Replacement
from adapter.store.rights import Right
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)


def lease(endpoint: Endpoint) -> timedelta:
    """Return how long a claim lasts: twice the timeout, so that no two processes send at once."""
    return 2 * endpoint.timeout


def probe_after(endpoint: Endpoint) -> timedelta:
    """Return how long an open circuit waits before its next probe: 30 s by default."""
    return 6 * endpoint.retry_first


def probe_lasts(endpoint: Endpoint) -> timedelta:
    """Return how long no other probe is sent, unless this one's outcome is written earlier."""
    return max(probe_after(endpoint), lease(endpoint))


def log_fields(d: Delivery) -> dict[str, Any]:
    """Return the fields that identify a delivery in log lines."""
    return {"delivery": d.id, "endpoint": d.endpoint, "attempt": d.attempt}


def claim(store: Store, network: Network, room: Mapping[str, int], now: datetime) -> list[Delivery]:
    """Claim due deliveries in one transaction, and return them ready to send.

    `room` has the largest number for each endpoint. When all that is due lapses, because its
    receivers' rights have ended, look again: later deliveries of the same cases are due then.
    This ends: what was made anew in this call is not made anew again in it.
    """
    names = [n for n in sorted(room) if not service_windows.closed_until(network.endpoint(n), now)]
    while names:
        ready, lapsed = _claim(store, network, names, room, now)
        if ready or not lapsed:
            return ready
    return []


def _claim(
    store: Store, network: Network, names: Sequence[str], room: Mapping[str, int], now: datetime
) -> tuple[list[Delivery], bool]:
    """The claimed deliveries, and whether others were due that are not sent."""
    with store.begin() as tx:
        limited = [name for name in names if network.endpoint(name).rate is not None]
        barred = endpoints.barred(tx, names, limited, now)
        shares = [
            _share(tx, network, name, room[name], now, barred.but_for_one)
            for name in names
            if name not in barred.wholly
        ]
        cases.prefetch(tx, (), [id_ for share in shares for id_ in _needed_cases(share)])
        judged = [_judged(tx, network, share, now) for share in shares]
        for until in {share.until for share in judged}:
            same = [share for share in judged if share.until == until]
            due = [claimed for share in same for claimed in share.claimed]
            due_deliveries.take(tx, due, now, until)
        ready = [d for share in judged for d in _ready(tx, network, share, now)]
    kill_point("claimed")
    return ready, _count(judged) < _count(shares)


def _count(shares: Sequence[_Share]) -> int:
    return sum(len(share.claimed) for share in shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """The deliveries that one endpoint gets, the end of their lease, and the limit of resends."""

    endpoint: Endpoint
    claimed: Sequence[Claimed]
    until: datetime
    most_resends: float
    is_probe: bool = False


def _share(
    tx: Transaction,
    network: Network,
    name: str,
    room: int,
    now: datetime,
    cut_off: Collection[str],
) -> _Share:
    """The due deliveries of an endpoint; one probe while its circuit is open.

    A probe has no limit of resends: in an outage a missing receipt means nothing.
    """
    endpoint = network.endpoint(name)
    size = _within_rate(tx, endpoint, room, now)
    until = now + lease(endpoint)
    replacement = Replacement(
        replaced=frozenset(network.replaced(name)),
        successor=endpoint.replaced_by,
        mailbox=network.mailbox(name),
    )
    is_probe = size > 0 and name in cut_off
    if is_probe:
        claimed = due_deliveries.look_for_probe(tx, name, now, until, replacement)
    else:
        claimed = due_deliveries.look(tx, name, size, now, until, replacement)
    most = math.inf if is_probe else endpoint.receipt_resends
    return _Share(
        endpoint=endpoint, claimed=claimed, until=until, most_resends=most, is_probe=is_probe
    )


def _judged(tx: Transaction, network: Network, share: _Share, now: datetime) -> _Share:
    """The share without what is no longer due. No attempt of that begins.

    While a probe is under way, no other is sent: until its outcome is written, or `probe_lasts`
    is over.
    """
    judged = [_still_due(tx, network, claimed, now) for claimed in share.claimed]
    due = [claimed for claimed in judged if claimed is not None]
    if share.is_probe and due:
        endpoints.probing(tx, share.endpoint.name, now + probe_lasts(share.endpoint))
    return replace(share, claimed=due)


def _still_due(
    tx: Transaction, network: Network, claimed: Claimed, now: datetime
) -> Claimed | None:
    """What is sent of a claimed delivery, now that its receiver's right is known."""
    if claimed.delivery.right_no == recalled_deliveries.RECALLED:
        recalled_deliveries.lapse(tx, claimed.delivery, now)
        return None
    why = _why_not_due(tx, network, claimed, now)
    if why:
        judgement.lapse(tx, network, claimed.delivery, now, why)
        return None
    if claimed.right is Right.STANDS:
        return claimed
    if judgement.was_made_anew_now(claimed.delivery, now):
        judgement.put_off(tx, network, claimed.delivery, now)
        return None
    changed = judgement.judge(tx, network, claimed.delivery, now)
    return replace(claimed, delivery=changed) if changed is not None else None


def _why_not_due(tx: Transaction, network: Network, claimed: Claimed, now: datetime) -> str:
    """Why a claimed delivery is not due any more; "" where it may be."""
    if judgement.is_idle_ending(tx, network, claimed.delivery):
        return "no notice has arrived before it"
    if judgement.is_over(tx, network, claimed.delivery, now):
        return "the time to tell is over"
    return "the receiver's right has ended" if claimed.right is Right.ENDED else ""


def _within_rate(tx: Transaction, endpoint: Endpoint, limit: int, now: datetime) -> int:
    if endpoint.rate is None:
        return limit
    return min(limit, endpoints.allowed(tx, endpoint.name, RateLimit(rate=endpoint.rate), now))


def _needed_cases(share: _Share) -> list[str]:
    """The cases whose deliveries may become dead here, or are judged.

    They are locked together, in a fixed order, and after the deliveries.
    """
    needed = [
        claimed.delivery
        for claimed in share.claimed
        if claimed.why == "resend" or claimed.right is not Right.STANDS
    ]
    return [d.case_id for d in needed if d.case_id]


def _ready(tx: Transaction, network: Network, share: _Share, now: datetime) -> list[Delivery]:
    """The claimed deliveries that are sent. The rate counts only these."""
    endpoint = share.endpoint
    prepared = [_prepared(tx, network, share, claimed, now) for claimed in share.claimed]
    ready = [delivery for delivery in prepared if delivery is not None]
    if endpoint.rate is not None:
        endpoints.paced(tx, endpoint.name, RateLimit(rate=endpoint.rate), len(ready), now)
    return ready


def _prepared(
    tx: Transaction, network: Network, share: _Share, claimed: Claimed, now: datetime
) -> Delivery | None:
    """The delivery as it is sent; None when it is dead, because it has had all its resends."""
    d = claimed.delivery
    if claimed.why == "lease":  # the process that claimed it has died or stood still
        log.warning("lease-ended", extra=log_fields(d))
    if claimed.why != "resend":
        return d
    error = _why_not_resent(tx, share, d, now)
    if error is not None:
        attempts.finish(tx, d.id, d.attempt, now, error=error)
        failed_deliveries.bury(tx, network, d, error, now, attempt=d.attempt)
        return None
    history.of_delivery(tx, now, "resend", d)
    log.info("resend", extra=log_fields(d))
    return _resent(tx, share.endpoint, d, now)


def _why_not_resent(
    tx: Transaction, share: _Share, d: Delivery, now: datetime
) -> FatalError | None:
    """Why a delivery without a receipt is not resent; None when it is.

    What was sent before a service window is sent once after it, in spite of every limit.
    """
    opened = service_windows.opened(share.endpoint, now)
    if opened and attempts.began(tx, d.id, d.attempt - 1) < opened:
        return None
    if now >= d.expires_at:
        return FatalError("expired", "no receipt")
    return FatalError("no-receipt") if d.resends > share.most_resends else None


def _resent(tx: Transaction, endpoint: Endpoint, d: Delivery, now: datetime) -> Delivery:
    """Our own FHIR gets a new envelope; forwarded bytes and other formats do not change."""
    if d.forwarded or endpoint.system != "fhir":
        return d
    envelope, body = deliveries.in_new_envelope(d.body or b"", now)
    attempts.rewrite(tx, d, envelope, body)
    return replace(d, envelope_id=envelope, body=body)
