"""`adapter rights`: whom today's settings would tell, and sending it by a named person."""

from __future__ import annotations

import re
from pathlib import Path

from tests.kit import drafts, standing
from tests.kit.office import CASE, SETTINGS, Office


def test_without_a_difference_it_says_so(office: Office) -> None:
    standing.moves(office.region)
    assert office.run("rights").stdout == "0 of 1 case differs from the settings\n"
    assert office.data("rights") == {"sent": False, "cases": []}


def test_sending_needs_cases_a_name_and_a_reason(office: Office) -> None:
    standing.moves(office.region)
    named = ("rights", "--send", CASE)
    assert office.run("rights", "--send", "--who", "Ann", "--reason", "x").exit_code == 2
    assert office.run(*named, "--reason", "x").exit_code == 2
    assert office.run(*named, "--who", "Ann").exit_code == 2
    sent = office.run(*named, "--who", "Ann", "--reason", "x")
    assert sent.exit_code == 0
    assert sent.stdout == "Nothing to send: the settings change nothing for these cases.\n"


def test_what_is_sent_names_how_many_receivers_and_cases(office: Office, tmp_path: Path) -> None:
    standing.nobody_to_tell(office.region)
    kiruna = SETTINGS.read_text(encoding="utf-8").replace('"2480"', f'"{standing.UNSERVED}"')
    settings = tmp_path / "kiruna.toml"
    settings.write_text(kiruna, encoding="utf-8")
    command = ("rights", "--settings", settings)
    assert "1 of 1 case differs from the settings\n" in office.run(*command).stdout
    sent = office.run(*command, "--send", CASE, "--who", "Ann", "--reason", "connected")
    assert sent.stdout.endswith("Sent to 2 receivers of 1 case.\n")
    assert "was sent to the receivers (connected) by Ann" in office.run("case", CASE).stdout


def test_an_unknown_case_is_an_error(office: Office) -> None:
    standing.moves(office.region)
    assert "no such case" in office.run("rights", "SE1/none").output


def test_a_case_that_cannot_be_judged_is_named_with_its_reason(
    office: Office, tmp_path: Path
) -> None:
    standing.moves(office.region)
    renamed = SETTINGS.read_text(encoding="utf-8").replace('name = "hospital"', 'name = "clinic"')
    settings = tmp_path / "renamed.toml"
    settings.write_text(renamed, encoding="utf-8")
    shown = office.run("rights", "--settings", settings).stdout
    why = "its messages are purged, or their sender is not in the settings"
    assert f": cannot be judged: {why}\n" in shown
    assert shown.endswith("0 of 1 case differs from the settings\n")
    [case] = office.data("rights", "--settings", settings)["cases"]
    assert case["not_judged"] == why
    sending = ("--send", CASE, "--who", "Ann", "--reason", "x")
    assert "Nothing to send" in office.run("rights", "--settings", settings, *sending).stdout


def test_a_right_that_ends_without_a_notice_is_shown_and_ended(
    office: Office, tmp_path: Path
) -> None:
    office.region.down |= {"planning"}
    office.region.tells("hospital", drafts.stay())
    alone = re.sub(r"carries_for = .*\n", "", SETTINGS.read_text(encoding="utf-8"))
    settings = tmp_path / "alone.toml"
    settings.write_text(alone, encoding="utf-8")
    shown = office.run("rights", "--settings", settings).stdout
    assert "nothing: what waits ends (need-ended)" in shown
    [case] = office.data("rights", "--settings", settings)["cases"]
    assert case["ends"] == [{"endpoint": "planning", "reason": "need-ended"}]
    sending = ("--send", CASE, "--who", "Ann", "--reason", "x")
    sent = office.run("rights", "--settings", settings, *sending).stdout
    assert sent.endswith("What waited for 1 receiver was ended.\n")
    assert "0 of 1 case differs" in office.run("rights", "--settings", settings).stdout
