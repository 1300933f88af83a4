"""Work that the clock or the broker starts: reminders, expiry, moves, and sending again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapter.core import lifecycle, service_windows, working_days
from adapter.core.endpoint import Endpoint, Within
from adapter.core.errors import FatalError
from adapter.core.model import Delivery
from adapter.core.record_ids import Record, new_id
from adapter.outbound import failed_deliveries, moves
from adapter.outbound.claim import probe_after
from adapter.policy.stay import load, of_consent
from adapter.settings.network import Network
from adapter.store import (
    Store,
    blobs,
    cases,
    endpoints,
    history,
    lost_deliveries,
    outbox,
    purges,
    replaced_endpoints,
    stays,
    timers,
)
from adapter.store.purges import Purgeable
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)
_ZONE = ZoneInfo("Europe/Stockholm")  # for texts that operators read
_A_DAY = Within(working_days=1)
LOST_WITH_A_BROKER = timedelta(days=3)
"""When the broker has lost its disk, what it confirmed within this time is sent again."""


def remind(store: Store, network: Network, now: datetime, limit: int = 100) -> int:
    """Remind the owner of each delivery whose answer by a person is late. Return how many."""
    with store.begin() as tx:
        late = timers.answers_late(tx, now, limit)
        for delivery in late:
            _remind(tx, network, delivery, now)
    return len(late)


def _remind(tx: Transaction, network: Network, d: Delivery, now: datetime) -> None:
    endpoint = network.endpoints.get(d.endpoint)
    within = endpoint.read_within if endpoint else _A_DAY
    detail = f"reminded: {endpoint.owner}" if endpoint else failed_deliveries.REMOVED
    timers.reminded(tx, d.id, now, working_days.due(now, within))
    history.of_delivery(tx, now, "answer-late", d, detail)
    log.warning("answer-late", extra={"delivery": d.id, "endpoint": d.endpoint})


def expire(store: Store, network: Network, now: datetime, limit: int = 100) -> int:
    """Make dead what could not be tried before it expired. Return how many.

    A delivery that is tried ends with its last failure. Only a pause, an open circuit or an
    earlier delivery of the case lets the time pass without a failure.
    """
    known = network.settings.endpoints
    resting = [e.name for e in known if _rests(e, now)]
    opened = {e.name: at for e in known if (at := service_windows.opened(e, now)) is not None}
    with store.begin() as tx:
        held = timers.expired(tx, now, resting, limit)
        behind = timers.expired_in_line(tx, now, resting, opened, limit)
        for why, expired in (("paused, or cut off", held), ("behind an earlier one", behind)):
            for delivery in expired:
                failed_deliveries.bury(tx, network, delivery, FatalError("expired", why), now)
    return len(held) + len(behind)


def _rests(endpoint: Endpoint, now: datetime) -> bool:
    """Whether it is in a service window, or left one too recently to have been tried since."""
    opened = service_windows.opened(endpoint, now)
    lately = opened is not None and now < opened + probe_after(endpoint) + endpoint.timeout
    return lately or service_windows.closed_until(endpoint, now) is not None


def end_pauses(store: Store, now: datetime) -> int:
    """End the pauses whose time is over, and tell it in the history. Return how many."""
    with store.begin() as tx:
        over = endpoints.end_pauses(tx, now)
        for each in over:
            until = f"{each.until.astimezone(_ZONE):%Y-%m-%d %H:%M}"
            detail = f"the pause by {each.by} until {until} is over: {each.why}"
            history.note(tx, now, "resumed", endpoint=each.endpoint, detail=detail)
    for each in over:
        log.info("resumed", extra={"endpoint": each.endpoint})
    return len(over)


def bury_orphans(store: Store, network: Network, now: datetime) -> int:
    """Make dead the open deliveries to endpoints that were removed from the settings."""
    with store.begin() as tx:
        orphans = timers.orphans(tx, list(network.endpoints), now)
        removed = FatalError("settings", failed_deliveries.REMOVED)
        for delivery in orphans:
            failed_deliveries.bury(tx, network, delivery, removed, now)
    return len(orphans)


def move_replaced(store: Store, network: Network, now: datetime) -> int:
    """Move deliveries that a replaced endpoint does not have to its successor. Return how many."""
    replaced = [e for e in network.settings.endpoints if e.replaced_by]
    if not replaced:
        return 0
    with store.begin() as tx:
        movable = [(e, d) for e in replaced for d in replaced_endpoints.movable(tx, e.name)]
        for endpoint, delivery in movable:
            moves.move(tx, network, endpoint, delivery, now)
    return len(movable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """Cases whose bodies are purged, whose names are forgotten, and of which what was told is."""

    bodies: tuple[Purgeable, ...] = ()
    names: tuple[Purgeable, ...] = ()
    told: tuple[Purgeable, ...] = ()

    def __len__(self) -> int:
        return len(self.bodies) + len(self.names) + len(self.told)


def purgeable(store: Store, network: Network, now: datetime, limit: int = 100) -> Purge:
    """Return what `purge` would do. Nothing changes."""
    with store.read() as tx:
        return _purgeable(tx, network, now, limit)


def purge(store: Store, network: Network, now: datetime, limit: int = 100) -> Purge:
    """Purge what nobody was told of, `purge_unshared` after the discharge; return what was.

    Consent and bars of purged cases stay, until their names are forgotten after `keep_names`. What
    receivers got is, when their right is over. The history has a line for each.
    """
    with store.begin() as tx:
        due = _purgeable(tx, network, now, limit)
        consents = _consents(tx, due.bodies)
        bodies = purges.purge_bodies(tx, due.bodies, now)
        for each in bodies:
            if each.id in consents:
                stays.save(tx, each.id, consents[each.id], now)
        names = purges.forget_names(tx, due.names)
        window = network.settings.sharing.window
        notices = purges.forget_told(tx, due.told, now - window, now)
        done = {"purged": bodies, "name-forgotten": names, "told-forgotten": notices}
        for what, purged in done.items():
            for each in purged:
                detail = f"{each.messages} messages" if what == "purged" else ""
                history.note(tx, now, what, case=each.id, detail=detail)
        blobs.remove_unused(tx)
    return Purge(bodies=tuple(bodies), names=tuple(names), told=tuple(notices))


def _consents(tx: Transaction, due: Sequence[Purgeable]) -> dict[str, str]:
    """What each case's stay says of consent and bars; the cases are locked."""
    ids = [each.id for each in due]
    cases.prefetch(tx, (), ids)
    stays.prefetch(tx, ids)
    left = {id_: of_consent(load(stays.get(tx, id_))) for id_ in ids}
    return {id_: stay.dump() for id_, stay in left.items() if stay.facts}


