"""`adapter case`: who takes part, what stands before persons, and what is known, without values."""

from __future__ import annotations

from typing import Any

from adapter.cli.history_texts import plain
from adapter.core.model import Event
from tests.kit import drafts, standing
from tests.kit.office import CASE, Office


def participants(office: Office) -> dict[str, Any]:
    """The participants of the case by endpoint."""
    return {row["endpoint"]: row for row in office.data("case", CASE)["participants"]}


def test_participants_are_shown_with_need_ground_and_whether_they_were_told(
    office: Office,
) -> None:
    standing.moves(office.region)
    rows = participants(office)
    lulea, umea = rows["lulea"], rows["umea"]
    assert (lulea["need"], lulea["basis"], lulea["ground"]) == (
        "social-services",
        "assessment",
        "2580",
    )
    assert lulea["until"]
    assert (lulea["ended"], lulea["told"]) == ("moved", "maybe")
    assert (umea["until"], umea["told"]) == (None, "maybe")


def test_a_participant_whose_notice_is_held_is_not_told(office: Office) -> None:
    standing.held(office.region, visit="V1")
    assert participants(office)["lulea"]["told"] == "no"


def test_who_has_receipted_is_told_for_sure(office: Office) -> None:
    standing.moves(office.region)
    [content] = {
        row["content_id"]
        for row in office.region.deliveries(endpoint="lulea", event="admission-notice")
    }
    office.region.receipt("lulea", content)
    assert participants(office)["lulea"]["told"] == "yes"


def test_open_items_are_shown_with_what_to_do(office: Office) -> None:
    standing.nobody_to_tell(office.region)
    shown = office.run("case", CASE).stdout
    assert "nobody-to-tell social-services" in shown
    place = "no endpoint serves it in the patient's municipality (2584 Kiruna)"
    assert f"{place}, overdue since 2026-03-03 10:00" in shown
    [item] = office.data("case", CASE)["items"]
    assert (item["what"], item["subject"]) == ("nobody-to-tell", "social-services")


def test_elements_of_the_stay_have_a_time_and_a_message_and_no_value(office: Office) -> None:
    standing.moves(office.region)
    elements = {row["name"]: row for row in office.data("case", CASE)["elements"]}
    assert {"name", "address", "assessment", "identifiers"} <= elements.keys()
    assert set(elements["name"]) == {"name", "recorded", "message", "deleted"}
    assert elements["name"]["message"].startswith("m-")
    shown = office.run("case", CASE).stdout
    assert "address  " in shown


def test_an_element_is_gone_only_where_it_had_been_stated(office: Office) -> None:
    standing.moves(office.region)  # its admission clears a cancellation that nobody had sent
    assert not any(row["deleted"] for row in office.data("case", CASE)["elements"])
    assert "(no longer)" not in office.run("case", CASE).stdout
    cancelled = drafts.stay(
        Event.ADMISSION_CANCELLED, minutes=10, needs=(), status="entered-in-error"
    )
    office.region.tells("hospital", cancelled)
    gone = {row["name"] for row in office.data("case", CASE)["elements"] if row["deleted"]}
    assert gone == {"assessment"}
    assert "assessment (no longer)" in office.run("case", CASE).stdout


def test_the_level_of_protection_is_shown(office: Office) -> None:
    standing.held(office.region, visit="V1")
    assert office.data("case", CASE)["protection"] == "sekretessmarkering"
    assert "(skyddad identitet): sekretessmarkering" in office.run("case", CASE).stdout


def test_a_case_without_a_stay_has_parties_and_no_notices_to_be_told_of(office: Office) -> None:
    office.dies()
    shown = office.data("case", CASE)
    assert {row["told"] for row in shown["participants"]} == {""}
    assert shown["elements"] == []
    assert "element of the stay" not in office.run("case", CASE).stdout


def test_the_time_line_tells_of_rights_in_plain_words(office: Office) -> None:
    standing.moves(office.region)
    shown = office.run("case", CASE).stdout
    assert "from now on told: planning, lulea" in shown
    moved = "no longer told: lulea social-services: the patient moved to another municipality"
    assert moved in shown


def test_a_word_without_a_plain_text_shows_its_detail() -> None:
    assert plain("held", "protected-identity") == "protected-identity"
    assert plain("not-a-party", "umea") == "not sent to umea, which takes no part in the case"
    assert plain("late-word", "ready").startswith("came too late to be told (ready)")
    assert plain("unchanged", "") == "says nothing new; nobody is told"
    assert plain("late-word", "a {b}").startswith("came too late to be told (a {b})")


def test_a_withdrawn_consent_and_a_bar_of_secrecy_are_shown(office: Office) -> None:
    standing.moves(office.region)
    said = (drafts.consent("planning", "inactive"), drafts.consent("secrecy", "active", "SE-A"))
    office.region.tells("hospital", drafts.stay(minutes=600, consents=said))
    shown = office.run("case", CASE).stdout
    assert "Consent to planning: withdrawn: no plan is forwarded" in shown
    assert "Bar of secrecy: SE-A is not told of ready, leave or discharge" in shown
    assert "a bar of secrecy names SE-A, which is no receiver of the stay" in " ".join(
        shown.split()
    )
    data = office.data("case", CASE)
    assert (data["consent"], data["bars"]) == ("withdrawn", ["SE-A"])
