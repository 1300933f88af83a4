"""What one thread publishes together, and what became of each message."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from adapter.core.errors import TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome


class Batch:
    """The messages that one thread sends together, and the outcome of each."""

    def __init__(self, envelopes: Sequence[Envelope]) -> None:
        self.items = [Item(self, envelope) for envelope in envelopes]
        self.given_up = False
        self._open = len(self.items)
        self._done = threading.Event()

    @property
    def unanswered(self) -> bool:
        """Whether the broker has not yet answered a message that was written to it."""
        return any(item.outcome is None and item.written for item in self.items)

    def count_outcome(self) -> None:
        """Note that one more of the items has its outcome."""
        self._open -= 1
        if self._open == 0:
            self._done.set()

    def wait(self, timeout: float) -> None:
        """Wait for every outcome, but not longer than `timeout` seconds."""
        if self.items:
            self._done.wait(timeout)
        self.given_up = True

    def outcomes(self, missing: str) -> list[Outcome]:
        """Return them in order; TransientError `timed-out: <missing>` where there is none."""
        return [item.outcome or TransientError("timed-out", missing) for item in self.items]


class Item:
    """One envelope of a batch; `written` when it was given to a connection."""

    __slots__ = ("_batch", "envelope", "outcome", "returned", "written")

    def __init__(self, batch: Batch, envelope: Envelope) -> None:
        self._batch = batch
        self.envelope = envelope
        self.outcome: Outcome | None = None
        self.returned = False
        self.written = False

    @property
    def given_up(self) -> bool:
        """Whether the sending thread has stopped waiting."""
        return self._batch.given_up

    @property
    def key(self) -> str:
        """The routing key."""
        return f"{self.envelope.endpoint}.{self.envelope.event}"

    def settle(self, outcome: Outcome) -> None:
        """Set the outcome, once."""
        self.outcome = outcome
        self._batch.count_outcome()
