"""A message as a document for people says what the message says, and nothing that is secret.

`python -m tests.fhir.test_readable` writes the expected texts of `fixtures/readable` anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapter.core.model import Bundle
from adapter.fhir import bundles, profiles
from adapter.fhir.canonical import PROTECTED, SECURITY
from adapter.fhir.readable import document, words
from adapter.fhir.readable.plain import content, text
from tests.kit.places import FIXTURES

FILES = sorted((FIXTURES / "readable").glob("*.fhir.json"))
OF_EVENTS = [
    path
    for path in sorted((FIXTURES / "fhir").rglob("*.fhir.json"))
    if not path.with_name(path.name.replace(".fhir.", ".error.")).exists()
]
NOT_TOLD = {  # elements that are for systems, or that a document tells in other words
    *("resourceType", "id", "reference", "system", "url", "fullUrl", "intent", "type", "code"),
    *("identifier", "telecom", "address", "gender", "endpoint", "destination", "birthDate"),
    *("time", "date", "dateTime", "created", "start", "end", "dueDate", "status"),
}


def read(name: str) -> Bundle:
    """Return a message of fixtures/readable."""
    bundle: Bundle = json.loads((FIXTURES / "readable" / f"{name}.fhir.json").read_text("utf-8"))
    return bundle


def shown(bundle: Bundle) -> str:
    """Return the whole document as text."""
    return text(document(bundle))


def expected(path: Path) -> Path:
    """Return the file with the text of a message."""
    return path.with_name(path.name.replace(".fhir.json", ".txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_document_reads_as_its_fixture(path: Path) -> None:
    assert shown(json.loads(path.read_text("utf-8"))) == expected(path).read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_messages_of_these_documents_are_valid(path: Path) -> None:
    assert profiles.validate(json.loads(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", OF_EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_valid_message_has_a_document_with_its_case(path: Path) -> None:
    bundle = json.loads(path.read_text("utf-8"))
    written = shown(bundle)
    for case in bundles.case_ids(bundle):
        assert case.rpartition("/")[2] in written
    assert content(document(bundle)) in written


def test_the_plan_loses_no_word_of_what_it_says() -> None:
    bundle = read("care-plan")
    written = shown(bundle)
    silent = {"Ring helst på förmiddagen.", "Dottern och patienten är oense."}  # of the contact
    silent |= {"Personalen ska gå två och två.", "Region Åstad"}
    missing = [said for said in _said(bundle["entry"][1:]) if said not in written]
    assert [said for said in missing if said not in silent] == []


def _said(node: Any, name: str = "") -> list[str]:
    """Every text of more than one word that a message says to people."""
    if isinstance(node, dict):
        return [said for key, value in node.items() for said in _said(value, key)]
    if isinstance(node, list):
        return [said for item in node for said in _said(item, name)]
    is_told = isinstance(node, str) and " " in node and name not in NOT_TOLD
    return [node] if is_told and not node.startswith("0") else []


def of_event(name: str) -> Bundle:
    """Return a message of fixtures/fhir."""
    bundle: Bundle = json.loads((FIXTURES / "fhir" / f"{name}.fhir.json").read_text("utf-8"))
    return bundle


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sip-invitation/usual", "Mötet: bokat"),
        ("sip-invitation-cancelled/usual", "Mötet: inställt"),
        ("sip-invitation-cancelled/mistaken", "Mötet: felaktigt, gäller inte"),
        ("sip-invitation-changed/took-place", "Mötet: genomfört"),
        ("care-contact/ended", "Kontakten: har upphört"),
        ("planning-basis/usual", "Typ: Information vid inskrivning"),
        ("planning-basis/rehabilitation", "Typ: Bedömningsunderlag för rehabilitering"),
        ("process-ended/moved", "- bedömningen är återtagen"),
        ("deceased/usual", "Avslutat: måndag 23 november 2026 klockan 04.10"),
        ("delivery-report/usual", "LEVERANSEN\nLäge: kunde inte levereras\n"),
        ("care-plan/sip-in-full", "trappan med stöd. Sikt: kort. Senast"),
        (
            "care-plan/sip-in-full",
            "- Hemtjänst morgon och kväll (mål: Klara trappan med stöd). Vem",
        ),
        ("care-plan/sip-usual", "Vem: kommunen. Läge"),
        ("sip-invitation/all-fields", "Länk eller telefon: https://video.example/moete/31"),
    ],
)
def test_a_document_speaks_as_people_do(name: str, told: str) -> None:
    assert told in shown(of_event(name))


@pytest.mark.parametrize("name", ["care-plan", "care-contact"])
def test_an_internal_note_is_never_shown(name: str) -> None:
    written = shown(read(name))
    assert "två och två" not in written
    assert "oense" not in written


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_relative_has_no_telephone_number_in_any_document(path: Path) -> None:
    assert "070-000 00 02" not in shown(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("label", PROTECTED)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_protected_person_has_no_address_and_no_number_to_call(path: Path, label: str) -> None:
    bundle = json.loads(path.read_text("utf-8"))
    patient = bundles.patient(bundle)
    assert patient is not None
    assert "Örngatan 5" in shown(bundle)
    patient["meta"] = {"security": [{"system": SECURITY, "code": label}]}
    written = shown(bundle)
    assert not [part for part in ("Örngatan", "972 31", "070-000 00") if part in written]
    assert "Adress: skyddad" in written
    assert "Skyddade personuppgifter" in written


def test_a_plan_that_is_not_in_force_says_so_first() -> None:
    bundle = read("care-plan")
    assert document(bundle).warnings == ()
    for status in ("draft", "revoked", "completed", "on-hold", "entered-in-error", "unknown"):
        plan = bundles.focus(bundle)
        assert plan is not None
        plan["status"] = status
        assert re.search(r"gäller inte|oklart om planen gäller", document(bundle).warnings[0])


def test_an_effort_that_must_not_be_made_is_not_shown_as_to_be_made() -> None:
    bundle = read("care-plan")
    plan = bundles.focus(bundle)
    assert plan is not None
    plan["activity"][1]["detail"]["doNotPerform"] = True
    plan["activity"][2]["detail"]["status"] = "entered-in-error"
    written = shown(bundle)
    assert "Ska inte göras: Omläggning av sår" in written
    assert "Läkaren går igenom dina läkemedel" not in written


def test_a_performer_inside_the_plan_is_named() -> None:
    bundle = read("care-plan")
    plan = bundles.focus(bundle)
    assert plan is not None
    plan["contained"] = [{"resourceType": "Organization", "id": "o", "name": "Norra hemtjänsten"}]
    plan["activity"][0]["detail"]["performer"] = [{"reference": "#o"}]
    assert "Vem: Norra hemtjänsten (kommunen)" in shown(bundle)


def test_a_code_without_a_word_is_shown_as_it_is() -> None:
    bundle = read("care-plan")
    plan = bundles.focus(bundle)
    assert plan is not None
    plan["activity"][0]["detail"]["extension"][0]["valueCode"] = "county"
    assert "(county)" in shown(bundle)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2026-11-24T23:30:00+00:00", "onsdag 25 november 2026 klockan 00.30"),
        ("2026-07-01T10:00:00Z", "onsdag 1 juli 2026 klockan 12.00"),
        ("2026-11-24", "tisdag 24 november 2026"),
        ("2026-11", "november 2026"),
        ("2026", "2026"),
        ("", ""),
        ("2026-02-31", "2026-02-31"),
    ],
)
def test_a_time_is_told_as_it_is_in_sweden(given: str, told: str) -> None:
    assert words.time(given) == told


def test_a_meeting_has_its_day_once_unless_it_ends_on_another() -> None:
    start = "2026-11-25T13:00:00+01:00"
    same = words.span(start, "2026-11-25T14:30:00+01:00")
    assert same == "onsdag 25 november 2026 klockan 13.00–14.30"
    assert words.span(start, "2026-11-26T09:00:00+01:00").endswith(
        "till torsdag 26 november 2026 klockan 09.00"
    )


if __name__ == "__main__":
    for file in FILES:
        expected(file).write_text(shown(json.loads(file.read_text("utf-8"))), encoding="utf-8")
