"""The report at the end of a run: a line for programs, and a table for docs/guarantees.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from chaos import report
from chaos.judge import judge
from chaos.plan import Plan
from chaos.run import Result
from tests.kit.ledger_lines import got, receipted, sent


def result(
    tmp_path: Path, *lines: object, mishaps: tuple[str, ...] = (), seed: str = "7"
) -> Result:
    """A result with these lines in its ledger."""
    return Result(
        plan=Plan(seconds=40, seed=seed, folder=tmp_path),
        verdict=judge(lines),  # type: ignore[arg-type]
        faults=Counter({"broker-killed": 2, "receipt-lost": 3}),
        kill_points=Counter(sent=1),
        deaths=Counter({"exit -9": 1}),
        broken=Counter({"broker-killed": 2, "freeze-worker": 1}),
        named=Counter({"broker-killed": 2}),
        recovery=1.25,
        settled=3,
        left_out=(),
        mishaps=mishaps,
    )


def test_the_last_line_names_every_figure(tmp_path: Path) -> None:
    outcome = result(tmp_path, sent(1, 1), receipted(1, 2))
    assert list(report.lines(outcome))[-1] == (
        "messages=1 faults=5 kinds=2 lost=1 doubled=0 misordered=0 misdelivered=0 "
        "unreceipted=0 recovery_s=1.2"
    )
    assert "lost: lulea C/1" in report.lines(outcome)


def test_it_says_how_many_faults_log_or_history_name(tmp_path: Path) -> None:
    outcome = result(tmp_path, sent(1, 1), receipted(1, 2))
    named = "broker-killed 2 of 2, freeze-worker 0 of 1"
    assert f"named by log or history: {named}" in report.lines(outcome)
    assert f"within 30 s of their mending | {named} |" in report.markdown(outcome)


def test_a_run_is_clean_only_with_all_zeros_and_without_failures_of_the_rig(
    tmp_path: Path,
) -> None:
    well = (sent(1, 1), receipted(1, 2), got(1, 3))
    assert result(tmp_path, *well).clean
    assert not result(tmp_path, *well[:2]).clean
    assert not result(tmp_path, *well, mishaps=("cut: OSError",)).clean


def test_a_run_that_saw_no_message_is_not_clean_and_says_so(tmp_path: Path) -> None:
    outcome = result(tmp_path)
    assert not outcome.clean
    assert "no message was seen: the run proves nothing" in report.lines(outcome)


def test_an_adapter_that_does_not_recover_fails_the_run(tmp_path: Path) -> None:
    outcome = result(tmp_path, sent(1, 1), receipted(1, 2), got(1, 3))
    outcome = replace(outcome, unmended=("broker-killed: no queues",))
    assert not outcome.clean
    assert "the adapter did not recover: broker-killed: no queues" in report.lines(outcome)


def test_a_seed_breaks_no_table(tmp_path: Path) -> None:
    table = report.markdown(result(tmp_path, seed="a|b\nc"))
    assert r"| seed, seconds of load | `a\|b c`, 40 |" in table.splitlines()


def test_the_table_is_ready_to_be_copied(tmp_path: Path) -> None:
    outcome = report.markdown(result(tmp_path, sent(1, 1), receipted(1, 2), got(1, 3), got(1, 4)))
    head, rule, *rows = outcome.splitlines()
    assert (head, rule) == ("| | |", "|---|---|")
    assert all(row.count("|") == 3 for row in rows)
    assert "| copies with the same id | 1 |" in rows
    assert "| 5 faults, 2 kinds | broker-killed 2, receipt-lost 3 |" in rows
    assert "| killed at kill points | sent 1 |" in rows
    assert "| longest recovery | 1.2 s |" in rows
