"""Faults of a simulated party, set on request. Each count is used up as the fault occurs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Faults:
    """Faults of one party. They may be set at any time; a count of n affects the next n times.

    An outage is not here: the connector itself goes `down` (HttpConnector, BusConnector).
    """

    lose_receipts: int = 0  # the message is applied, but its receipt is never sent
    send_twice: int = 0  # what the party sends is sent two times, byte for byte
    leave_unanswered: int = 0  # no person answers the message
    refuse: int = 0  # the receipt is `fatal-error`
    refuse_for_now: int = 0  # the receipt is `transient-error`
    answer_delay: float = 0.0  # seconds before each receipt
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def occurs(self, name: str) -> bool:
        """Whether a counted fault occurs now. Lowers its count by one."""
        with self._lock:
            left: int = getattr(self, name)
            setattr(self, name, max(0, left - 1))
            return left > 0
