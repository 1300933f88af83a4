"""`adapter rights`: whom today's settings would tell, and sending it by a named person."""

from __future__ import annotations

from tests.kit import standing
from tests.kit.office import CASE, Office


def test_without_a_difference_it_says_so(office: Office) -> None:
    standing.moves(office.region)
    assert office.run("rights").stdout == "0 of 1 cases differ from the settings\n"
    assert office.data("rights") == {"sent": False, "cases": []}


def test_sending_needs_cases_a_name_and_a_reason(office: Office) -> None:
    standing.moves(office.region)
    named = ("rights", "--send", CASE)
    assert office.run("rights", "--send", "--who", "Ann", "--reason", "x").exit_code == 2
    assert office.run(*named, "--reason", "x").exit_code == 2
    assert office.run(*named, "--who", "Ann").exit_code == 2
    assert office.run(*named, "--who", "Ann", "--reason", "x").exit_code == 0


def test_an_unknown_case_is_an_error(office: Office) -> None:
    standing.moves(office.region)
    assert "no such case" in office.run("rights", "SE1/none").output
