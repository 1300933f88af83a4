"""The ledger: what the parties saw, one JSON object per line, in order."""

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
    """What a line of the ledger says."""

    SENT = "sent"  # by a party, about to leave; again for every copy
    GOT = "got"  # by a party, before it responds; again for every copy
    REFUSED = "refused"  # by a party, before it says so: it does not keep the message
    RECEIPTED = "receipted"  # the sender has the adapter's receipt
    REPORTED = "reported"  # the sender has a delivery report
    MOVED = "moved"  # from now on `who` replaces `to`
    FAULT = "fault"  # the rig broke something; `kind` says what
    HEALED = "healed"  # the rig mended it
    DIED = "died"  # a process ended that the rig had not killed
    ENDED = "ended"  # the load ended: no new messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event of a run. Ids are those of the message."""

    what: Saw
    who: str = "rig"
    at: float = 0.0  # seconds, Unix time; 0 until it is written
    content: str = ""
    envelope: str = ""
    case: str = ""
    number: int = 0  # the message's place in its case
    to: tuple[str, ...] = ()  # the endpoints addressed; of a report: those not reached;
    # of a recall's receipt: those that may have what is recalled
    code: str = ""  # of a receipt
    asked: str = ""  # of a receipt in an HTTP response: the content id of the request
    burst: int = 0  # messages of one burst were sent in order on one connection
    poison: bool = False  # unreadable: the adapter must give up on it, and only on it
    event: str = ""  # of what was sent
    recalls: int = -1  # the number of the message that this one recalls; -1: none
    spared: tuple[str, ...] = ()  # of a recall's receipt: who has not got what is recalled
    kind: str = ""  # of a fault
    detail: str = ""


class Ledger:
    """Appends lines to a file; threads may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, line: Line) -> None:
        """Write a line with the current time; it is in the file when this returns."""
        with self._lock:
            self._file.write(dump(line, time.time()) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def dump(line: Line, at: float) -> str:
    """Return a line as text, without its empty fields."""
    fields = {name: value for name, value in asdict(line).items() if value}
    if line.recalls < 0:
        fields.pop("recalls")
    else:
        fields["recalls"] = line.recalls
    return json.dumps(fields | {"at": round(at, 4)})


def read(path: Path) -> Iterator[Line]:
    """Yield the lines of a ledger, except a last line that is not complete."""
    with path.open(encoding="utf-8") as file:
        yield from parse(file)


def parse(texts: Iterable[str]) -> Iterator[Line]:
    """Parse lines from their text."""
    for text in texts:
        if text.endswith("\n"):
            yield _line(json.loads(text))


def _line(fields: dict[str, Any]) -> Line:
    lists = {name: tuple(fields.get(name, ())) for name in ("to", "spared")}
    values = fields | {"what": Saw(fields["what"])} | lists
    return Line(**values)
