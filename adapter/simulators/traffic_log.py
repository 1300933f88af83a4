"""Every copy that a party received or sent: the evidence that nothing was lost or done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """What happened to a copy."""

    APPLIED = "applied"  # received, and changed something at the party
    COPY = "copy"  # received again, and changed nothing
    REFUSED = "refused"  # received, and answered with an error receipt
    NOTED = "noted"  # a receipt was received
    SENT = "sent"
    REPEATED = "repeated"  # sent once more
    MARKED = "marked"  # a message that its sender recalled: kept, and marked as recalled
    LOST = "lost"  # a receipt that was due and never sent


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficEntry:
    """One entry. It has no names, personal numbers or texts of persons."""

    kind: EntryKind
    event: str
    content_id: str
    envelope_id: str = ""
    case: str = ""
    about: str = ""  # the content id that a receipt or an answer is about
    code: str = ""  # the code of a receipt or an answer
    delivery: str = ""  # the adapter's x-delivery-id


class TrafficLog:
    """The entries of one party. Any thread may add entries and wait for them."""

    def __init__(self, party: str) -> None:
        self.party = party
        self._entries: list[TrafficEntry] = []
        self._changed = threading.Condition()

    def note(self, kind: EntryKind, event: str, content_id: str, **ids: str) -> None:
        """Add an entry; `ids` are fields of TrafficEntry."""
        entry = TrafficEntry(kind=kind, event=event, content_id=content_id, **ids)
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()

    def entries(self) -> tuple[TrafficEntry, ...]:
        """Return every entry so far, oldest first."""
        with self._changed:
            return tuple(self._entries)

    def wait(self, enough: Callable[[Sequence[TrafficEntry]], bool], seconds: float) -> bool:
        """Wait until `enough` is true of the entries. False when `seconds` passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: enough(self._entries), seconds)


def has(
    kind: EntryKind, event: str, times: int = 1, **ids: str
) -> Callable[[Sequence[TrafficEntry]], bool]:
    """Return a condition for `TrafficLog.wait`: at least `times` entries with these fields."""

    def enough(entries: Sequence[TrafficEntry]) -> bool:
        return sum(_matches(e, kind, event, ids) for e in entries) >= times

    return enough


def _matches(entry: TrafficEntry, kind: EntryKind, event: str, ids: dict[str, str]) -> bool:
    same = all(getattr(entry, name) == value for name, value in ids.items())
    return entry.kind is kind and entry.event == event and same
