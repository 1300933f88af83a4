"""A simulated hospital journal: it sends ADT over MLLP and receives FHIR by HTTP.

With a door, it can also send FHIR about a stay. Care plans, messages, answers and delivery reports
arrive in its FHIR inbox. Each is receipted in the 2xx body.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from adapter.simulators.hl7v2_writer import AdtMessage, acknowledgement_code, write_adt
from adapter.simulators.http_connector import Door, HttpConnector
from adapter.simulators.messages import Organisation, Stay
from adapter.simulators.party_system import PartySystem
from adapter.simulators.traffic_log import EntryKind

_START, _END = b"\x0b", b"\x1c\r"
_LARGEST = 1024 * 1024


class NotAcknowledgedError(Exception):
    """The message was not acknowledged in time; a real journal would stop its queue here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdtFeed:
    """Where the ADT feed is sent. Times are seconds."""

    host: str = "127.0.0.1"
    port: int
    timeout: float = 10.0
    patience: float = 60.0  # how long a message is repeated


class Journal:
    """One hospital. Its control numbers start at `first_control`."""

    def __init__(
        self,
        me: Organisation,
        system: PartySystem,
        inbox_port: int,
        feed: AdtFeed,
        first_control: int = 1,
        door: Door | None = None,
    ) -> None:
        self.me = me
        self.system = system
        self.inbox = HttpConnector(system, inbox_port, door)
        self._feed = feed
        self._controls = count(first_control)

    def start(self) -> None:
        """Open the inbox."""
        self.inbox.start()

    def stop(self) -> None:
        """Close the inbox."""
        self.inbox.stop()

    def send(self, trigger: str, stay: Stay) -> str:
        """Send one ADT message until it is acknowledged, and return the code (AA or AE).

        NotAcknowledgedError when the feed's `patience` ends first.
        """
        control = f"S{next(self._controls):06d}"
        body = write_adt(
            AdtMessage(trigger=trigger, control=control, at=_now(), stay=stay), self.me
        )
        self._note(EntryKind.SENT, trigger, control)
        code = self._repeat_until_acknowledged(trigger, control, body)
        if self.system.faults.occurs("send_twice"):
            self._note(EntryKind.REPEATED, trigger, control)
            code = self._repeat_until_acknowledged(trigger, control, body)
        return code

    def send_fhir(self, event: str, stay: Stay) -> str:
        """Send a FHIR message about a stay to the door, and return its content id."""
        return self.system.send(event, f"{self.me.hsa}/{stay.visit}", stay.person, (), stay=stay)

    def _repeat_until_acknowledged(self, trigger: str, control: str, body: bytes) -> str:
        """Send the same bytes again after every failure and after AR, as HL7 v2 requires."""
        deadline = time.monotonic() + self._feed.patience
        while time.monotonic() < deadline:
            code = self._acknowledgement(control, body)
            if code in ("AA", "AE"):
                self._note(EntryKind.NOTED, "acknowledgement", control, code)
                return code
            time.sleep(0.3)
            self._note(EntryKind.REPEATED, trigger, control)
        raise NotAcknowledgedError(control)

    def _acknowledgement(self, control: str, body: bytes) -> str:
        try:
            return acknowledgement_code(_exchange(self._feed, body), control)
        except (OSError, ValueError):
            return ""

    def _note(self, kind: EntryKind, event: str, control: str, code: str = "") -> None:
        self.system.traffic.note(kind, event, control, envelope_id=control, code=code)


def _exchange(feed: AdtFeed, body: bytes) -> bytes:
    """Send one MLLP frame and return the answer. OSError or ValueError when there is no frame."""
    with socket.create_connection((feed.host, feed.port), feed.timeout) as wire:
        wire.sendall(_START + body + _END)
        answer = b""
        while not answer.endswith(_END):
            part = wire.recv(65536)
            if not part or len(answer) > _LARGEST:
                raise ValueError("the answer is no frame")
            answer += part
    return answer.removeprefix(_START).removesuffix(_END)


def _now() -> datetime:
    return datetime.now(UTC)
