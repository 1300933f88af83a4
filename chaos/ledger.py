"""What the parties saw, one JSON object a line, in the order in which they saw it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Saw(StrEnum):
    """What a line says."""

    SENT = "sent"  # by a party, about to leave; again for every copy
    GOT = "got"  # by a party, before it answers; again for every copy
    REFUSED = "refused"  # by a party, before it says so: it has not taken this, and never will
    RECEIPTED = "receipted"  # the sender holds the adapter's receipt
    REPORTED = "reported"  # the sender holds a delivery report
    MOVED = "moved"  # from now on `who` stands in for `to`
    FAULT = "fault"  # the rig broke something; `kind` says what
    HEALED = "healed"  # and mended it
    DIED = "died"  # a process ended that nobody had killed
    ENDED = "ended"  # no new messages from here on


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened. Ids are as they stood in the message."""

    what: Saw
    who: str = "rig"
    at: float = 0.0  # seconds, Unix time; 0 until it is written
    content: str = ""
    envelope: str = ""
    case: str = ""
    number: int = 0  # the message's place in its case
    to: tuple[str, ...] = ()  # the endpoints addressed; of a report: who was not reached
    code: str = ""  # of a receipt
    asked: str = ""  # of a receipt that answers a request: the content id of that
    burst: int = 0  # messages of one burst left one after the other on one connection
    poison: bool = False  # nobody can read it: the adapter must give up on it, and only on it
    kind: str = ""  # of a fault
    detail: str = ""


class Ledger:
    """Appends lines to a file; many threads may write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, line: Line) -> None:
        """Note a line with the time of now, and let it reach the file before returning."""
        with self._lock:
            self._file.write(dump(line, time.time()) + "\n")
            self._file.flush()

    def close(self) -> None:
        """No more lines."""
        self._file.close()


def dump(line: Line, at: float) -> str:
    """A line as text; what is empty is left out."""
    found = {name: value for name, value in asdict(line).items() if value}
    return json.dumps(found | {"at": round(at, 4)})


def read(path: Path) -> Iterator[Line]:
    """The lines of a ledger; a last one that is half written is not there yet."""
    with path.open(encoding="utf-8") as file:
        yield from parse(file)


def parse(texts: Iterable[str]) -> Iterator[Line]:
    """Lines from their text."""
    for text in texts:
        if text.endswith("\n"):
            yield _line(json.loads(text))


def _line(found: dict[str, Any]) -> Line:
    values = found | {"what": Saw(found["what"]), "to": tuple(found.get("to", ()))}
    return Line(**values)
