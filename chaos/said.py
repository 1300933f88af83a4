"""What the adapter said of each fault: found in its log lines and its history, and only told.

Whether all is well the judge says, who reads neither. A person who looks for what happened has
nothing else to look in.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa

from adapter.store import Store
from adapter.store.tables import history
from chaos.ledger import Line, Saw

Words: TypeAlias = Mapping[str, Sequence[float]]  # when each was said, in order
AFTER = 30.0  # seconds from the mending of a fault in which something is said of it
HISTORY = "history.jsonl"
_NAMING = ("what", "code", "finding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A fault of the rig, from its beginning to its mending, in seconds of Unix time."""

    kind: str
    begun: float
    mended: float


def spans(lines: Iterable[Line]) -> Iterator[Span]:
    """The faults of a ledger that took place and were mended."""
    begun: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        if line.what is Saw.FAULT and line.who == "rig":
            begun[line.kind].append(line.at)
        elif line.what is Saw.HEALED and begun[line.kind]:
            at = begun[line.kind].pop(0)
            if not line.detail:  # why it did not take place
                yield Span(kind=line.kind, begun=at, mended=line.at)


def named(
    found: Iterable[Span], words: Words, promised: Mapping[str, Iterable[str]]
) -> Counter[str]:
    """Of each kind, of how many faults something that is promised was said in time."""
    told: Counter[str] = Counter()
    for span in found:
        told[span.kind] += any(_said(words.get(word, ()), span) for word in promised[span.kind])
    return told


def _said(times: Sequence[float], span: Span) -> bool:
    first = bisect_left(times, span.begun)
    return first < len(times) and times[first] <= span.mended + AFTER


def words(folder: Path) -> Words:
    """Everything that the adapter's processes logged in a run, and its history."""
    said: dict[str, list[float]] = defaultdict(list)
    for path in (*folder.glob("worker-*.log"), *folder.glob("web-*.log"), folder / HISTORY):
        for line in _objects(path):
            for word in filter(None, (line.get(key) for key in _NAMING)):
                said[word].append(datetime.fromisoformat(line["at"]).timestamp())
    return {word: sorted(times) for word, times in said.items()}


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """A process that is killed leaves half a line."""
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        with suppress(ValueError):
            yield json.loads(text)


def keep_history(store_url: str, folder: Path) -> None:
    """Write the history beside the logs: the store goes with the run."""
    lines = sa.select(history.c.at, history.c.what).order_by(history.c.seq)
    with closing(Store(store_url, most=1)) as store, store.read() as tx:
        found = [json.dumps({"at": at.isoformat(), "what": what}) for at, what in tx.execute(lines)]
    (folder / HISTORY).write_text("".join(f"{line}\n" for line in found), encoding="utf-8")
