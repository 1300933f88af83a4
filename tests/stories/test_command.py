"""`python -m stories`: what its exit code and its report say."""

from __future__ import annotations

import pytest

from stories import report
from stories.__main__ import main, progress
from stories.judging.evidence import Finding
from stories.run import Found, Result


def _result(sabotage: str = "") -> Result:
    finding = Finding(count="stale", cause="differs in needs", law="2:4", detail="lulea")
    found = Found(story="SEED=x ONLY=3", plot="ordinary", finding=finding)
    return Result(seed="x", stories=4, findings=[found], sabotage=sabotage)


def test_a_run_without_stories_proves_nothing() -> None:
    assert not Result(seed="x").clean
    assert "no story was played: the run proves nothing" in list(report.lines(Result(seed="x")))


def test_the_report_groups_findings_by_cause_and_says_how_to_play_one_again() -> None:
    lines = list(report.lines(_result()))
    assert "stale: 1 x differs in needs  [2:4]  (ordinary 1)" in lines
    assert any("make stories SEED=x ONLY=3" in line for line in lines)
    assert "stale=1" in lines[-1]


def test_a_story_under_a_sabotage_is_played_again_with_it() -> None:
    lines = list(report.lines(_result(sabotage="tell-all")))
    assert any("make stories SEED=x ONLY=3 SABOTAGE=tell-all" in line for line in lines)


def test_the_last_line_of_progress_has_all_stories(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stories.__main__._PAUSE", 0)
    done = progress(4)
    done(Result(seed="x", stories=2))
    monkeypatch.setattr("stories.__main__._PAUSE", 10)
    done(Result(seed="x", stories=3))
    done(Result(seed="x", stories=4))
    assert capsys.readouterr().err == "2 of 4 stories, 0 findings\n4 of 4 stories, 0 findings\n"


def test_an_unknown_sabotage_is_a_wrong_command() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--sabotage", "unknown"])
    assert ended.value.code == 2
