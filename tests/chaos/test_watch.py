"""A run ends when nothing more can come, not as soon as all counts are zero."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.judge import judge
from chaos.ledger import Line
from chaos.plan import CALM, Plan
from chaos.run import Watch, is_detected
from tests.kit.ledger_lines import got, receipted, sent

WELL = [sent(1, 1), receipted(1, 2), got(1, 3)]
COPY = got(1, 9)


def watch(tmp_path: Path, seconds: float = 40, sabotage: str = "") -> Watch:
    """The watch of a run whose load ended at second 0."""
    return Watch(Plan(seconds=seconds, seed="s", folder=tmp_path, sabotage=sabotage), 0)


def ends(watched: Watch, lines: list[Line]) -> int:
    """The second at which the watch ends, with these lines in the ledger."""
    return next(now for now in range(1, 2000) if watched.over(lines, now))


@pytest.mark.parametrize("seconds", [40, 600])
def test_a_run_does_not_end_while_a_claim_may_be_open(seconds: float, tmp_path: Path) -> None:
    watched = watch(tmp_path, seconds)
    longest = Plan(seconds=seconds, seed="s", folder=tmp_path).longest
    assert longest <= ends(watched, WELL) <= longest + 1


def test_every_arrival_restarts_the_quiet_time(tmp_path: Path) -> None:
    watched = watch(tmp_path)
    assert not any(watched.over(WELL, now) for now in range(16))
    assert not watched.over([*WELL, COPY], 16)
    assert 16 + CALM <= ends(watched, [*WELL, COPY]) <= 17 + CALM


def test_a_missing_message_is_given_up_after_the_quiet_time(tmp_path: Path) -> None:
    plan = Plan(seconds=40, seed="s", folder=tmp_path)
    assert plan.quiet <= ends(watch(tmp_path), WELL[:2]) <= plan.quiet + 1


def test_a_detected_sabotage_ends_the_run_at_once(tmp_path: Path) -> None:
    watched = watch(tmp_path, sabotage="no-dedupe")
    assert watched.over([*WELL, got(1, 4, envelope="x")], 1)


def test_a_late_message_does_not_end_the_search_for_another_sabotage() -> None:
    missing: dict[str, float] = {}
    late, doubled = WELL[:2], [*WELL, got(1, 4, envelope="x")]
    for sought, is_seen in (("lost", True), ("doubled", False)):
        assert not is_detected(sought, judge(late), missing, 0)
        assert is_detected(sought, judge(late), missing, 60) is is_seen
    assert is_detected("doubled", judge(doubled), missing, 61)


def test_a_short_run_ends_within_half_a_minute_of_its_load(tmp_path: Path) -> None:
    assert Plan(seconds=40, seed="s", folder=tmp_path).longest + CALM < 30
