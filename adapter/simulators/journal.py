"""A simulated journal system: sends ADT over MLLP, takes FHIR by HTTP.

What comes back to a hospital (care plans, messages, answers, delivery reports) it takes in its
FHIR inbox, and answers each in the 2xx body with an application receipt.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from adapter.simulators.adtpen import Adt, Stay, acknowledged, written
from adapter.simulators.desk import Desk
from adapter.simulators.httpwire import HttpWire
from adapter.simulators.ledger import Fate
from adapter.simulators.letters import Organisation

_START, _END = b"\x0b", b"\x1c\r"
_LARGEST = 1024 * 1024


class NotAcknowledgedError(Exception):
    """Nobody acknowledged the message in time; a real journal would stop its queue here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where the ADT feed goes, and how patient it is. Times are seconds."""

    host: str = "127.0.0.1"
    port: int
    timeout: float = 10.0
    patience: float = 60.0


class Journal:
    """One hospital. Its messages are numbered from `first_control`."""

    def __init__(
        self, me: Organisation, desk: Desk, inbox_port: int, feed: Feed, first_control: int = 1
    ) -> None:
        self.me = me
        self.desk = desk
        self.inbox = HttpWire(desk, inbox_port)
        self._feed = feed
        self._controls = count(first_control)

    def start(self) -> None:
        """Open the inbox."""
        self.inbox.start()

    def stop(self) -> None:
        """Shut the inbox."""
        self.inbox.stop()

    def tell(self, trigger: str, stay: Stay) -> str:
        """Send one ADT message until it is acknowledged; the acknowledgement code (AA, AE).

        NotAcknowledgedError when the feed's patience ends first.
        """
        control = f"S{next(self._controls):06d}"
        body = written(Adt(trigger=trigger, control=control, at=_now(), stay=stay), self.me)
        self._note(Fate.SENT, trigger, control)
        code = self._sent(trigger, control, body)
        if self.desk.faults.strikes("send_twice"):
            self._note(Fate.REPEATED, trigger, control)
            code = self._sent(trigger, control, body)
        return code

    def _sent(self, trigger: str, control: str, body: bytes) -> str:
        """The same bytes again after every failure and after AR, as the standard asks."""
        deadline = time.monotonic() + self._feed.patience
        while time.monotonic() < deadline:
            code = self._exchanged(control, body)
            if code in ("AA", "AE"):
                self._note(Fate.NOTED, "acknowledgement", control, code)
                return code
            time.sleep(0.3)
            self._note(Fate.REPEATED, trigger, control)
        raise NotAcknowledgedError(control)

    def _exchanged(self, control: str, body: bytes) -> str:
        try:
            return acknowledged(exchange(self._feed, body), control)
        except (OSError, ValueError):
            return ""

    def _note(self, fate: Fate, event: str, control: str, code: str = "") -> None:
        self.desk.ledger.note(fate, event, control, envelope_id=control, code=code)


def exchange(feed: Feed, body: bytes) -> bytes:
    """One MLLP frame there, and one back; OSError when that fails, ValueError for no frame."""
    with socket.create_connection((feed.host, feed.port), feed.timeout) as wire:
        wire.sendall(_START + body + _END)
        found = b""
        while not found.endswith(_END):
            part = wire.recv(65536)
            if not part or len(found) > _LARGEST:
                raise ValueError("the answer is no frame")
            found += part
    return found.removeprefix(_START).removesuffix(_END)


def _now() -> datetime:
    return datetime.now(UTC)
