"""What a stranger tried: numbers, labels and settings that would have told too much or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapter.core.model import Bundle
from adapter.fhir import builders, bundles, labels
from adapter.fhir.builders import Party
from tests.kit import drafts
from tests.kit.county import (
    EVA,
    PITEA,
    SETTINGS,
    County,
    Person,
    Visit,
    code,
    event,
    stamp,
    text,
    warnings,
)
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING

PITEA_SOC = Party(organization="SE2120000004-SOC", endpoint=PITEA)
CASE = f"{HOSPITAL.organization}/Y2"
RESERVE = Person(number="19500907TF18")
LOCAL = "4711-LOKAL"
ONLY_LOCAL = Person(number=f"{LOCAL}^^^COSMIC^MR")
SECOND = "198609292381"
TWO = Person(number=f"{EVA.number}^^^^NNSWE~{SECOND}")
SECRET = "Psykiatrisk akutvård"


@pytest.fixture
def visit(county: County) -> Visit:
    """Eva's stay, that Luleå and the planning service have heard of."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    assert set(county.hears()) == {"lulea", "planning"}
    return visit


# Numbers


def test_a_protection_follows_the_person_from_a_reserve_number_to_the_personnummer(
    county: County,
) -> None:
    visit = Visit(person=RESERVE)
    county.adt("A01", visit, county.assessed())
    visit.protected = "Y"
    county.adt("A08", visit)
    visit.person, visit.protected = EVA, ""
    county.adt("A40", visit, f"MRG|{RESERVE.number}")
    county.hears()
    county.adt("A01", Visit(number="Y3"), county.assessed())
    assert county.hears() == {}
    assert "protected-identity" in county.stands()


def test_a_hospitals_own_number_alone_is_no_identity_and_waits_for_a_real_one(
    county: County,
) -> None:
    visit = Visit(person=ONLY_LOCAL)
    answer = county.adt("A01", visit, county.assessed())
    assert (code(answer), warnings(answer)[0]) == ("AA", "nobody-to-tell")
    assert county.hears() == {}
    [item] = county.items("nobody-to-tell")
    assert (item["detail"], item["due_at"] is not None) == ("no-identity", True)
    visit.person = replace(EVA, number=f"{LOCAL}^^^COSMIC^MR~{EVA.number}")
    answer = county.adt("A08", visit)
    assert code(answer) == "AA"
    assert county.stands() == []
    [notice] = county.takes()["lulea"]
    assert event(notice) == "admission-notice"
    assert LOCAL not in text(notice)
    assert len(county.cases()) == 1


def test_a_patient_with_only_the_hospitals_own_number_and_no_assessment_troubles_nobody(
    county: County,
) -> None:
    answer = county.adt("A01", Visit(person=ONLY_LOCAL))
    assert (code(answer), warnings(answer)) == ("AA", [])
    assert county.stands() == []


def test_a_personnummer_that_nothing_links_to_the_hospitals_own_number_is_held(
    county: County,
) -> None:
    visit = Visit(person=ONLY_LOCAL)
    county.adt("A01", visit, county.assessed())
    visit.person = EVA
    assert "identity" in warnings(county.adt("A08", visit))
    assert county.hears() == {}
    assert county.stands() == ["identity", "nobody-to-tell"]


def test_two_personnummer_in_one_message_are_held_and_told_to_nobody(county: County) -> None:
    answer = county.adt("A01", Visit(person=TWO), county.assessed())
    assert code(answer) == "AA"
    assert "identity" in warnings(answer)
    assert county.hears() == {}
    assert county.stands() == ["identity"]


def test_a_second_personnummer_in_a_case_that_was_told_is_held_too(
    county: County, visit: Visit
) -> None:
    before = county.stay()
    visit.person, visit.planned = TWO, "20260401"
    county.adt("A08", visit)
    assert county.stay() == before
    assert county.stands() == ["identity"]
    visit.person = EVA
    county.adt("A08", visit)
    assert SECOND not in text(county.takes())


def test_a_message_without_any_number_tells_nobody(county: County) -> None:
    visit = Visit(person=Person(number=""))
    county.adt("A01", visit, county.assessed())
    assert county.hears() == {}
    assert county.stands() == ["identity"]


def test_a_hospitals_own_number_never_leaves_beside_a_number_of_a_register(
    county: County,
) -> None:
    local = f"{LOCAL}^^^COSMIC^MR"
    visit = Visit(person=Person(number=f"{local}~{RESERVE.number}"))
    county.adt("A01", visit, county.assessed())
    visit.person = EVA
    county.adt("A40", visit, f"MRG|{RESERVE.number}^^^^NNSWE~{local}")
    county.adt("A16", visit)
    mail = county.takes()
    assert RESERVE.number in text(mail["lulea"])
    assert EVA.number in text(mail["lulea"])
    assert LOCAL not in text(mail)


# What rides along


def talkative() -> Bundle:
    """Return an admission that says what nobody may see, beside each element that is told."""
    extra = {"extension": [{"url": "https://example.com/why", "valueString": SECRET}]}
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{SECRET}</div>'
    person = drafts.patient() | {"text": {"status": "additional", "div": div}}
    person["identifier"][0] |= extra | {"assigner": {"display": SECRET}, "type": {"text": SECRET}}
    person["name"][0] |= extra | {"text": SECRET, "prefix": [SECRET], "suffix": [SECRET]}
    person["address"][0] |= {"text": SECRET, "district": SECRET, "state": SECRET}
    person["address"][0]["extension"] += extra["extension"]
    person["generalPractitioner"] = [builders.logical("SE2321000016-VC1") | {"display": SECRET}]
    person["contact"] = [{"name": {"text": SECRET}}]
    return drafts.stay(
        visit="Y2",
        person=person,
        text=person["text"],
        period={"start": drafts.T0.isoformat()} | extra,
        location=[{"location": {"display": SECRET}}],
        reasonCode=[{"text": SECRET}],
        type=[{"text": SECRET}],
        extensions=extra["extension"],
    )


