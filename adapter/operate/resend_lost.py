"""Send again what a far side has lost: after a lost disk, or a restore from a backup.

Each part has its own transaction, so thousands of deliveries block nothing else. A command that
was stopped continues when it is run again: a delivery that has a copy is not copied again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from adapter.operate import maintenance
from adapter.operate.replay import Planned
from adapter.settings.network import Network
from adapter.store import Store, arrival, history, lost_deliveries, outbox
from adapter.store.lost_deliveries import Lost
from adapter.store.queries.summaries import chunks
from adapter.store.transaction import Transaction

_PART = 200  # deliveries in one transaction


def plan(tx: Transaction, network: Network, lost: Lost) -> list[Planned]:
    """Return what `resend` would send, oldest first. The receiver may see each of them twice."""
    deliveries = {d.id: d for d in lost_deliveries.lost(tx, lost)}
    overtaken: dict[str, list[str]] = {}
    for part in chunks(list(deliveries)):
        overtaken |= arrival.overtaken(tx, part, network.moves())
    return [
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
    ]


def resend(
    store: Store, lost: Lost, planned: list[Planned], *, who: str, reason: str, now: datetime
) -> Iterator[int]:
    """Send the planned deliveries that have no copy yet; yield the number sent in each part."""
    for part in chunks([p.id for p in planned], _PART):
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
        yield len(copies)
