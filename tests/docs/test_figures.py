"""The README sums up the published runs of the rig, whose figures are in docs/guarantees.md."""

from __future__ import annotations

import re

from tests.kit.places import ROOT

FIGURES = re.compile(r"<!-- figures: runs of (\d+) s -->\n(.*?)<!-- /figures -->", re.DOTALL)
SUMMARY = re.compile(
    r"(\d+) published runs of (\d+) s, the latest of ([\d-]+): "
    r"([\d,]+) messages, ([\d,]+) faults of (\d+) kinds, nothing lost, doubled, out of order, "
    r"misdelivered or left without a receipt\."
)


def summary() -> tuple[int | str, ...]:
    """Runs, seconds, date, messages, faults and kinds, as the README has them."""
    found = SUMMARY.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert found, "the README does not sum up the runs"
    runs, seconds, date, *numbers = found.groups()
    return int(runs), int(seconds), date, *map(number, numbers)


def published() -> tuple[int, str]:
    """The seconds of a run, and the tables of all."""
    found = FIGURES.search((ROOT / "docs/guarantees.md").read_text(encoding="utf-8"))
    assert found, "docs/guarantees.md has no figures"
    return int(found[1]), found[2]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_readme_sums_up_the_runs_that_are_published() -> None:
    seconds, tables = published()
    dates = re.findall(r"^\| date \| ([\d-]+) \|$", tables, re.MULTILINE)
    messages = re.findall(r"^\| messages \| ([\d,]+) \|$", tables, re.MULTILINE)
    faults = re.findall(r"^\| ([\d,]+) faults, \d+ kinds \| (.+) \|$", tables, re.MULTILINE)
    kinds = {each.split()[0] for _, told in faults for each in told.split(", ")}
    assert len(dates) == len(messages) == len(faults)
    assert summary() == (
        len(dates),
        seconds,
        max(dates),
        sum(map(number, messages)),
        sum(number(count) for count, _ in faults),
        len(kinds),
    )


def test_no_published_run_has_anything_but_zeros_where_the_readme_says_nothing() -> None:
    _, tables = published()
    counts = re.findall(r"^\| lost, .+ \| (.+) \|$", tables, re.MULTILINE)
    assert len(counts) == summary()[0]
    assert {count for told in counts for count in told.split(", ")} == {"0"}
