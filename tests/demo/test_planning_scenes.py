"""The dates of the demo's planning are ones on which people meet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from adapter.demo.planning_scenes import workday

MONDAY = date(2027, 1, 11)


@pytest.mark.parametrize("later", range(5))
def test_a_day_of_work_is_kept(later: int) -> None:
    assert workday(MONDAY + timedelta(days=later)) == MONDAY + timedelta(days=later)


@pytest.mark.parametrize("later", [5, 6])
def test_a_weekend_gives_the_monday_after_it(later: int) -> None:
    assert workday(MONDAY + timedelta(days=later)) == MONDAY + timedelta(days=7)
