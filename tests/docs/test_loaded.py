"""`make test-loaded` is busy beside the tests, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.waiting import wait_for
from tools import loaded

pytestmark = pytest.mark.waits


def lives(process: int) -> bool:
    """Whether a process is there, and is not one that has ended and is not yet reaped."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_four_processes_are_busy_beside_the_tests_and_end_with_them() -> None:
    with loaded.busy() as ids:
        assert [lives(each) for each in ids] == [True] * 4
    assert not any(map(lives, ids))


def test_the_exit_code_is_that_of_the_command() -> None:
    assert loaded.run([sys.executable, "-c", "raise SystemExit(3)"]) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_busy_process_outlives_a_run_that_is_ended(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tools.loaded", sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stderr is not None
        ids = [int(each) for each in run.stderr.readline().split(b":")[1].split(b",")]
        os.kill(run.pid, number)
        run.wait()
    wait_for("end of the busy processes", lambda: not any(map(lives, ids)))
