"""What one party got and gave, copy by copy: the evidence that nothing was lost or done twice."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any


class Fate(StrEnum):
    """What became of one copy."""

    APPLIED = "applied"  # came, and changed something at the party
    COPY = "copy"  # came again, and changed nothing
    REFUSED = "refused"  # came, and was answered `fatal-error`
    NOTED = "noted"  # a receipt came
    SENT = "sent"
    REPEATED = "repeated"  # sent once more
    LOST = "lost"  # a receipt that was due and never left


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line. No names, numbers or texts of persons: words and ids only."""

    number: int  # of this ledger, from 1
    at: datetime
    who: str
    fate: Fate
    event: str
    content_id: str
    envelope_id: str = ""
    case: str = ""
    about: str = ""  # the content id that a receipt or an answer speaks of
    code: str = ""  # what the receipt or the answer says
    delivery: str = ""  # the adapter's x-delivery-id

    @property
    def direction(self) -> str:
        """`in` or `out`."""
        return "out" if self.fate in (Fate.SENT, Fate.REPEATED, Fate.LOST) else "in"


class Ledger:
    """A list that any thread may write and wait on; with a path, also a file of JSON lines."""

    def __init__(self, who: str, path: Path | None = None) -> None:
        self.who = who
        self._path = path
        self._entries: list[Entry] = []
        self._changed = threading.Condition()

    def note(self, fate: Fate, event: str, content_id: str, **ids: str) -> Entry:
        """Add one line; `ids` are fields of Entry."""
        with self._changed:
            entry = Entry(
                number=len(self._entries) + 1,
                at=datetime.now(UTC),
                who=self.who,
                fate=fate,
                event=event,
                content_id=content_id,
                **ids,
            )
            self._entries.append(entry)
            self._write(entry)
            self._changed.notify_all()
        return entry

    def _write(self, entry: Entry) -> None:
        if self._path is not None:
            line = as_json(entry)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def entries(self) -> tuple[Entry, ...]:
        """Every line so far, oldest first."""
        with self._changed:
            return tuple(self._entries)

    def wait(self, enough: Callable[[Sequence[Entry]], bool], seconds: float) -> bool:
        """Wait until the lines are enough; False when the time passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: enough(self._entries), seconds)

    def copies(self) -> int:
        """How many copies came that changed nothing."""
        return sum(e.fate is Fate.COPY for e in self.entries())

    def applied_twice(self) -> list[str]:
        """Content ids that were applied more than once. There should be none."""
        applied = Counter(e.content_id for e in self.entries() if e.fate is Fate.APPLIED)
        return [id_ for id_, times in applied.items() if times > 1]


def as_json(entry: Entry) -> dict[str, Any]:
    """A line as the file has it: `at` in ISO 8601, and the direction written out."""
    return asdict(entry) | {"at": entry.at.isoformat(), "direction": entry.direction}


def has(fate: Fate, event: str, times: int = 1, **ids: str) -> Callable[[Sequence[Entry]], bool]:
    """A condition for `Ledger.wait`: so many lines with this fate, event and fields."""

    def enough(entries: Sequence[Entry]) -> bool:
        return sum(_fits(e, fate, event, ids) for e in entries) >= times

    return enough


def _fits(entry: Entry, fate: Fate, event: str, ids: dict[str, str]) -> bool:
    same = all(getattr(entry, name) == value for name, value in ids.items())
    return entry.fate is fate and entry.event == event and same
