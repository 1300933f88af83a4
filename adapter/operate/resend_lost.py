"""Sending again what a far side has lost: with its broker's disk, or since its last backup.

Each part is a transaction of its own, so that thousands hold up nobody, and so that the same
command goes on where it was stopped: what has a copy is not copied again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from adapter.operate import maintenance
from adapter.operate.replay import Planned
from adapter.settings.network import Network
from adapter.store import Store, backlog, history, outbox
from adapter.store.backlog import Lost
from adapter.store.queries.summaries import chunks
from adapter.store.transaction import Transaction

_PART = 200


def plan(tx: Transaction, network: Network, lost: Lost) -> list[Planned]:
    """What `resend` would send, oldest first: all of it may be seen twice."""
    rows = {row["id"]: row for row in backlog.lost(tx, lost)}
    passed: dict[str, list[str]] = {}
    for part in chunks(list(rows)):
        passed |= backlog.overtaken(tx, part, network.moves())
    return [
        Planned(
            **row,
            possible=True,
            seen_before=True,
            overtaken_by=tuple(later for later in passed.get(id_, ()) if later not in rows),
        )
        for id_, row in rows.items()
    ]


def resend(
    store: Store, lost: Lost, planned: list[Planned], *, who: str, reason: str, now: datetime
) -> Iterator[int]:
    """Send again what was planned and nobody else has sent meanwhile; how many, part by part."""
    for part in chunks([p.id for p in planned], _PART):
        with store.begin() as tx:
            rows = backlog.still_lost(tx, lost, part)
            copies = [maintenance.again(row, now) for row in rows]
            outbox.put(tx, copies)
            for copy in copies:
                _note(tx, copy, now, who, reason)
        yield len(rows)


def _note(tx: Transaction, copy: dict[str, Any], now: datetime, who: str, reason: str) -> None:
    history.note(
        tx,
        now,
        "replayed",
        case=copy["case_id"],
        message=copy["message_id"],
        delivery=copy["copy_of"],
        endpoint=copy["endpoint"],
        detail=f"as {copy['id']}: {reason}",
        who=who,
    )
