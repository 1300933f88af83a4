"""Send again what a far side has lost: after a lost disk, or a restore from a backup.

Each part has its own transaction, so thousands of deliveries block nothing else. A command that
was stopped continues when it is run again: a delivery that has a copy is not copied again.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from adapter.core.catalogue import ErrorCode
from adapter.operate import maintenance
from adapter.operate.replay_plan import Plan, Planned
from adapter.settings.network import Network
from adapter.store import Store, arrival, history, lost_deliveries, outbox
from adapter.store.lost_deliveries import Lost
from adapter.store.queries.summaries import chunks
from adapter.store.transaction import Transaction

_PART = 200  # deliveries in one transaction


def plan(tx: Transaction, network: Network, lost: Lost) -> Plan:
    """Return what `resend` would send, oldest first. The receiver may see each of them twice."""
    deliveries = {d.id: d for d in lost_deliveries.lost(tx, lost)}
    overtaken: dict[str, list[str]] = {}
    for part in chunks(list(deliveries)):
        overtaken |= arrival.overtaken(tx, part, network.moves())
    rows = tuple(
        Planned(
            id=d.id,
            event=d.event,
            endpoint=d.endpoint,
            state=d.state,
            possible=True,
            seen_before=True,
            overtaken_by=tuple(id_ for id_ in overtaken.get(d.id, ()) if id_ not in deliveries),
        )
        for d in deliveries.values()
    )
    return Plan(rows=rows, ask_above=network.settings.ask_above)


def resend(
    store: Store,
    lost: Lost,
    plan: Plan,
    *,
    who: str,
    reason: str,
    now: datetime,
    although: Container[ErrorCode] = (),
) -> Iterator[int]:
    """Send the planned deliveries that have no copy yet; yield the number sent in each part.

    Raise what `Plan.require` raises, before anything is sent.
    """
    plan.require(although=although)
    parts = chunks([row.id for row in plan.rows], _PART)
    return (_resend(store, lost, part, who=who, reason=reason, now=now) for part in parts)


def _resend(
    store: Store, lost: Lost, part: Sequence[str], *, who: str, reason: str, now: datetime
) -> int:
    with store.begin() as tx:
        copies = [
            maintenance.copy_of(delivery, now)
            for delivery in lost_deliveries.still_lost(tx, lost, part)
        ]
        outbox.put(tx, copies)
        for copy in copies:
            original = replace(copy, id=copy.copy_of)
            detail = f"as {copy.id}: {reason}"
            history.of_delivery(tx, now, "replayed", original, detail, who=who)
    return len(copies)
