"""Whole runs: a short run is clean, and each of five sabotages is detected."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chaos import report
from chaos.faults import ALL
from chaos.plan import Plan
from chaos.run import run
from chaos.sabotage import SABOTAGES, SEEN_AS
from chaos.servers import Servers
from tests.kit.places import ROOT
from tests.kit.servers import PostgreSQL, RabbitMQ

pytestmark = pytest.mark.servers
SECONDS = 20
LAST = re.compile(
    r"messages=(\d+) faults=(\d+) kinds=(\d+) lost=(\d+) doubled=(\d+) misordered=(\d+) "
    r"misdelivered=(\d+) unreceipted=(\d+) recovery_s=(\d+\.\d)"
)


def made_by_the_rig(report_text: str) -> dict[str, int]:
    """The faults in a report that the rig made, without the parties' manners."""
    [line] = [line for line in report_text.splitlines() if line.startswith("faults: ")]
    pairs = (fault.rpartition(" ") for fault in line.removeprefix("faults: ").split(", "))
    kinds = {fault.kind for fault in ALL}
    return {kind: int(number) for kind, _, number in pairs if kind in kinds}


@pytest.mark.timeout(600)  # takes minutes on a loaded machine
def test_under_fire_nothing_is_lost_doubled_misordered_misdelivered_or_unreceipted(
    tmp_path: Path,
) -> None:
    options = ["--seconds", str(SECONDS), "--seed", "test", "--folder", str(tmp_path)]
    command = [sys.executable, "-m", "chaos", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    figures = LAST.fullmatch(done.stdout.splitlines()[-1])
    assert figures, done.stdout + done.stderr
    messages, faults, kinds, *problems = (int(figure) for figure in figures.groups()[:-1])
    assert problems == [0, 0, 0, 0, 0], done.stdout
    assert done.returncode == 0, done.stdout
    assert messages >= 5 * SECONDS
    assert faults >= 10
    assert kinds >= 5
    made = made_by_the_rig(done.stdout)
    assert sum(made.values()) >= 4, made
    assert len(made) >= 3, made
    assert "| messages |" in (tmp_path / "figures.md").read_text()


@pytest.mark.timeout(1200)  # takes minutes on a loaded machine
@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_sabotaged_adapter_is_detected(
    sabotage: str, rabbitmq: RabbitMQ, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as thread:
        servers = Servers(rabbitmq, postgresql, (thread, thread), host=rabbitmq.fresh())
        plan = Plan(seconds=290, seed="test", folder=tmp_path, sabotage=sabotage)
        result = run(plan, servers, postgresql.fresh())
    assert not result.clean
    assert result.verdict.count(SEEN_AS[sabotage]) > 0, list(report.lines(result))
    assert not result.mishaps


def test_an_unknown_sabotage_is_wrong_use(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chaos", "--sabotage", "kindness", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"invalid choice" in done.stderr
