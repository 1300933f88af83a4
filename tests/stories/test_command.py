"""`python -m stories`: what its exit code and its report say."""

from __future__ import annotations

import pytest

from stories import report
from stories.__main__ import main
from stories.judging.evidence import Finding
from stories.run import Found, Result


def _result() -> Result:
    finding = Finding(count="stale", cause="differs in needs", law="2:4", detail="lulea")
    found = Found(story="SEED=x ONLY=3", plot="ordinary", finding=finding)
    return Result(seed="x", stories=4, findings=[found])


def test_a_run_without_stories_proves_nothing() -> None:
    assert not Result(seed="x").clean
    assert "no story was played: the run proves nothing" in list(report.lines(Result(seed="x")))


def test_the_report_groups_findings_by_cause_and_says_how_to_play_one_again() -> None:
    lines = list(report.lines(_result()))
    assert "stale: 1 x differs in needs  [2:4]  (ordinary 1)" in lines
    assert any("make stories SEED=x ONLY=3" in line for line in lines)
    assert "stale=1" in lines[-1]


def test_an_unknown_sabotage_is_a_wrong_command() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--sabotage", "unknown"])
    assert ended.value.code == 2