def _purgeable(tx: Transaction, network: Network, now: datetime, limit: int) -> Purge:
    sharing = network.settings.sharing
    bodies = purges.unshared(tx, now - sharing.purge_unshared, limit)
    names = purges.with_names(tx, now - sharing.keep_names, limit)
    notices = purges.with_told(tx, now - sharing.window, now, limit)
    return Purge(bodies=tuple(bodies), names=tuple(names), told=tuple(notices))


def broker_was_empty(store: Store, names: Sequence[str], now: datetime) -> int:
    """The broker lost its disk: send again, with the same ids, what only its confirm had closed.

    What waits for a receipt is due at once. Return how many deliveries are sent again.
    """
    receivers = ", ".join(names)
    with store.begin() as tx:
        lost_deliveries.wait_for_other_looks(tx)
        lost = lost_deliveries.closed_by_confirm(tx, list(names), now - LOST_WITH_A_BROKER)
        outbox.put(tx, [copy_of(delivery, now) for delivery in lost])
        waiting = timers.unreceipted(tx, list(names), now)
        count = len(lost) + waiting
        if count:  # 0 at the very first start, or when nothing was sent over the broker
            detail = f"{len(lost)} closed by confirm only, {waiting} unreceipted: sent again"
            history.note(tx, now, "broker-was-empty", detail=f"{detail}; {receivers}")
    what = "broker-was-empty" if count else "queues-missing"
    log.warning(what, extra={"count": count, "endpoint": receivers})
    return count


def copy_of(d: Delivery, now: datetime) -> Delivery:
    """Return a new delivery with the same bytes, ids and order. The original does not change."""
    return Delivery(
        id=new_id(Record.DELIVERY),
        message_id=d.message_id,
        endpoint=d.endpoint,
        event=d.event,
        case_id=d.case_id,
        order_key=d.order_key,
        order_no=d.order_no,
        right_no=d.right_no,
        state=lifecycle.first_state(""),
        content_id=d.content_id,
        envelope_id=d.envelope_id,
        content_type=d.content_type,
        body=d.body,
        losses=d.losses,
        forwarded=d.forwarded,
        done_when=d.done_when,
        created_at=now,
        expires_at=now + (d.expires_at - d.created_at),
        next_attempt_at=now,
        copy_of=d.id,
    )
