"""What goes wrong at a party, on request: plain counters that are used up as they strike."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Faults:
    """Faults of one party. Set them at any time; a count of n strikes the next n times.

    An outage is not here: the wire itself goes `down` (adapter.simulators.httpwire, buswire).
    """

    lose_receipts: int = 0  # the message is applied, the receipt never leaves
    send_twice: int = 0  # what the party sends goes out two times, byte for byte
    leave_unanswered: int = 0  # the person looks away
    refuse: int = 0  # answered `fatal-error`
    not_now: int = 0  # answered `transient-error`
    slowly: float = 0.0  # seconds before each receipt
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def strikes(self, name: str) -> bool:
        """Whether a counted fault happens now; uses one up."""
        with self._lock:
            left: int = getattr(self, name)
            setattr(self, name, max(0, left - 1))
            return left > 0
