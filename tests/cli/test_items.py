"""What an operator sees of open items beside dead letters, and does with them."""

from __future__ import annotations

from datetime import timedelta

from adapter.cli import texts
from adapter.store.tables import item
from tests.kit import standing
from tests.kit.drafts import T0
from tests.kit.office import Office

HOUR = timedelta(hours=1)


def only_item(office: Office) -> str:
    """Open one item; return its id."""
    standing.nobody_to_tell(office.region)
    [row] = office.region.rows(item)
    return str(row["id"])


def test_a_need_without_a_receiver_is_listed_with_owner_time_and_what_to_do(
    office: Office,
) -> None:
    id_ = only_item(office)
    result = office.run("dead")
    assert result.exit_code == 1
    head, owner, to_do, first, second = result.stdout.splitlines()
    assert head.startswith("nobody-to-tell: 1 item from hospital, oldest ")
    assert "Regionens integrationsgrupp" in owner
    assert "Phone the unit" in to_do
    assert first == f"  {id_} social-services (overdue since 2026-03-03 10:00)"
    assert "no endpoint serves it in the patient's municipality (2584 Kiruna), case" in second
    assert second.endswith("nobody has it yet")


def test_json_has_subject_and_due_time_of_an_item(office: Office) -> None:
    id_ = only_item(office)
    [cause] = office.data("dead")["causes"]
    assert (cause["kind"], cause["code"], cause["endpoint"]) == (
        "item",
        "nobody-to-tell",
        "hospital",
    )
    [letter] = cause["letters"]
    assert (letter["id"], letter["subject"]) == (id_, "social-services")
    assert letter["due_at"] == cause["due"] == "2026-03-03T10:00:00.000+01:00"


def test_what_is_overdue_comes_before_other_dead_letters(office: Office) -> None:
    office.dies(visit="V7")
    office.dies(visit="V8")
    standing.nobody_to_tell(office.region)
    codes = [cause["code"] for cause in office.data("dead")["causes"]]
    assert codes == ["nobody-to-tell", "refused"]


def test_a_held_admission_notice_has_the_time_by_which_it_must_be_given(office: Office) -> None:
    standing.held(office.region)
    causes = office.data("dead")["causes"]
    assert {cause["code"] for cause in causes} == {"protected-identity"}
    assert {cause["due"] for cause in causes} == {"2026-03-03T10:00:00.000+01:00"}
    assert "overdue since 2026-03-03 10:00" in office.run("dead").stdout


def test_what_is_held_stands_before_its_senders_owner_not_its_receivers(office: Office) -> None:
    standing.held(office.region)
    causes = office.data("dead")["causes"]
    assert "lulea" in {cause["endpoint"] for cause in causes}
    owners = {cause["owner"] for cause in causes}
    assert owners == {"Regionens integrationsgrupp, 000-00 00 00"}


def test_who_takes_an_item_has_it_from_then_on(office: Office) -> None:
    id_ = only_item(office)
    assert office.run("take", id_, "--who", "Ann").stdout == f"{id_} taken by Ann\n"
    again = office.run("take", id_, "--who", "Bo").stdout
    assert again == f"{id_} taken by Bo, until now by Ann\n"
    assert office.history("taken") == [
        ("Ann", "nobody-to-tell social-services"),
        ("Bo", "nobody-to-tell social-services: from Ann"),
    ]
    assert "taken by Bo" in office.run("dead").stdout


def test_an_item_is_closed_once_and_with_a_reason(office: Office) -> None:
    id_ = only_item(office)
    given = ("discard", id_, "--reason", "phoned the unit", "--who", "Ann")
    assert office.run(*given).exit_code == 0
    assert office.history("item-closed") == [
        ("Ann", "nobody-to-tell social-services: phoned the unit")
    ]
    assert office.run("dead").stdout == "Nothing is dead, and no item is open.\n"
    again = office.run(*given)
    assert again.exit_code == 1
    assert "illegal-transition" in again.stderr
    assert len(office.history("item-closed")) == 1


def test_an_item_and_a_dead_letter_are_closed_together_or_not_at_all(office: Office) -> None:
    letter, id_ = office.dies(visit="V7"), only_item(office)
    refused = office.run("discard", id_, letter, "i-0", "--reason", "phoned", "--who", "Ann")
    assert refused.exit_code == 1
    assert "unknown-id" in refused.stderr
    assert office.history("item-closed") == office.history("discarded") == []
    done = office.run("discard", id_, letter, "--reason", "phoned", "--who", "Ann")
    assert done.exit_code == 0
    assert office.run("dead").exit_code == 0


def test_an_item_is_never_replayed(office: Office) -> None:
    result = office.run("replay", only_item(office), "--reason", "x", "--who", "Ann")
    assert result.exit_code == 1
    assert "unknown-id" in result.stderr


def test_a_time_to_come_is_said_in_hours_and_a_past_one_as_overdue() -> None:
    assert texts.due(T0 + 3 * HOUR, T0) == "due in 3 h"
    assert texts.due(T0 + HOUR / 2, T0) == "due in 30 min"
    assert texts.due(T0, T0) == "overdue since 2026-03-02 10:00"
    assert texts.due(None, T0) == ""
