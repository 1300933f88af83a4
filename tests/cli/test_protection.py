"""`adapter protection`: shown by case, lifted by a named person only."""

from __future__ import annotations

from adapter.store.tables import item
from tests.kit import drafts, standing
from tests.kit.office import CASE, Office

OTHER = f"{drafts.HOSPITAL.organization}/V2"
LIFT = ("protection", "lift", CASE, "--who", "Ann", "--reason", "Skatteverket, by phone")


def test_the_level_is_shown_with_the_message_that_said_so_and_what_is_held(
    office: Office,
) -> None:
    standing.held(office.region, visit="V1")
    [message] = office.region.messages()
    shown = office.run("protection", "show", CASE).stdout
    assert shown.startswith("sekretessmarkering since 2026-03-02 10:00:00, by message ")
    assert message["id"] in shown
    assert "admission-notice to lulea" in shown


def test_a_named_person_lifts_it_and_what_is_held_stays_held(office: Office) -> None:
    standing.held(office.region, visit="V1")
    lifted = office.data(*LIFT)["lifted"]
    dead = {row["id"] for row in office.region.deliveries(state="dead")}
    assert lifted["by"] == "Ann"
    assert set(lifted["held"]) == dead
    assert office.history("lifted") == [("Ann", "Skatteverket, by phone")]
    assert office.data("case", CASE)["protection"] == ""
    assert " by Ann." in office.run("protection", "show", CASE).stdout


def test_it_is_lifted_in_every_case_of_the_patient(office: Office) -> None:
    standing.held(office.region, visit="V1")
    standing.held(office.region, visit="V2")
    office.run(*LIFT)
    assert office.data("case", OTHER)["protection"] == ""
    assert [case["protected"] for case in office.region.cases()] == [False, False]
    assert len(office.history("lifted")) == 2


def test_the_hospitals_word_opens_an_item_that_the_lifting_closes(office: Office) -> None:
    standing.held(office.region, visit="V1")
    standing.says_lifted(office.region)
    assert "protection-lifted" in {cause["code"] for cause in office.data("dead")["causes"]}
    assert office.data("case", CASE)["protection"] == "sekretessmarkering"
    office.run(*LIFT)
    [row] = office.region.rows(item, what="protection-lifted")
    assert row["closed_why"] == "lifted by Ann"


def test_without_a_name_or_a_reason_nothing_is_lifted(office: Office) -> None:
    standing.held(office.region, visit="V1")
    assert office.run("protection", "lift", CASE, "--reason", "x").exit_code == 2
    assert office.run("protection", "lift", CASE, "--who", "Ann").exit_code == 2
    assert office.data("case", CASE)["protection"] == "sekretessmarkering"


def test_it_is_lifted_once(office: Office) -> None:
    standing.held(office.region, visit="V1")
    assert office.run(*LIFT).exit_code == 0
    again = office.run(*LIFT)
    assert again.exit_code == 1
    assert "illegal-transition" in again.stderr


def test_the_next_notice_after_a_lifting_is_sent(office: Office) -> None:
    standing.held(office.region, visit="V1")
    office.run(*LIFT)
    standing.is_ready(office.region)
    sent = office.region.deliveries(endpoint="lulea", event="discharge-ready")
    assert [row["code"] for row in sent] == [""]


def test_a_patient_without_protection_has_none(office: Office) -> None:
    standing.moves(office.region)
    assert office.run("protection", "show", CASE).stdout == "None.\n"


def test_an_unknown_case_is_said(office: Office) -> None:
    result = office.run("protection", "show", "c-0")
    assert result.exit_code == 1
    assert "unknown-id" in result.stderr
