"""Published material beside the checkout, in ../shared/data. Without it tests are skipped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.kit.places import SHARED

ABSENT = "../shared/data is not beside the checkout"


def shared_files(pattern: str, count: int) -> list[Any]:
    """Return the files for `parametrize`, sorted; without the folder, `count` skipped ones.

    `count` is how many files there are, so that a run without the folder reports each test.
    """
    return some_of(sorted(SHARED.glob(pattern)), count)


def some_of(files: Iterable[Path], count: int) -> list[Any]:
    """Return these files; without the folder, `count` skipped ones."""
    skipped = pytest.mark.skip(reason=ABSENT)
    absent = [pytest.param(SHARED / f"absent-{n}", marks=skipped) for n in range(count)]
    return [*files] if SHARED.is_dir() else absent


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the end how many tests this machine did not run for want of the folder."""
    reports = terminalreporter.stats.get("skipped", ())
    count = sum(ABSENT in str(report.longrepr) for report in reports)
    if count:
        terminalreporter.write_line(f"{count} tests skipped: {ABSENT}", yellow=True)
