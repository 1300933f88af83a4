"""What was measured: as JSON for scripts, as rows for people, each beside its budget."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from adapter.bench.arena import Sizes
from adapter.bench.drain import Drain, Memory
from adapter.bench.journeys import Throughput
from adapter.bench.latency import Latency, SlowPartner

FLAT = 1.2  # memory is flat when at the end it is at most this much of what it was early


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What it was measured on."""

    cores: int
    memory_mb: int
    python: str
    postgresql: str


@dataclass(slots=True, kw_only=True)
class Report:
    """Each part is None until it is measured, and stays so when it was not asked for."""

    at: datetime
    machine: Machine
    sizes: Sizes
    throughput: Throughput | None = None
    latency_ms: Latency | None = None
    drain: Drain | None = None
    memory_mb: Memory | None = None
    queries_ms: Mapping[str, float] | None = None
    slow_partner: SlowPartner | None = None
    broke: dict[str, str] = field(default_factory=dict)  # what could not be measured, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure; `met` is "" where there is no budget."""

    what: str
    value: str
    budget: str = ""
    met: str = ""


def machine(postgresql: str) -> Machine:
    """This one."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_mb=memory // (1024 * 1024),
        python=platform.python_version(),
        postgresql=postgresql,
    )


def as_json(report: Report) -> dict[str, Any]:
    """The object of `--json`: figures rounded, parts that were not measured left out.

    JSON has no NaN (RFC 8259, section 6): a figure that nothing came for is null.
    """
    found = asdict(report) | {"at": report.at.isoformat(timespec="seconds")}
    return {name: _rounded(value) for name, value in found.items() if value is not None}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def rows(report: Report) -> Iterator[Row]:
    """The table."""
    if report.throughput is not None:
        yield from _throughput(report.throughput)
    if report.latency_ms is not None:
        yield from _latency(report.latency_ms, report.sizes)
    if report.drain is not None and report.memory_mb is not None:
        yield from _drain(report.drain, report.memory_mb)
    if report.slow_partner is not None:
        yield from _slow(report.slow_partner)
    for name, value in (report.queries_ms or {}).items():
        what = f"query: {name}, {report.sizes.stored:,} messages stored"
        yield _budgeted(what, value, 200)
    for name, why in report.broke.items():
        yield Row(
            what=f"{name}: not measured, or not all of it", value=why.partition("\n")[0], met="NO"
        )


def _throughput(found: Throughput) -> Iterator[Row]:
    yield Row(what="throughput: journeys/s", value=f"{found.journeys_per_s:.0f}")
    yield Row(
        what="throughput: processors busy, of them the workers'",
        value=f"{found.machine:.2f}, {found.cores:.2f}",
    )
    if found.naive_per_s is None or found.ratio is None:
        yield Row(what="throughput: naive pipeline", value="not here: it is only in a checkout")
        return
    yield Row(what="throughput: naive pipeline, messages/s", value=f"{found.naive_per_s:.0f}")
    yield Row(
        what="throughput: ratio",
        value=f"{found.ratio:.2f}",
        budget="at least 1.00",
        met=_yes(found.ratio >= 1),
    )


def _latency(found: Latency, sizes: Sizes) -> Iterator[Row]:
    at = f"at {sizes.rate:.0f} messages/s"
    yield Row(what=f"latency {at}: p50", value=f"{found.p50:.0f} ms")
    yield _budgeted(f"latency {at}: p99", found.p99, 200)
    yield Row(what=f"until the receipt {at}: p50", value=f"{found.receipt_p50:.0f} ms")
    yield Row(what=f"until the receipt {at}: p99", value=f"{found.receipt_p99:.0f} ms")


def _drain(found: Drain, memory: Memory) -> Iterator[Row]:
    what = f"drain of {found.messages:,}: messages/s"
    yield Row(what=what, value=f"{found.messages_per_s:.0f}")
    yield Row(
        what="memory of the largest worker: early, at the end",
        value=f"{memory.after_tenth:.0f} MB, {memory.at_end:.0f} MB",
        budget=f"grows at most to {FLAT:.2f} times",
        met=_yes(memory.at_end <= FLAT * memory.after_tenth),
    )
    yield Row(what="memory of the largest worker: peak", value=f"{memory.peak:.0f} MB")


def _slow(found: SlowPartner) -> Iterator[Row]:
    of = f"one of {found.partners} answers after {found.answers_after_s:.0f} s"
    yield Row(what=f"{of}: p50 of the others", value=f"{found.others_p50_ms:.0f} ms")
    yield _budgeted(f"{of}: p99 of the others", found.others_p99_ms, 200)
    late = found.others_late
    yield Row(what=f"{of}: late ones", value=str(late), budget="0", met=_yes(late == 0))


def _budgeted(what: str, value: float, most: float) -> Row:
    return Row(what=what, value=f"{value:.0f} ms", budget=f"{most:.0f} ms", met=_yes(value < most))


def _yes(met: object) -> str:
    return "yes" if met else "NO"
