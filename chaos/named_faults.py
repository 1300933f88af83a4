"""Which faults the adapter named in its log or its history. Reported, but not judged.

The judge reads neither. An operator who looks for the cause of a problem has only these two.
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

Words: TypeAlias = Mapping[str, Sequence[float]]  # the times of each word, in order
AFTER = 30.0  # seconds after the mending of a fault in which the adapter must name it
HISTORY = "history.jsonl"
_NAMING = ("what", "code", "finding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A fault of the rig, from its beginning to its mending, in Unix seconds."""

    kind: str
    begun: float
    mended: float


def spans(lines: Iterable[Line]) -> Iterator[Span]:
    """Yield the faults of a ledger that took place and were mended."""
    begun: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        if line.what is Saw.FAULT and line.who == "rig":
            begun[line.kind].append(line.at)
        elif line.what is Saw.HEALED and begun[line.kind]:
            at = begun[line.kind].pop(0)
            if not line.detail:  # a detail says that it did not take place
                yield Span(kind=line.kind, begun=at, mended=line.at)


def count_named(
    faults: Iterable[Span], words: Words, expected: Mapping[str, Iterable[str]]
) -> Counter[str]:
    """Return, by kind, how many faults have at least one expected word in time."""
    counts: Counter[str] = Counter()
    for span in faults:
        times = (words.get(word, ()) for word in expected[span.kind])
        counts[span.kind] += any(_in_time(of_word, span) for of_word in times)
    return counts


def _in_time(times: Sequence[float], span: Span) -> bool:
    first = bisect_left(times, span.begun)
    return first < len(times) and times[first] <= span.mended + AFTER


def words(folder: Path) -> Words:
    """Return the words of the processes' logs and of the history, each with its times."""
    times: dict[str, list[float]] = defaultdict(list)
    for path in (*folder.glob("worker-*.log"), *folder.glob("web-*.log"), folder / HISTORY):
        for line in _objects(path):
            for word in filter(None, (line.get(key) for key in _NAMING)):
                times[word].append(datetime.fromisoformat(line["at"]).timestamp())
    return {word: sorted(of_word) for word, of_word in times.items()}


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a file; a killed process leaves half a line."""
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        with suppress(ValueError):
            yield json.loads(text)


def keep_history(store_url: str, folder: Path) -> None:
    """Write the history beside the logs: the store is removed after the run."""
    query = sa.select(history.c.at, history.c.what).order_by(history.c.seq)
    with closing(Store(store_url, most=1)) as store, store.read() as tx:
        rows = [json.dumps({"at": at.isoformat(), "what": what}) for at, what in tx.execute(query)]
    (folder / HISTORY).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
