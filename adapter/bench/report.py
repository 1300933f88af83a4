"""The figures as JSON for scripts, and as rows with budgets for people."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from adapter.bench.adt_feed import AdtFeed
from adapter.bench.drain import Drain, Memory
from adapter.bench.latency import Latency, SlowPartner
from adapter.bench.measurement_setup import Sizes
from adapter.bench.throughput import Throughput

FLAT = 1.2  # memory is flat when it grows at most by this factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine of the measurements."""

    cores: int
    memory_mb: int
    python: str
    postgresql: str


@dataclass(slots=True, kw_only=True)
class Report:
    """Each part is None until it is measured."""

    at: datetime
    machine: Machine
    sizes: Sizes
    throughput: Throughput | None = None
    latency_ms: Latency | None = None
    adt_feed: AdtFeed | None = None
    drain: Drain | None = None
    memory_mb: Memory | None = None
    queries_ms: Mapping[str, float] | None = None
    slow_partner: SlowPartner | None = None
    broke: dict[str, str] = field(default_factory=dict)  # why a measurement failed, by its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `met` is "" where there is no budget."""

    what: str
    value: str
    budget: str = ""
    met: str = ""


def machine(postgresql: str) -> Machine:
    """Return the description of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_mb=memory // (1024 * 1024),
        python=platform.python_version(),
        postgresql=postgresql,
    )


def as_json(report: Report) -> dict[str, Any]:
    """Return the object of `--json`: rounded figures, without parts that were not measured.

    JSON has no NaN (RFC 8259, section 6): a figure without any value is null.
    """
    parts = asdict(report) | {"at": report.at.isoformat(timespec="seconds")}
    return {name: _rounded(value) for name, value in parts.items() if value is not None}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def rows(report: Report) -> Iterator[Row]:
    """Yield the rows of the table."""
    if report.throughput is not None:
        yield from _throughput(report.throughput)
    if report.latency_ms is not None:
        yield from _latency(report.latency_ms, report.sizes)
    if report.adt_feed is not None:
        yield from _adt_feed(report.adt_feed, report.sizes)
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


def _throughput(figures: Throughput) -> Iterator[Row]:
    yield Row(what="throughput: journeys/s", value=f"{figures.journeys_per_s:.0f}")
    yield Row(
        what="throughput: processors busy, of them the workers'",
        value=f"{figures.machine:.2f}, {figures.cores:.2f}",
    )
    if figures.naive_per_s is None or figures.ratio is None:
        yield Row(what="throughput: naive pipeline", value="not here: it is only in a checkout")
        return
    yield Row(what="throughput: naive pipeline, messages/s", value=f"{figures.naive_per_s:.0f}")
    yield Row(
        what="throughput: ratio",
        value=f"{figures.ratio:.2f}",
        budget="at least 1.00",
        met=_yes(figures.ratio >= 1),
    )


def _latency(figures: Latency, sizes: Sizes) -> Iterator[Row]:
    at = f"at {sizes.rate:.0f} messages/s"
    yield Row(what=f"latency {at}: p50", value=f"{figures.p50:.0f} ms")
    yield _budgeted(f"latency {at}: p99", figures.p99, 200)
    yield Row(what=f"until the receipt {at}: p50", value=f"{figures.receipt_p50:.0f} ms")
    yield Row(what=f"until the receipt {at}: p99", value=f"{figures.receipt_p99:.0f} ms")


def _adt_feed(figures: AdtFeed, sizes: Sizes) -> Iterator[Row]:
    yield Row(what="ADT feed: messages/s", value=f"{figures.messages_per_s:.0f}")
    at = f"ADT feed at {sizes.rate:.0f} messages/s"
    yield Row(what=f"{at}: acknowledged, p50", value=f"{figures.ack_p50_ms:.0f} ms")
    yield Row(what=f"{at}: acknowledged, p99", value=f"{figures.ack_p99_ms:.0f} ms")
    yield Row(what=f"{at}: admission notice, p50", value=f"{figures.notice_p50_ms:.0f} ms")
    yield Row(what=f"{at}: admission notice, p99", value=f"{figures.notice_p99_ms:.0f} ms")
    yield from _memory(f"{at}: memory of the worker", figures.memory_mb)
    fed, purged = figures.unshared_stays_per_s, figures.purged_stays_per_s
    yield Row(
        what="ADT feed: stays purged/s",
        value=f"{purged:.0f}",
        budget=f"at least {fed:.0f}, as they come",
        met=_yes(purged >= fed),
    )


def _drain(figures: Drain, memory: Memory) -> Iterator[Row]:
    what = f"drain of {figures.messages:,}: messages/s"
    yield Row(what=what, value=f"{figures.messages_per_s:.0f}")
    yield from _memory("memory of the largest worker", memory)


def _memory(of: str, memory: Memory) -> Iterator[Row]:
    yield Row(
        what=f"{of}: early, at the end",
        value=f"{memory.after_tenth:.0f} MB, {memory.at_end:.0f} MB",
        budget=f"grows at most to {FLAT:.2f} times",
        met=_yes(memory.at_end <= FLAT * memory.after_tenth),
    )
    yield Row(what=f"{of}: peak", value=f"{memory.peak:.0f} MB")


def _slow(figures: SlowPartner) -> Iterator[Row]:
    label = f"one of {figures.partners} answers after {figures.answers_after_s:.0f} s"
    yield Row(what=f"{label}: p50 of the others", value=f"{figures.others_p50_ms:.0f} ms")
    yield _budgeted(f"{label}: p99 of the others", figures.others_p99_ms, 200)
    late = figures.others_late
    yield Row(what=f"{label}: late ones", value=str(late), budget="0", met=_yes(late == 0))


def _budgeted(what: str, value: float, most: float) -> Row:
    return Row(what=what, value=f"{value:.0f} ms", budget=f"{most:.0f} ms", met=_yes(value < most))


def _yes(met: object) -> str:
    return "yes" if met else "NO"
