"""`adapter deadlines`: what falls due within 24 hours."""

from __future__ import annotations

from tests.kit import standing
from tests.kit.office import Office


def test_the_command_lists_legal_times_first_and_says_when_one_has_passed(office: Office) -> None:
    standing.nobody_to_tell(office.region)
    result = office.run("deadlines")
    assert result.exit_code == 1, "the region's clock is long past"
    head, row, *_ = result.stdout.splitlines()
    assert head.split()[:2] == ["due", "(Sweden)"]
    assert row.split()[2:5] == ["OVERDUE", "nobody-to-tell", "hospital"]
    [listed] = office.data("deadlines")["legal"]
    assert listed["due_at"] == "2026-03-03T10:00:00.000+01:00"


def test_the_command_says_that_nothing_is_due(office: Office) -> None:
    result = office.run("deadlines")
    assert (result.exit_code, result.stdout) == (0, "Nothing falls due within 24 hours.\n")
