"""What no message causes: reminders for late answers, and sending again after a lost broker."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from adapter.core import service_windows, working_days
from adapter.core.endpoint import Endpoint, Within
from adapter.core.errors import FatalError
from adapter.core.lifecycle import State
from adapter.core.record_ids import Record, new_id
from adapter.outbound import receipts, send
from adapter.settings.network import Network
from adapter.store import Store, backlog, history, outbox, replaced_endpoints
from adapter.store.transaction import Row, Transaction

log = logging.getLogger(__name__)
_KEPT = (
    "message_id",
    "endpoint",
    "event",
    "case_id",
    "order_key",
    "order_no",
    "content_id",
    "envelope_id",
    "content_type",
    "body",
    "losses",
    "forwarded",
    "done_when",
)
_A_DAY = Within(working_days=1)
LOST_WITH_A_BROKER = timedelta(days=3)
"""How far back a confirm is no longer believed when the broker comes back empty."""


def remind(store: Store, network: Network, now: datetime, limit: int = 100) -> int:
    """Tell the owner of each delivery that a person should have answered by now."""
    with store.begin() as tx:
        late = backlog.answers_late(tx, now, limit)
        for row in late:
            _remind(tx, network, row, now)
    return len(late)


def _remind(tx: Transaction, network: Network, row: Row, now: datetime) -> None:
    endpoint = network.endpoints.get(row["endpoint"])
    within = endpoint.read_within if endpoint else _A_DAY
    told = f"reminded: {endpoint.owner}" if endpoint else receipts.GONE
    backlog.reminded(tx, row["id"], now, working_days.due(now, within))
    history.of_delivery(tx, now, "answer-late", row, told)
    log.warning("answer-late", extra={"delivery": row["id"], "endpoint": row["endpoint"]})


def expire(store: Store, network: Network, now: datetime, limit: int = 100) -> int:
    """What could not be tried before its time ran out is for a person.

    Where the far side is tried, the last failure ends it; only a pause, an open circuit and an
    earlier one of the same case let the time pass without any.
    """
    every = network.settings.endpoints
    resting = [e.name for e in every if _rests(e, now)]
    opened = {e.name: at for e in every if (at := service_windows.opened(e, now)) is not None}
    with store.begin() as tx:
        held = backlog.expired(tx, now, resting, limit)
        behind = backlog.expired_in_line(tx, now, resting, opened, limit)
        for row in held:
            receipts.bury(tx, network, row, FatalError("expired", "paused, or cut off"), now)
        for row in behind:
            receipts.bury(tx, network, row, FatalError("expired", "behind an earlier one"), now)
    return len(held) + len(behind)


def _rests(endpoint: Endpoint, now: datetime) -> bool:
    """Closed, or opened so lately that nothing can have been tried since."""
    opened = service_windows.opened(endpoint, now)
    lately = opened is not None and now < opened + send.probe_after(endpoint) + endpoint.timeout
    return lately or service_windows.closed_until(endpoint, now) is not None


def bury_orphans(store: Store, network: Network, now: datetime) -> int:
    """What is open to an endpoint that the settings no longer have is for a person."""
    with store.begin() as tx:
        lost = backlog.orphans(tx, list(network.endpoints), now)
        for row in lost:
            receipts.bury(tx, network, row, FatalError("settings", receipts.GONE), now)
    return len(lost)


def move_replaced(store: Store, network: Network, now: datetime) -> int:
    """A receiver was replaced: what it surely does not have goes to its successor."""
    replaced = [e for e in network.settings.endpoints if e.replaced_by]
    if not replaced:
        return 0
    with store.begin() as tx:
        rows = [(e, row) for e in replaced for row in replaced_endpoints.movable(tx, e.name)]
        for endpoint, row in rows:
            _move(tx, network, endpoint, row, now)
    return len(rows)


def _move(tx: Transaction, network: Network, old: Endpoint, row: Row, now: datetime) -> None:
    """Its bytes are written for the old system: only one of the same kind can read them."""
    new = network.endpoint(old.replaced_by)
    if old.system == new.system:
        order = f"{new.name}/{row['case_id']}" if row["order_key"] else None
        outbox.fill(tx, row["id"], endpoint=new.name, order_key=order, next_attempt_at=now)
        place = {"case": row["case_id"], "message": row["message_id"], "delivery": row["id"]}
        history.note(tx, now, "moved", **place, endpoint=new.name, detail=f"from {old.name}")
        log.info("moved", extra={"delivery": row["id"], "endpoint": new.name})
        return
    detail = f"written for {old.system}; {new.name} speaks {new.system}"
    receipts.bury(tx, network, row, FatalError("settings", detail), now)


def broker_was_empty(store: Store, names: Sequence[str], now: datetime) -> int:
    """The broker lost its disk: what only its confirm had closed is sent again, same ids.

    What waits for a receipt is due at once. Returns how many deliveries go again.
    """
    whose = ", ".join(names)
    with store.begin() as tx:
        backlog.one_looks(tx)
        lost = backlog.closed_by_confirm(tx, list(names), now - LOST_WITH_A_BROKER)
        outbox.put(tx, [again(row, now) for row in lost])
        waiting = backlog.unreceipted(tx, list(names), now)
        count = len(lost) + waiting
        if count:  # else it is the first start of all, or nothing had gone that way
            detail = f"{len(lost)} closed by confirm only, {waiting} unreceipted: sent again"
            history.note(tx, now, "broker-was-empty", detail=f"{detail}; {whose}")
    what = "broker-was-empty" if count else "queues-missing"
    log.warning(what, extra={"count": count, "endpoint": whose})
    return count


def again(row: Row, now: datetime) -> dict[str, Any]:
    """The same bytes with the same ids in the same order, as a delivery of its own.

    A confirmed one stays so.
    """
    fresh = {
        "id": new_id(Record.DELIVERY),
        "state": State.WAITING,
        "created_at": now,
        "expires_at": now + (row["expires_at"] - row["created_at"]),
        "next_attempt_at": now,
        "copy_of": row["id"],
    }
    return {name: row[name] for name in _KEPT} | fresh