def test_what_the_source_wrote_beside_an_element_does_not_ride_along_in_it(
    county: County,
) -> None:
    county.tells("hospital", talkative())
    mail = county.takes()
    assert set(mail) == {"lulea", "planning"}
    [notice] = mail["lulea"]
    person: Any = bundles.patient(notice)
    assert person["name"][0]["family"] == "Tolvansson"
    assert person["address"][0]["line"] == ["Storgatan 1"]
    assert SECRET not in text(mail)


# Who speaks, and who is answered


def test_a_label_of_another_party_is_the_hospitals_word_and_is_answered_to_the_hospital(
    county: County, visit: Visit
) -> None:
    note = drafts.in_case(drafts.note(sender=PLANNING), CASE)
    (bundles.patient(note) or {}).update(drafts.patient(protected=True))
    county.tells("planning", note)
    [label] = county.takes()["lulea"]
    assert labels.protection(label) == "sekretessmarkering"
    assert bundles.sender_id(label) == HOSPITAL.organization
    county.inbox("hospital"), county.inbox("planning")
    county.tells("lulea", drafts.answer(bundles.content_id(label), LULEA))
    assert county.events("hospital") == ["answer"]
    assert county.events("planning") == []


def test_a_rejection_stands_before_the_hospital_with_what_is_left_of_the_24_hours(
    county: County,
) -> None:
    county.adt("A01", Visit(), county.assessed())
    [notice] = county.takes("lulea")["lulea"]
    county.now += timedelta(hours=20)
    county.tells("lulea", drafts.answer(bundles.content_id(notice), LULEA, "rejected"))
    [item] = county.items("rejected")
    assert (item["endpoint"], item["subject"]) == ("feed", "lulea")
    left = item["due_at"] - county.now
    assert timedelta(hours=3) < left < timedelta(hours=4)
    assert county.events("hospital") == ["answer"]
    visit = Visit(planned="20260401")
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}


def test_a_receiver_that_was_named_before_the_stay_is_no_party_of_the_stay(
    county: County,
) -> None:
    county.tells("hospital", drafts.note(to=(PITEA_SOC,), visit="Y2"))
    assert county.hears() == {PITEA: ["message"]}
    county.adt("A01", Visit(), county.assessed())
    county.adt("A16", Visit())
    assert set(county.hears()) == {"lulea", "planning"}
    county.tells("hospital", drafts.note(to=(PITEA_SOC, LULEA), visit="Y2", minutes=1))
    assert county.hears() == {"lulea": ["message"]}
    county.tells(PITEA, drafts.in_case(drafts.note(sender=PITEA_SOC, to=(LULEA,), minutes=2), CASE))
    assert county.messages()[-1]["code"] == "not-entitled"
    assert county.hears() == {}


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_leave_that_is_told_after_the_discharge_is_told_to_nobody(
    county: County, visit: Visit, hours: int
) -> None:
    county.now += timedelta(hours=3)
    left = county.now
    visit.fields = {45: stamp(left)}
    county.adt("A03", visit)
    assert county.hears("lulea") == {"lulea": ["discharged"]}
    county.hears()
    county.now += timedelta(hours=3)
    county.adt("A21", visit, at=left + timedelta(hours=hours))
    county.adt("A22", visit, at=left + timedelta(hours=hours, minutes=10))
    assert county.hears() == {}


# Settings


def test_an_endpoint_that_is_removed_from_the_settings_stops_nobody_else(
    county: County, visit: Visit
) -> None:
    county.with_settings(endpoints=tuple(e for e in SETTINGS.endpoints if e.name != "planning"))
    visit.planned = "20260401"
    assert code(county.adt("A08", visit)) == "AA"
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}
    county.adt("A03", visit)
    assert county.hears("lulea") == {"lulea": ["discharged"]}
    [item] = county.items("nobody-to-tell")
    assert item["subject"] == "planning"


@pytest.mark.parametrize("carries", [(), ("2581",)])
def test_a_planning_service_follows_carries_for_and_the_units_keep_their_rights(
    county: County, visit: Visit, carries: tuple[str, ...]
) -> None:
    elsewhere = replace(county.network.endpoint("planning"), carries_for=carries)
    others = tuple(e for e in SETTINGS.endpoints if e.name != "planning")
    county.with_settings(endpoints=(*others, elsewhere))
    county.adt("A08", visit)
    assert county.hears() == {}
    visit.planned = "20260401"
    county.adt("A08", visit)
    assert county.hears() == {
        "lulea": ["admission-updated"],
        "planning": ["process-ended need-ended"],
    }
    county.adt("A16", visit)
    assert county.hears() == {"lulea": ["discharge-ready"]}


def test_a_case_that_is_named_by_a_ward_leaves_under_the_hospitals_name(county: County) -> None:
    ward = "SE2321000001-PSYK9"
    every = [
        replace(e, speaks_for=(ward,)) if e.name == "hospital" else e
        for e in county.network.settings.endpoints
    ]
    county.with_settings(endpoints=tuple(every))
    county.tells("hospital", drafts.in_case(drafts.stay(), f"{ward}/V1"))
    [notice] = county.takes("lulea")["lulea"]
    assert ward not in text(notice)
    [case] = bundles.case_ids(notice)
    assert case.startswith(f"{HOSPITAL.organization}/")
