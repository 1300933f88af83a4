"""The report of a run, for people; its last line is for programs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from chaos.named_faults import AFTER
from chaos.run import NAMES, Result

_SHOWN = 12  # problems of each name


def lines(result: Result) -> Iterator[str]:
    """Yield the lines of the report."""
    verdict = result.verdict
    yield f"faults: {_counts(result.faults)}"
    for kind in result.left_out:
        yield f"left out: {kind}; it needs root, to mount a small disk"
    yield f"named by log or history: {_named(result)}"
    yield f"killed at kill points: {_counts(result.kill_points)}"
    yield f"ends of processes: {_counts(result.deaths)}"
    yield (
        f"copies with the same ids: {verdict.copies}; reported to their senders: "
        f"{verdict.reported}; poisoned: {verdict.poisoned}; "
        f"settled {result.settled:.1f} s after the end of the load"
    )
    yield f"sent by event: {_counts(verdict.events)}"
    yield f"ended by a recall before they arrived: {verdict.recalled}"
    for name in NAMES:
        for problem in verdict.problems[name][:_SHOWN]:
            yield f"{name}: {problem}"
    if not verdict.messages:
        yield "no message was seen: the run proves nothing"
    for unmended in result.unmended:
        yield f"the adapter did not recover: {unmended}"
    for mishap in result.mishaps:
        yield f"the rig itself failed: {mishap}"
    yield last(result)


def last(result: Result) -> str:
    """Return the last line: figures by name."""
    verdict, faults = result.verdict, result.faults
    figures: dict[str, int | str] = {
        "messages": verdict.messages,
        "faults": faults.total(),
        "kinds": len(faults),
        **{name: verdict.count(name) for name in NAMES},
        "recovery_s": f"{result.recovery:.1f}",
    }
    return " ".join(f"{name}={value}" for name, value in figures.items())


def markdown(result: Result) -> str:
    """Return the figures as a table, to be copied into docs/guarantees.md."""
    verdict, plan = result.verdict, result.plan
    rows = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "seed, seconds of load": f"`{_cell(plan.seed)}`, {plan.seconds:.0f}",
        "machine": _machine(),
        "messages": f"{verdict.messages:,}",
        ", ".join(NAMES): ", ".join(f"{verdict.count(name)}" for name in NAMES),
        "copies with the same id": f"{verdict.copies:,}",
        "refused by a receiver, and so reported to their senders": f"{verdict.reported:,}",
        "longest recovery": f"{result.recovery:.1f} s",
        f"{result.faults.total():,} faults, {len(result.faults)} kinds": _counts(result.faults),
        f"the rig's own, named by log or history within {AFTER:.0f} s of their mending": (
            _named(result)
        ),
        "killed at kill points": _counts(result.kill_points),
        "ends of processes": _counts(result.deaths),
    }
    return "".join(["| | |\n|---|---|\n", *(f"| {name} | {rows[name]} |\n" for name in rows)])


def _cell(text: str) -> str:
    """Return text that is safe in a table cell."""
    return " ".join(text.split()).replace("|", r"\|")


def _machine() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{os.cpu_count()} cores, {pages * size / 2**30:.0f} GB; load {os.getloadavg()[2]:.1f}"


def _named(result: Result) -> str:
    kinds = sorted(result.broken.items())
    return ", ".join(f"{kind} {result.named[kind]} of {count}" for kind, count in kinds) or "none"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items())) or "none"
