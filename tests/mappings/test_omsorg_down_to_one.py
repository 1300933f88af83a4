"""What a receiver of omsorg/1 is told of what only omsorg/2 carries: in Swedish, never nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from adapter.core.model import Event
from adapter.fhir import builders
from adapter.mappings.omsorg.down_to_one import TODO
from tests.kit import omsorg
from tests.kit.later_events import LATER
from tests.kit.omsorg_2 import context, message, write
from tests.kit.places import FIXTURES

NAMESPACE = {"o": omsorg.NAMESPACE}
USUAL = [FIXTURES / "fhir" / event / "usual.fhir.json" for event in sorted(LATER)]


def label(path: Path) -> str:
    return path.parent.name


def test_every_event_without_a_type_has_its_text() -> None:
    assert set(TODO) == LATER


@pytest.mark.parametrize("path", USUAL, ids=label)
def test_an_event_without_a_type_is_a_message_that_tells_it(path: Path) -> None:
    bundle, known = json.loads(path.read_text()), context()
    body = write(bundle, known, system="omsorg")
    assert omsorg.faults(body) == []
    document = etree.fromstring(body)
    assert document.get("typ") == "meddelande"
    assert document.get("id") == bundle["entry"][0]["resource"]["id"]
    assert document.get("ersatter") is None
    texts = document.xpath("o:Text/o:Innehall/text()", namespaces=NAMESPACE)
    assert TODO[Event(path.parent.name)] in texts
    assert len(texts) > 1
    assert bundle["entry"][1]["resource"]["resourceType"] in {loss.path for loss in known.losses}


@pytest.mark.parametrize(
    ("name", "untrue"),
    [
        ("care-contact/ended", "är den fasta kontakten"),
        ("information-transfer/usual", "Fråga avsändaren efter bilagorna"),
        ("sip-invitation-changed/took-place", "Svara den som kallar, med"),
    ],
)
def test_what_the_reader_does_is_true_of_every_message_of_the_event(name: str, untrue: str) -> None:
    path = FIXTURES / "fhir" / f"{name}.fhir.json"
    body = write(json.loads(path.read_text()), system="omsorg").decode()
    assert untrue not in body


def test_an_invitation_tells_who_calls_to_what_when_and_by_when_to_answer() -> None:
    text = write(message("sip-invitation/full"), system="omsorg").decode()
    told = (
        "Anna Lindqvist",
        "Vilka insatser behövs hemma efter utskrivningen?",
        "25 november 2026",
        "23 november 2026",
    )
    assert [each for each in told if each not in text] == []


def test_a_plan_names_the_headings_that_are_left_out() -> None:
    bundle = message("care-plan/sip-in-full")
    plan = next(
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "CarePlan"
    )
    reason = plan["activity"][3]["detail"]["statusReason"]["text"]
    known = context()
    document = etree.fromstring(write(bundle, known, system="omsorg"))
    notes = document.xpath("o:Plan/o:Anteckning/text()", namespaces=NAMESPACE)
    told = ("behov", "mål", "samordnare", "övergripande ansvar", "deltagare", "samtycke")
    assert [each for each in told if each not in str(notes[-1])] == []
    assert any(str(note).endswith(f"Skäl: {reason}") for note in notes[:-1])
    assert "CarePlan.goal" in " ".join(loss.path for loss in known.losses)


def test_a_plan_that_fits_gets_no_note() -> None:
    body = omsorg.write(omsorg.message("care-plan/active-sip"))
    assert b"kortad" not in body


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("not-known", "Personen är inte känd på enheten. Inga insatser pågår där."),
        ("forwarded", "Vidarebefordrat till: Hemtjänsten Norr, Nattpatrullen"),
    ],
)
def test_the_outcome_of_an_answer_is_told_as_its_reason(name: str, told: str) -> None:
    known = context()
    document = etree.fromstring(write(message(f"answer/{name}"), known, system="omsorg"))
    reasons = document.xpath("o:Svar/o:Orsak/text()", namespaces=NAMESPACE)
    assert [str(reason).startswith(told) for reason in reasons] == [True]
    assert any(loss.path.startswith("Task.businessStatus") for loss in known.losses)


@pytest.mark.parametrize("system", ["omsorg", "omsorg/2"])
@pytest.mark.parametrize(("receiver", "shown"), [("SE0000000002-ASTAD", True), ("SE0-X", False)])
def test_an_internal_note_stays_in_the_organisation_that_wrote_it(
    system: str, receiver: str, shown: bool
) -> None:
    bundle = message("care-plan/draft-from-municipality")
    plan = bundle["entry"][1]["resource"]
    internal = builders.extension("internal", "Boolean", content=True)
    plan["note"] = [{"extension": [internal], "text": "Bara för oss"}]
    known = context()
    to = replace(known.sender, organization=receiver)
    known = replace(known, receiver=to)
    body = write(bundle, known, system=system).decode()
    assert ("Bara för oss" in body) is shown
    assert shown or any(loss.path.startswith("CarePlan.note") for loss in known.losses)
