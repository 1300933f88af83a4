"""Judge a claimed delivery again: its receiver's right has ended or changed since it was queued.

The delivery is locked, and so is its case. No attempt has begun: `delivery.attempt` counts the
attempt that would begin now.
"""

from __future__ import annotations

import logging
from datetime import datetime

from adapter.core.lifecycle import Step
from adapter.core.model import Delivery
from adapter.settings.network import Network
from adapter.store import history, outbox
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)


def judge(tx: Transaction, network: Network, delivery: Delivery, now: datetime) -> Delivery | None:
    """Return what is sent instead, now that the receiver's right has changed; None for nothing."""
    lapse(tx, network, delivery, now, "the receiver's right has changed")
    return None


def lapse(tx: Transaction, _network: Network, delivery: Delivery, now: datetime, why: str) -> None:
    """End a delivery that is no longer due. It never leaves, and the history says why."""
    outbox.step(tx, delivery.id, Step.LAPSE, now, code="", detail="")
    history.of_delivery(tx, now, "no-longer-due", delivery, why)
    log.info("no-longer-due", extra={"delivery": delivery.id, "endpoint": delivery.endpoint})
