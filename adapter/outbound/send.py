"""Handing claimed deliveries over to a transport.

Bytes leave only after the claim is committed: a receipt can never come for something that the
store does not know as sent. An outcome counts only for the attempt that it belongs to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from adapter.core.errors import AdapterError, TransientError
from adapter.core.kill_points import kill_point
from adapter.core.model import Delivery, Envelope
from adapter.outbound.outcomes import Sent
from adapter.transports import Outcome, Transport

log = logging.getLogger(__name__)


def hand_over(
    transport: Transport, batch: Sequence[Delivery], clock: Callable[[], datetime]
) -> Sent:
    """Send what was claimed; `outcomes.write_down` is to follow.

    The clock is read when the far side has answered, and not before: `sent_at` is that time.
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
        body=d.body or b"",
        content_type=d.content_type,
        event=str(d.event),
        case=d.case_id or "",
        delivery=d.id,
        attempt=d.attempt,
    )
