"""Deliveries whose message is recalled by its sender: no new attempt begins."""

from __future__ import annotations

from datetime import datetime

from adapter.core.lifecycle import State, Step
from adapter.core.model import Delivery
from adapter.store import history, outbox
from adapter.store.transaction import Transaction

RECALLED = -2
"""The number of no right: a delivery with it ends at its next claim."""
_WHY = "recalled by its sender"


def end(tx: Transaction, d: Delivery, now: datetime) -> None:
    """End a locked delivery that waits or is dead. Let another one end before a next attempt.

    A copy of it, as after a broker has lost its queues, has the same number.
    """
    if d.state in (State.WAITING, State.DEAD):
        lapse(tx, d, now)
    else:
        outbox.fill(tx, d.id, right_no=RECALLED)


def lapse(tx: Transaction, d: Delivery, now: datetime) -> None:
    """End a delivery. Its sender, who has recalled it, gets no report."""
    outbox.step(tx, d.id, Step.LAPSE, now)
    history.of_delivery(tx, now, "no-longer-due", d, _WHY)
