"""Plans and other messages as documents: what is shown, in which form, and who has read it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.core.errors import FatalError
from adapter.fhir import bundles
from adapter.fhir.builders import extension
from adapter.fhir.canonical import MESSAGE_ID
from adapter.store import history
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA
from tests.kit.office import CASE, SETTINGS, Office
from tests.kit.readable import message


@pytest.fixture(autouse=True)
def opened(office: Office) -> None:
    """The case is open: the hospital has written to Luleå about the patient."""
    office.region.tells("hospital", drafts.note(visit="V1"))


def test_the_newest_plan_in_force_is_shown_and_its_reading_noted(office: Office) -> None:
    office.region.tells("hospital", message("care-plan", 1))
    office.region.tells("hospital", message("care-plan", 2, description="Hon är hemma."))
    shown = office.run("plan", CASE, "--who", "Ann")
    assert shown.exit_code == 0, shown.output
    assert "DET HÄR SKA GÖRAS" in shown.stdout
    assert "Hon är hemma." in shown.stdout
    assert {who for who, _ in office.history("body-read")} == {"Ann"}


def test_a_version_that_comes_late_does_not_become_the_newest(office: Office) -> None:
    office.region.tells("hospital", message("care-plan", 3, description="Den tredje."))
    office.region.tells("hospital", message("care-plan", 2, description="Den andra."))
    assert "Den tredje." in office.run("plan", CASE).stdout


def test_what_changed_is_told_in_sentences(office: Office) -> None:
    office.region.tells("hospital", message("care-plan", 1))
    assert office.run("plan", CASE, "--changes").stdout == "Planen har bara en version.\n"
    office.region.tells("hospital", message("care-plan", 2, description="Hon är hemma."))
    said = office.run("plan", CASE, "--changes").stdout
    assert "Så är det nu: Hon är hemma (tidigare: Märta har opererats" in said
    assert "Om planen, Version: 2 (tidigare: 1)." in said


@pytest.mark.parametrize("status", ["revoked", "completed"])
def test_a_plan_that_has_ended_is_not_shown_as_in_force(office: Office, status: str) -> None:
    office.region.tells("hospital", message("care-plan", 1))
    ended = message("care-plan", 2, status=status)
    plan = bundles.focus(ended)
    assert plan is not None
    plan["extension"].append(extension("end-reason", "String", "Flyttar till annan kommun."))
    content = office.region.tells("hospital", ended)
    shown = office.run("plan", CASE)
    assert shown.exit_code == 1
    assert f"is {status}" in shown.stderr
    shown = office.run("plan", content)
    assert "gäller inte längre." in shown.stdout
    assert "Orsak till avslut: Flyttar till annan kommun." in shown.stdout


def test_a_version_that_was_recalled_does_not_count(office: Office) -> None:
    office.region.tells("hospital", message("care-plan", 1))
    content = office.region.tells("hospital", message("care-plan", 2, description="Fel person."))
    about = [{"identifier": {"system": MESSAGE_ID, "value": content}}]
    recall = json.dumps(message("recall", 3, about=about))
    recall = recall.replace(LULEA.organization, HOSPITAL.organization)
    office.region.tells("hospital", json.loads(recall))
    assert "Fel person." not in office.run("plan", CASE).stdout


def test_a_case_without_a_plan_and_an_unknown_id_are_told(office: Office) -> None:
    office.region.tells("hospital", message("sip-invitation"))
    assert "no plan in force" in office.run("plan", CASE).stderr
    assert "no such case or message" in office.run("plan", "c-none").stderr
    assert "no such case or message" in office.run("show", "m-none").stderr
    assert office.history("body-read") == []


def test_a_message_that_was_refused_is_shown_as_such(office: Office) -> None:
    refused = message("care-plan")
    refused["entry"][0]["resource"]["extension"][0]["valueIdentifier"]["value"] = "SE1-X/V9"
    content = office.region.tells("lulea", refused)
    assert "is refused: it was not sent on" in office.run("show", content).stderr


def test_two_forms_at_once_are_wrong_use(office: Office) -> None:
    assert office.run("plan", CASE, "--html", "--pdf").exit_code == 2


def test_an_invitation_is_shown_as_text_page_data_and_calendar(
    office: Office, tmp_path: Path
) -> None:
    content = office.region.tells("hospital", message("sip-invitation"))
    assert "FRÅGESTÄLLNING" in office.run("show", content).stdout
    assert office.run("show", content, "--html").stdout.startswith("<!DOCTYPE html>")
    titles = [
        s["heading"] for s in json.loads(office.run("show", content, "--json").stdout)["sections"]
    ]
    assert "Frågeställning" in titles
    file = tmp_path / "meeting.ics"
    assert office.run("show", content, "--ics", "--output", file).exit_code == 0
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(office.history("body-read")) == 4


@pytest.mark.parametrize("form", ["--changes", "--json", "--html", None])
def test_every_form_goes_to_the_file_that_is_named(
    office: Office, tmp_path: Path, form: str | None
) -> None:
    office.region.tells("hospital", message("care-plan", 1))
    file, forms = tmp_path / "plan", [form] if form else []
    printed = office.run("plan", CASE, *forms).stdout
    written = office.run("plan", CASE, *forms, "--output", file)
    assert (written.exit_code, written.stdout) == (0, "")
    assert file.read_text("utf-8") == printed


def test_what_changed_is_told_of_a_case_and_not_of_one_message(office: Office) -> None:
    office.region.tells("hospital", message("care-plan", 1))
    content = office.region.tells("hospital", message("care-plan", 2, description="Hemma."))
    shown = office.run("plan", content, "--changes")
    assert shown.exit_code == 2
    assert "--changes needs a case" in shown.stderr
    assert "bara en version" not in shown.stdout


def test_the_help_names_what_the_pdf_needs(office: Office) -> None:
    for command in ("plan", "show"):
        assert "WeasyPrint" in office.run(command, "--help").stdout


def test_only_a_plan_is_shown_as_one(office: Office) -> None:
    content = office.region.tells("hospital", message("sip-invitation"))
    shown = office.run("plan", content)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "is no plan" in " ".join(shown.stderr.replace("│", "").split())
    assert office.history("body-read") == []


def test_only_an_invitation_with_a_time_has_a_calendar_file(office: Office) -> None:
    plan = office.region.tells("hospital", message("care-plan"))
    shown = office.run("show", plan, "--ics")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "only an invitation has a calendar file" in shown.stderr
    assert office.history("body-read") == []


@pytest.mark.parametrize("name", ["", "."])
def test_a_folder_is_no_file_to_write(office: Office, name: str) -> None:
    content = office.region.tells("hospital", message("sip-invitation"))
    shown = office.run("show", content, "--output", name)
    assert shown.exit_code == 2
    assert "is a folder" in shown.stderr


@pytest.mark.waits
def test_without_a_place_to_print_nothing_is_read(office: Office) -> None:
    content = office.region.tells("hospital", message("sip-invitation"))
    words = ("show", content, "--settings", str(SETTINGS), "--store", str(office.path))
    command = f"exec {shlex.join([sys.executable, '-m', 'adapter', *words])} >&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--output" in done.stderr
    assert office.history("body-read") == []


def test_a_file_that_exists_is_not_overwritten(office: Office, tmp_path: Path) -> None:
    content = office.region.tells("hospital", message("sip-invitation"))
    file = tmp_path / "kept"
    file.write_text("kept")
    assert office.run("show", content, "--html", "--output", file).exit_code == 2
    assert file.read_text() == "kept"
    assert office.history("body-read") == []


def test_a_reading_that_cannot_be_noted_shows_nothing(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise FatalError("settings", "the history cannot be written")

    content = office.region.tells("hospital", message("sip-invitation"))
    monkeypatch.setattr(history, "note", fail)
    file = tmp_path / "page.html"
    assert office.run("show", content, "--html").stdout == ""
    assert office.run("show", content, "--html", "--output", file).exit_code == 1
    assert not file.exists()


def test_only_the_versions_that_are_shown_are_noted_as_read(office: Office) -> None:
    office.region.tells("hospital", message("care-plan", 1))
    office.region.tells("hospital", message("care-plan", 2, description="Hon är hemma."))
    office.run("plan", CASE)
    assert len(office.history("body-read")) == 1
    office.run("plan", CASE, "--changes")
    assert len(office.history("body-read")) == 3


def test_without_the_extra_the_command_says_what_to_install(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    content = office.region.tells("hospital", message("care-plan"))
    shown = office.run("plan", content, "--pdf")
    assert shown.exit_code == 2
    assert "careplan-adapter[pdf]" in shown.stderr.replace("\n", "").replace("│", "")
    assert office.history("body-read") == []
