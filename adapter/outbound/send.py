"""The outbox to the far side: claim, hand over, write down what became of it.

Bytes leave only after the claim is committed, so that a receipt can never arrive for something
that we do not know we sent. An outcome counts only for the attempt that it belongs to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from adapter.core.errors import AdapterError, TransientError
from adapter.core.kill_points import kill_point
from adapter.core.model import Delivery, Envelope
from adapter.outbound.claim import claim, lease, probe_after
from adapter.outbound.outcomes import Sent, each, record, write_down
from adapter.transports import Outcome, Transport

__all__ = [
    "Sent",
    "claim",
    "each",
    "envelope_of",
    "hand_over",
    "lease",
    "probe_after",
    "record",
    "write_down",
]
log = logging.getLogger(__name__)


def hand_over(
    transport: Transport, batch: Sequence[Delivery], clock: Callable[[], datetime]
) -> Sent:
    """Send what was claimed; `write_down` is to follow.

    The clock is read when the far side has answered: `sent_at` is then, not before.
    """
    outcomes = _outcomes(transport, batch)
    kill_point("sent")
    return Sent(batch=batch, outcomes=outcomes, at=clock())


def _outcomes(transport: Transport, batch: Sequence[Delivery]) -> list[Outcome]:
    """A fault of ours while sending is a failed attempt: it must not hold the delivery."""
    try:
        return transport.send([envelope_of(d) for d in batch])
    except AdapterError as error:
        return [error for _ in batch]
    except Exception:
        log.exception("adapter-fault", extra={"endpoint": batch[0].endpoint})
        return [TransientError("adapter-fault") for _ in batch]


def envelope_of(d: Delivery) -> Envelope:
    """A delivery as it travels."""
    return Envelope(
        id=d.envelope_id,
        endpoint=d.endpoint,
        body=d.body,
        content_type=d.content_type,
        event=str(d.event),
        case=d.case_id,
        delivery=d.id,
        attempt=d.attempt,
    )
