"""How bytes travel. A transport knows nothing of care plans.

A transport that is pulled, or that sends, has the five methods of `Transport` (one that only
sends never yields; one that is only pulled never sends). A door that must answer at once (the
MLLP server; HTTP in adapter.web) calls an `Accept` instead, which the runner injects.

One instance belongs to one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from adapter.core.errors import AdapterError
from adapter.core.model import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The far side's transport has the bytes, and perhaps said something in the same exchange.

    `body` is an application receipt in the receiver's own format, or empty.
    """

    body: bytes = b""
    content_type: str = ""


Outcome: TypeAlias = Response | AdapterError
"""What became of one sending: an answer, a TransientError or a FatalError."""


class Transport(Protocol):
    """Five methods. Library errors never leave: they are TransientError or FatalError."""

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Yield what has come, until `wait` seconds pass without anything."""

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Let go of them at the far side. Call only after they are committed."""

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Hand over, in order; each outcome is there only when the far side is responsible."""

    def idle(self, seconds: float) -> None:
        """Wait, while still answering the far side's heartbeats."""

    def close(self) -> None:
        """Let go of the connection; what was not acknowledged comes back."""


Accept: TypeAlias = Callable[[Envelope], Response]
"""Take what came, durably, and say what to answer. TransientError: nothing was stored."""
