"""The report of a run, for people and as JSON; its last line is for programs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict

from stories.judge import COUNTS
from stories.run import Found, Result

_SHOWN = 3  # examples of each cause


def lines(result: Result) -> Iterator[str]:
    """Yield the lines of the report."""
    yield f"stories contained: {_counted(result.ingredients)}"
    for name in COUNTS:
        yield from _of_count(result, name)
    if not result.stories:
        yield "no story was played: the run proves nothing"
    yield (
        f"stories={result.stories} words={result.words} sent={result.arrivals} "
        f"seconds={result.seconds:.1f} seed={result.seed} "
        + " ".join(f"{name}={count}" for name, count in result.counts.items())
    )


def _of_count(result: Result, name: str) -> Iterator[str]:
    sabotage = f" SABOTAGE={result.sabotage}" if result.sabotage else ""
    causes: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for found in result.findings:
        if found.finding.count == name:
            causes[found.finding.cause, found.finding.law].append(found)
    for (cause, law), founds in sorted(causes.items(), key=lambda each: -len(each[1])):
        plots = _counted(Counter(found.plot for found in founds))
        yield f"{name}: {len(founds)} x {cause}  [{law}]  ({plots})"
        for found in founds[:_SHOWN]:
            yield f"    {found.finding.detail}   make stories {found.story}{sabotage}"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items())) or "nothing"


def as_json(result: Result) -> str:
    """Return the whole result as JSON."""
    values = {
        "seed": result.seed,
        "stories": result.stories,
        "words": result.words,
        "sent": result.arrivals,
        "seconds": round(result.seconds, 1),
        "sabotage": result.sabotage,
        "counts": result.counts,
        "ingredients": dict(sorted(result.ingredients.items())),
        "findings": [
            {"story": found.story, "plot": found.plot} | asdict(found.finding)
            for found in result.findings
        ],
    }
    return json.dumps(values, ensure_ascii=False, indent=1)
