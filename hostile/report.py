"""The report of a run: figures with their bounds, for people and as JSON."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from rich.table import Table

from adapter.bench.figures import percentile
from adapter.core.endpoint import Limits
from adapter.core.memory import MEBIBYTE
from hostile.partners import Answer
from hostile.run import Result

MEMORY = Limits().memory / MEBIBYTE
P99 = 500.0  # milliseconds
LIVENESS = 5000.0  # milliseconds
_SLOWEST = 20  # answers in the JSON
STOP = 35.0  # seconds: `stop_within`, and the end of the process after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure. Without `most` it has no bound."""

    what: str
    value: float
    unit: str = ""
    most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether it is within its bound."""
        return self.most is None or self.value <= self.most


def is_clean(result: Result) -> bool:
    """Whether somebody posted, and every bound was kept."""
    return bool(result.answers) and all(row.is_met for row in rows(result))


def rows(result: Result) -> list[Row]:
    """Return every figure, in the order of the table."""
    return [*_process(result), *_partners(result), *_stored(result), *_rig(result)]


def _process(result: Result) -> Iterator[Row]:
    yield Row(what="memory before the attacks", value=result.idle, unit="MiB")
    above = result.peak - result.idle
    yield Row(what="highest memory above that", value=above, unit="MiB", most=MEMORY)
    again = result.deaths + abs(result.starts - 1)
    yield Row(what="deaths and restarts of the adapter", value=again, most=0)
    unanswered = sum(math.isinf(ms) for ms in result.liveness)
    yield Row(what="liveness: not answered", value=unanswered, most=0)
    slowest = max(result.liveness, default=math.inf)
    yield Row(what="liveness: slowest answer", value=slowest, unit="ms", most=LIVENESS)
    yield Row(what="SIGTERM to the end", value=result.stop, unit="s", most=STOP)
    yield Row(what="exit code", value=abs(result.exit_code or 0), most=0)


def _partners(result: Result) -> Iterator[Row]:
    for name in sorted({answer.partner for answer in result.answers}):
        own = [answer for answer in result.answers if answer.partner == name]
        calm = [answer.ms for answer in own if answer.due < result.attacked_at]
        attacked = [answer.ms for answer in own if answer.due >= result.attacked_at]
        yield Row(what=f"{name}: p99 before the attacks", value=percentile(calm, 0.99), unit="ms")
        worst = percentile(attacked, 0.99)
        yield Row(what=f"{name}: p99 under attack", value=worst, unit="ms", most=P99)
        yield Row(what=f"{name}: not answered yes", value=len(refusals(own)), most=0)


def refusals(answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers that are not yes."""
    return [answer for answer in answers if answer.wrong]


def _stored(result: Result) -> Iterator[Row]:
    yes = len(result.answers) - len(refusals(result.answers))
    yield Row(what="messages answered yes", value=yes)
    yield Row(what="of these not in the store", value=len(result.kept.missing), most=0)
    packets = sum(result.attacks.get("start-bytes", {}).values())
    yield Row(what="rows of start blocks", value=result.kept.fragments, most=packets)
    largest = result.kept.largest / MEBIBYTE
    yield Row(what="largest body kept", value=largest, unit="MiB", most=Limits().body / MEBIBYTE)


def _rig(result: Result) -> Iterator[Row]:
    sent = result.attacks.get("bus-messages", {}).get("confirmed", 0)
    left = sent - result.kept.from_the_bus
    yield Row(what="large messages left at the broker", value=left, most=0)
    yield Row(what="attacks that did not end", value=len(result.unended), most=0)


def table(result: Result) -> Table:
    """Return the table of figures."""
    drawn = Table("", "measured", "bound", "")
    for row in rows(result):
        bound = "" if row.most is None else f"{_shown(row.most)} {row.unit}".strip()
        verdict = "" if row.most is None else ("kept" if row.is_met else "MISSED")
        drawn.add_row(row.what, f"{_shown(row.value)} {row.unit}".strip(), bound, verdict)
    return drawn


def lines(result: Result) -> Iterator[str]:
    """Yield what came back to the attackers, and what partners got for a no."""
    yield f"machine: {machine()}"
    for name, counts in result.attacks.items():
        yield f"{name}: {_counted(counts)}"
    for name in result.unended:
        yield f"{name}: failed, or did not end in time"
    wrong = Counter(f"{each.partner} {each.wrong}" for each in refusals(result.answers))
    if wrong:
        yield f"not answered yes: {_counted(wrong)}"


def as_json(result: Result) -> str:
    """Return figures, bounds and what came back. JSON has no infinity: it is null."""
    figures = [asdict(row) | {"met": row.is_met} for row in rows(result)]
    values = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "size": asdict(result.size),
        "figures": [row | {"value": _finite(row["value"])} for row in figures],
        "attacks": result.attacks,
        "slowest": [_slow(result, answer) for answer in slowest(result)],
        "clean": is_clean(result),
    }
    return json.dumps(values, indent=1)


def slowest(result: Result) -> list[Answer]:
    """Return the slowest answers, slowest first."""
    return sorted(result.answers, key=lambda answer: -answer.ms)[:_SLOWEST]


def _slow(result: Result, answer: Answer) -> dict[str, object]:
    after = round(answer.due - result.attacked_at, 1)
    return {"partner": answer.partner, "seconds": after, "ms": round(answer.ms)}


def machine() -> str:
    """Return cores, memory and load averages of this machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{os.cpu_count()} cores, {memory:.0f} GB; load {loads} (1, 5, 15 minutes)"


def _finite(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
