"""The reading log: who has read what and why, and a sample of each month that a person checks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.operate import reading_log
from adapter.store import history
from tests.kit import drafts
from tests.kit.office import Office

READ = ("--bodies", "--reason", "Luleå asks what came", "--who", "Ann")
THIS_MONTH = f"{datetime.now(UTC):%Y-%m}"


def read(office: Office) -> str:
    """Let Ann read the body of a message; return its id."""
    office.region.tells("hospital", drafts.note())
    id_ = str(office.region.messages()[0]["id"])
    office.run("message", id_, *READ)
    return id_


def noted(office: Office, at: datetime, number: int, who: str = "Ann") -> None:
    """Write readings of a time into the history."""
    with office.region.store.begin() as tx:
        for n in range(number):
            history.note(tx, at, "body-read", message=f"m-{n}", who=who, detail="asked for")


def sample(office: Office, month: str, size: int, *more: str) -> Any:
    return office.data("readings", "--month", month, "--sample", size, *more)


def test_a_reading_is_listed_with_its_reader_and_the_reason(office: Office) -> None:
    id_ = read(office)
    [entry] = office.data("readings")["readings"]
    assert (entry["who"], entry["message_id"]) == ("Ann", id_)
    assert (entry["what"], entry["detail"]) == ("body-read", "Luleå asks what came")
    assert "Luleå asks what came" in office.run("readings", "--by", "Ann").stdout


def test_readings_are_listed_newest_first_by_person_and_time(office: Office) -> None:
    noted(office, datetime(2026, 3, 2, tzinfo=UTC), 2)
    noted(office, datetime(2026, 3, 4, tzinfo=UTC), 1, "Bo")
    who = [entry["who"] for entry in office.data("readings")["readings"]]
    assert who == ["Bo", "Ann", "Ann"]
    assert len(office.data("readings", "--by", "Ann", "--limit", 1)["readings"]) == 1
    assert len(office.data("readings", "--since", "2026-03-03")["readings"]) == 1
    nothing = office.run("readings", "--by", "Eva").stdout
    assert nothing == "Nobody has read anything in that time.\n"


def test_a_month_is_a_swedish_one(office: Office) -> None:
    noted(office, datetime(2026, 3, 31, 21, 59, tzinfo=UTC), 1)  # 23:59 in Sweden
    noted(office, datetime(2026, 3, 31, 22, 0, tzinfo=UTC), 1)  # April in Sweden
    noted(office, datetime(2026, 12, 31, 23, 0, tzinfo=UTC), 1)  # next year in Sweden
    assert sample(office, "2026-03", 5)["total"] == 1
    assert sample(office, "2026-04", 5)["total"] == 1
    assert sample(office, "2026-12", 5)["total"] == 0


def test_everybody_sees_the_same_sample(office: Office) -> None:
    noted(office, datetime(2026, 3, 2, tzinfo=UTC), 50)
    first, second = sample(office, "2026-03", 5), sample(office, "2026-03", 5, "--who", "Bo")
    assert first == second
    assert (first["total"], len(first["readings"])) == (50, 5)


def test_whoever_has_checked_a_month_stands_there_with_what_was_found(office: Office) -> None:
    noted(office, datetime(2026, 3, 2, tzinfo=UTC), 30)
    before = office.run("readings", "--month", "2026-03", "--sample", "10").stdout
    assert "10 of 30 readings in 2026-03" in before
    assert "not checked yet" in before
    after = sample(office, "2026-03", 10, "--checked", "each had a reason", "--who", "Bo")
    [check] = after["checks"]
    assert check["who"] == "Bo"
    assert check["detail"] == "2026-03: 10 of 30 readings; each had a reason"
    assert after["total"] == 30, "the check is no reading"
    assert sample(office, "2026-04", 10)["checks"] == []


def test_who_checks_own_readings_is_told_and_it_is_on_record(office: Office) -> None:
    noted(office, datetime(2026, 3, 2, tzinfo=UTC), 3)
    result = office.run("readings", "--month", "2026-03", "--checked", "well", "--who", "Ann")
    assert "3 readings of the sample are your own" in result.stderr
    assert "3 of 3 readings, 3 of them of Ann; well" in result.stdout


def test_a_month_without_readings_can_be_checked_too(office: Office) -> None:
    said = office.run("readings", "--month", THIS_MONTH, "--checked", "none", "--who", "Bo").stdout
    assert f"Nobody read anything in {THIS_MONTH}." in said
    assert "0 of 0 readings; none" in said


@pytest.mark.parametrize(
    "wrong",
    [
        ("--month", "november"),
        ("--month", "2026-13"),
        ("--month", "2026-11-02"),
        ("--month", "2026-11", "--since", "2d"),
        ("--checked", "well"),
        ("--month", "2026-11", "--checked", " "),
    ],
)
def test_wrong_use_is_told_and_changes_nothing(office: Office, wrong: tuple[str, ...]) -> None:
    assert office.run("readings", *wrong).exit_code == 2
    assert office.history("readings-checked") == []


@given(st.sets(st.integers(1, 10**12), max_size=40), st.integers(1, 50))
def test_a_sample_is_of_what_there_is_and_no_larger(numbers: set[int], size: int) -> None:
    found = reading_log.chosen(sorted(numbers), "2026-03", size)
    assert len(found) == len(set(found)) == min(size, len(numbers))
    assert set(found) <= numbers
    assert found == reading_log.chosen(sorted(numbers, reverse=True), "2026-03", size)
