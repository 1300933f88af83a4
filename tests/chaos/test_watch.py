"""A run ends when nothing more can come, not at the first look at which all is well."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.ledger import Line
from chaos.plan import CALM, Plan
from chaos.run import Watch
from tests.kit.ledger_lines import got, receipted, sent

WELL = [sent(1, 1), receipted(1, 2), got(1, 3)]
COPY = got(1, 9)


def watch(tmp_path: Path, seconds: float = 40, sabotage: str = "") -> Watch:
    """Of a run whose load ended at 0."""
    return Watch(Plan(seconds=seconds, seed="s", folder=tmp_path, sabotage=sabotage), 0)


def ends(watched: Watch, lines: list[Line]) -> int:
    """The second at which it is over, while the ledger says this."""
    return next(now for now in range(1, 2000) if watched.over(lines, now))


@pytest.mark.parametrize("seconds", [40, 600])
def test_that_all_is_well_ends_nothing_while_a_claim_may_be_open(
    seconds: float, tmp_path: Path
) -> None:
    watched = watch(tmp_path, seconds)
    longest = Plan(seconds=seconds, seed="s", folder=tmp_path).longest
    assert longest <= ends(watched, WELL) <= longest + 1


def test_whatever_arrives_begins_the_quiet_anew(tmp_path: Path) -> None:
    watched = watch(tmp_path)
    assert not any(watched.over(WELL, now) for now in range(16))
    assert not watched.over([*WELL, COPY], 16)
    assert 16 + CALM <= ends(watched, [*WELL, COPY]) <= 17 + CALM


def test_what_stays_open_is_given_up_in_the_end(tmp_path: Path) -> None:
    plan = Plan(seconds=40, seed="s", folder=tmp_path)
    assert plan.quiet <= ends(watch(tmp_path), WELL[:2]) <= plan.quiet + 1


def test_a_sabotage_that_has_come_to_light_needs_no_quiet(tmp_path: Path) -> None:
    watched = watch(tmp_path, sabotage="no-dedupe")
    assert watched.over([*WELL, got(1, 4, envelope="x")], 1)


def test_a_short_run_ends_within_half_a_minute_of_its_load(tmp_path: Path) -> None:
    assert Plan(seconds=40, seed="s", folder=tmp_path).longest + CALM < 30
