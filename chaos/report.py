"""What a run came to, for people; the last line for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chaos.run import NAMES, Result

_SHOWN = 12  # problems of each name


def lines(result: Result) -> Iterator[str]:
    """The report."""
    verdict = result.verdict
    yield f"faults: {_counts(result.faults)}"
    for kind in result.left_out:
        yield f"left out: {kind}, which needs root, for a small disk of its own"
    yield f"ends of processes: {_counts(result.deaths)}"
    yield (
        f"copies with the same ids: {verdict.copies}; reported to their senders: "
        f"{verdict.reported}; poisoned: {verdict.poisoned}; "
        f"settled {result.settled:.1f} s after the end of the load"
    )
    for name in NAMES:
        for problem in verdict.problems[name][:_SHOWN]:
            yield f"{name}: {problem}"
    for mishap in result.mishaps:
        yield f"the rig itself failed: {mishap}"
    yield last(result)


def last(result: Result) -> str:
    """One line: figures by name."""
    verdict, found = result.verdict, result.faults
    figures: dict[str, int | str] = {
        "messages": verdict.messages,
        "faults": found.total(),
        "kinds": len(found),
        **{name: verdict.count(name) for name in NAMES},
        "recovery_s": f"{result.recovery:.1f}",
    }
    return " ".join(f"{name}={value}" for name, value in figures.items())


def _counts(found: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(found.items())) or "none"
