"""`case` and `messages` find by what an operator has in hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.cli import app, patient_prompt
from adapter.store import cases
from adapter.store.tables import delivery
from tests.kit import drafts
from tests.kit.drafts import LULEA, UMEA
from tests.kit.office import CASE, SETTINGS, Office

NUMBER = "19500907-2553"


def typed(office: Office, number: str, *arguments: str) -> str:
    """Run a command in whose terminal a person types a number; return all that is printed."""
    words = [*arguments, "--store", str(office.path), "--settings", str(SETTINGS)]
    result = CliRunner().invoke(app, words, input=f"{number}\n")
    assert "2553" not in result.output
    return result.output


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_prompt, "at_terminal", lambda: True)


def test_a_case_is_found_by_its_visit_number_alone(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    assert office.data("case", "V1") == office.data("case", CASE)


def test_of_several_with_one_visit_number_each_is_listed(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    office.region.tells("hospital", drafts.note(visit="V2"))
    with office.region.store.begin() as tx:
        ids = [str(row["id"]) for row in office.region.cases()]
        cases.add_names(tx, ids[1], ["SE2321000001-PITEA/V1"])
    result = office.run("case", "V1")
    assert result.exit_code == 1
    assert all(id_ in result.stdout for id_ in ids)
    assert "name the one that you mean" in result.stderr
    assert {row["id"] for row in office.data("case", "V1")["cases"]} == set(ids)


def test_a_case_is_found_by_a_receipt_whoever_sent_it(office: Office) -> None:
    content = office.region.tells("hospital", drafts.note())
    office.region.receipt("lulea", content)
    expected = office.data("case", CASE)
    [received] = office.region.messages(event="receipt")
    [ours] = [
        row
        for row in office.region.rows(delivery)
        if row["event"] == "receipt" and row["message_id"] != received["id"]
    ]
    for id_ in (received["content_id"], received["claimed_id"], received["id"]):
        assert office.data("case", id_) == expected
    for id_ in (ours["content_id"], ours["envelope_id"], ours["id"], content):
        assert office.data("case", id_) == expected


def test_messages_are_found_by_case_visit_number_and_receipt(office: Office) -> None:
    content = office.region.tells("hospital", drafts.note())
    office.region.tells("hospital", drafts.note(visit="V2", to=(UMEA,)))
    office.region.receipt("lulea", content)
    [receipt] = office.region.messages(event="receipt")
    for name in (CASE, "V1"):
        rows = office.data("messages", "--case", name)["messages"]
        assert [row["event"] for row in rows] == ["receipt", "message"]
    rows = office.data("messages", "--receipt", receipt["content_id"])["messages"]
    assert [row["id"] for row in rows] == [receipt["id"]]
    assert office.run("messages", "--case", "V9").exit_code == 1
    assert office.run("messages", "--receipt", "nothing").exit_code == 1


def test_of_a_receipt_it_is_told_which_one_has_the_id(office: Office) -> None:
    content = office.region.tells("hospital", drafts.note())
    office.region.receipt("lulea", content)
    [received] = office.region.messages(event="receipt")
    [message] = office.region.messages(event="message")
    [ours] = [
        row
        for row in office.region.rows(delivery)
        if row["message_id"] == message["id"] and row["event"] == "receipt"
    ]
    told = office.run("messages", "--receipt", ours["envelope_id"]).stdout
    assert message["id"] in told
    assert (
        "found by its envelope id: receipt (systemkvittens) sent to hospital in "
        f"{ours['id']}, because of {message['id']}"
    ) in " ".join(told.split())
    [match] = office.data("messages", "--receipt", received["claimed_id"])["matches"]
    assert match == {
        "message_id": received["id"],
        "delivery_id": "",
        "endpoint": "lulea",
        "event": "receipt",
        "by": "sender's own id",
    }
    [match] = office.data("messages", "--receipt", message["envelope_id"])["matches"]
    assert (match["message_id"], match["delivery_id"]) == (message["id"], "")


def test_a_patient_is_typed_at_a_terminal_and_the_search_is_on_record(
    office: Office, at_terminal: None
) -> None:
    office.region.tells("hospital", drafts.note())
    office.region.tells("hospital", drafts.note(visit="V2"))
    id_ = str(office.region.cases()[0]["id"])
    shown = typed(office, NUMBER, "case", "--patient", "--who", "Ann")
    assert all(str(row["id"]) in shown for row in office.region.cases())
    lines = office.region.history("patient-searched")
    assert {(row["who"], row["case_id"]) for row in lines} >= {("Ann", id_)}
    assert all("1950" not in row["detail"] for row in lines)
    shown = typed(office, NUMBER[2:], "messages", "--patient")
    assert str(office.region.messages()[0]["id"]) in shown


@pytest.fixture
def protected(office: Office, at_terminal: None) -> list[str]:
    """A person with two cases, whose identity became protected with the second."""
    for visit, is_protected in (("V1", False), ("V2", True)):
        person = drafts.patient(protected=is_protected)
        office.region.tells("hospital", drafts.stay(visit=visit, person=person))
    return [str(row["id"]) for row in office.region.cases()]


@pytest.mark.parametrize("command", ["case", "messages"])
def test_the_cases_of_a_protected_person_are_not_shown_as_one_persons(
    office: Office, protected: list[str], command: str
) -> None:
    shown = " ".join(typed(office, NUMBER, command, "--patient").replace("│", " ").split())
    assert "has a protected identity" in shown
    assert "say with --reason why" in shown
    assert not any(id_ in shown for id_ in protected)
    lines = office.region.history("patient-searched")
    assert {row["case_id"] for row in lines} == set(protected)
    assert {row["detail"] for row in lines} == {"not shown: a protected identity, and no reason"}


@pytest.mark.parametrize("command", ["case", "messages"])
def test_with_a_reason_they_are_and_the_reason_is_on_record(
    office: Office, protected: list[str], command: str
) -> None:
    shown = typed(office, NUMBER, command, "--patient", "--reason", "the ward phoned")
    cases_ = protected if command == "case" else [m["id"] for m in office.region.messages()]
    assert all(str(id_) in shown for id_ in cases_)
    assert ("the ward phoned") in {detail for _, detail in office.history("patient-searched")}


def test_a_reason_goes_with_a_patient(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    assert office.run("case", "V1", "--reason", "x").exit_code == 2
    assert office.run("messages", "--reason", "x").exit_code == 2


def test_an_unknown_patient_is_not_found_and_a_wrong_number_is_told(
    office: Office, at_terminal: None
) -> None:
    office.region.tells("hospital", drafts.note())
    assert "no case of that patient" in typed(office, "19121212-1212", "case", "--patient")
    assert "no number" in typed(office, "tolvan", "case", "--patient")


def test_a_number_is_taken_from_no_argument_and_no_pipe(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    result = office.run("case", "--patient")
    assert result.exit_code == 2
    assert "type it at a terminal" in " ".join(result.stderr.replace("│", " ").split())
    assert office.run("case").exit_code == 2
    assert office.run("case", "V1", "--patient").exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("messages", "--endpoint", "lulae"),
        ("pause", "lulae", "--reason", "x"),
        ("resume", "lulae"),
        ("token", "lulae"),
        ("replay", "--endpoint", "lulae", "--since", "2h", "--reason", "x"),
        ("discard", "--cause", "any", "--endpoint", "lulae", "--reason", "x"),
    ],
)
def test_an_unknown_endpoint_is_wrong_use_with_what_was_meant(
    office: Office, arguments: tuple[str, ...]
) -> None:
    result = office.run(*arguments)
    assert result.exit_code == 2
    told = " ".join(result.stderr.replace("│", " ").split())
    assert "no endpoint 'lulae'" in told
    assert "did you mean lulea?" in told


def test_an_endpoint_is_known_without_settings_and_when_it_has_left_them(
    office: Office, tmp_path: Path
) -> None:
    office.region.tells("hospital", drafts.note())
    none = tmp_path / "none.toml"
    found = office.data("messages", "--endpoint", LULEA.endpoint, "--settings", none)
    assert len(found["messages"]) == 1
    office.region.register(["kiruna"])
    assert office.run("messages", "--endpoint", "kiruna").exit_code == 0
