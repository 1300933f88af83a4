"""How bytes travel. A transport knows nothing of care plans.

A transport that is pulled, or that sends, has the five methods of `Transport`. One that only
sends never yields; one that is only pulled never sends. A server that must answer at once (the
MLLP server; HTTP in adapter.web) calls an `Accept` instead, which the runner injects.

One instance belongs to one thread at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.model import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the far side's transport returned when it took the bytes.

    `body` is an application receipt in the receiver's own format, or empty.
    """

    body: bytes = b""
    content_type: str = ""


class BadAnswerError(FatalError):
    """The transport took the bytes, but its response is no receipt; `response` has the bytes."""

    def __init__(self, detail: str, response: Response) -> None:
        super().__init__("bad-answer", detail)
        self.response = response


Outcome: TypeAlias = Response | AdapterError
"""The outcome of sending one envelope: a Response, a TransientError or a FatalError."""


class Transport(Protocol):
    """Five methods. They raise no error of a library: only TransientError and FatalError."""

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Yield each message that arrives, until none arrives for `wait` seconds."""

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Tell the far side that they are taken. Call only after they are committed."""

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Send in order; a Response means that the far side has taken responsibility."""

    def idle(self, seconds: float) -> None:
        """Wait, while still answering the far side's heartbeats."""

    def close(self) -> None:
        """Close the connection; the far side sends again what was not acknowledged."""


class SendOnly:
    """The methods of `Transport` that do nothing in a transport that only sends."""

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Return nothing: no message arrives here."""
        return iter(())

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Do nothing: no message arrives here."""

    def idle(self, seconds: float) -> None:
        """Wait; no heartbeat needs an answer from the calling thread."""
        threading.Event().wait(seconds)


def send_in_order(
    envelopes: Sequence[Envelope], send_one: Callable[[Envelope], Outcome]
) -> list[Outcome]:
    """Send one at a time; after a TransientError the rest is not attempted.

    A later message of a case therefore never overtakes an earlier one.
    """
    outcomes: list[Outcome] = []
    for envelope in envelopes:
        if outcomes and isinstance(outcomes[-1], TransientError):
            outcomes.append(TransientError("no-connection", "not attempted"))
        else:
            outcomes.append(send_one(envelope))
    return outcomes


Accept: TypeAlias = Callable[[Envelope], Response]
"""Store a message durably, and return the answer to it. TransientError: nothing was stored."""
