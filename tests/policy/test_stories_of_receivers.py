"""Stories of the issue: who is told, who is no longer told, and where nobody can be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.core.model import Event, Need
from adapter.fhir import assessments, bundles, canonical
from tests.kit.county import (
    ADMITTED,
    CARE,
    CENTRES,
    EVA,
    PITEA,
    PITEA_CARE,
    PRIMARY,
    SETTINGS,
    SOCIAL,
    SOCIAL_AND_CARE,
    County,
    Person,
    Visit,
    centre,
    code,
    event,
    text,
    warnings,
)

IN_PITEA = Person(kommun="2581")
DAY = timedelta(days=1)


def without(county: County, *names: str) -> None:
    """Take endpoints out of the settings."""
    kept = tuple(e for e in SETTINGS.endpoints if e.name not in names)
    county.with_settings(endpoints=kept)


# Needs that change


def test_a_need_that_ends_ends_for_those_who_serve_it_and_for_nobody_else(county: County) -> None:
    visit = Visit(person=IN_PITEA)
    county.adt("A01", visit, county.assessed(SOCIAL_AND_CARE))
    assert {PITEA, PITEA_CARE, "pitea-vc"} <= set(county.hears())
    county.adt("A08", visit, county.assessed(SOCIAL))
    heard = county.hears()
    assert heard[PITEA_CARE] == heard["pitea-vc"] == ["process-ended need-ended"]
    assert PITEA not in heard
    visit.planned = "20260401"
    county.adt("A08", visit)
    county.adt("A03", visit)
    heard = county.hears(PITEA, PITEA_CARE, "pitea-vc")
    assert heard == {PITEA: ["admission-updated", "discharged"]}


def test_a_need_that_is_added_again_begins_with_a_fresh_notice(county: County) -> None:
    visit = Visit(person=IN_PITEA)
    county.adt("A01", visit, county.assessed(SOCIAL_AND_CARE))
    county.hears()
    county.adt("A08", visit, county.assessed(SOCIAL))
    county.hears()
    county.adt("A08", visit, county.assessed(SOCIAL_AND_CARE))
    heard = county.hears(PITEA, PITEA_CARE, "pitea-vc")
    assert heard[PITEA_CARE] == heard["pitea-vc"] == ["admission-notice"]


def test_a_mailbox_that_serves_both_hears_no_ending_and_sees_less_from_then_on(
    county: County,
) -> None:
    visit = Visit(listed=f"^^^^^^^^^^^^^{centre(1)}")
    county.adt("A01", visit, county.assessed(SOCIAL_AND_CARE))
    county.hears()
    county.adt("A08", visit, county.assessed(SOCIAL))
    heard = county.takes("lulea", "vc-1")
    assert [event(b) for b in heard["vc-1"]] == ["process-ended need-ended"]
    endings = [b for b in heard.get("lulea", ()) if bundles.event(b) is Event.PROCESS_ENDED]
    assert endings == []
    visit.planned = "20260401"
    county.adt("A08", visit)
    [update] = county.takes("lulea")["lulea"]
    judged = assessments.assessment(update)
    assert judged is not None
    assert judged.needs == {Need.SOCIAL_SERVICES}


# Care centres


@pytest.mark.parametrize("number", [1, 4, 7])
def test_only_the_centre_that_the_assessment_names_is_told(county: County, number: int) -> None:
    county.adt("A01", Visit(), county.assessed(PRIMARY, units=centre(number)))
    assert set(county.hears(*CENTRES)) == {f"vc-{number}"}
    assert county.stands() == []


def test_only_the_centre_where_the_patient_is_listed_is_told(county: County) -> None:
    county.adt("A01", Visit(listed=f"^^^^^^^^^^^^^{centre(3)}"), county.assessed(CARE))
    assert set(county.hears(*CENTRES)) == {"vc-3"}


@pytest.mark.parametrize("listed", ["", "^^^^^^^^^^^^^SE2321000016-VC99"])
def test_no_centre_is_told_by_default_and_the_gap_stands_before_the_owner(
    county: County, listed: str
) -> None:
    answer = county.adt("A01", Visit(listed=listed), county.assessed(CARE))
    heard = county.hears()
    assert not set(heard) & set(CENTRES)
    assert heard["lulea"] == ["admission-notice"]
    assert warnings(answer) == ["nobody-to-tell"]
    [item] = county.items("nobody-to-tell")
    assert item["subject"] == Need.PRIMARY_CARE
    assert item["due_at"] == county.now - timedelta(minutes=1) + DAY


# Nobody to tell


@pytest.mark.parametrize(
    ("visit", "units", "needs"),
    [
        (Visit(person=Person(kommun="")), "", SOCIAL),
        (Visit(person=Person(kommun="9999")), "", SOCIAL),
        (Visit(person=Person(kommun="2584")), "", SOCIAL),
        (Visit(person=IN_PITEA), "", PRIMARY),
        (Visit(), "SE2120000099-NOWHERE", SOCIAL),
    ],
    ids=["no kommunkod", "9999", "unconnected", "no primary care", "unknown unit"],
)
def test_a_need_without_a_receiver_is_a_fault_that_four_hear_of(
    county: County, visit: Visit, units: str, needs: str
) -> None:
    without(county, "pitea-vc")
    answer = county.adt("A01", visit, county.assessed(needs, units=units))
    assert code(answer) == "AA"
    assert "nobody-to-tell" in warnings(answer)
    assert set(county.hears()) <= {"planning"}
    [item] = county.items("nobody-to-tell")
    assert (item["endpoint"], item["due_at"]) == ("feed", county.now - timedelta(minutes=1) + DAY)
    assert county.events("hospital") == ["delivery-report"]


def test_an_assessment_of_an_outpatient_stands_before_the_owner(county: County) -> None:
    visit = Visit(class_="O")
    answer = county.adt("A01", visit, county.assessed())
    assert county.hears() == {}
    assert county.stands() == ["outpatient-assessment"]
    assert "outpatient-assessment" in warnings(answer)


def test_the_item_of_an_outpatient_closes_when_she_is_admitted(county: County) -> None:
    visit = Visit(class_="O")
    county.adt("A04", visit, county.assessed())
    assert county.stands() == ["outpatient-assessment"]
    visit.class_ = "I"
    county.adt("A06", visit)
    assert county.stands() == []
    assert county.hears("lulea") == {"lulea": ["admission-notice"]}


@pytest.mark.parametrize("trigger", ["A02", "A08", "A31"])
def test_a_class_that_nobody_knows_tells_nobody_until_the_hospital_says_inpatient(
    county: County, trigger: str
) -> None:
    visit = Visit(class_="OUTPATIENT")
    answer = county.adt(trigger, visit, county.assessed())
    assert county.hears() == {}
    assert county.stands() == ["outpatient-assessment"]
    assert {"unknown-code", "outpatient-assessment"} <= set(warnings(answer))
    visit.class_ = "I"
    county.adt("A08", visit)
    assert county.stands() == []
    assert county.hears("lulea") == {"lulea": ["admission-notice"]}


def test_a_typing_error_in_the_class_ends_nothing(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    assert county.hears()["lulea"] == ["admission-notice"]
    visit.class_ = "II"
    county.adt("A08", visit)
    assert county.hears() == {}
    assert county.stands() == []


def test_an_admission_of_a_class_that_nobody_knows_is_one_of_an_inpatient(county: County) -> None:
    county.adt("A01", Visit(class_="OUTPATIENT"), county.assessed())
    assert county.hears("lulea") == {"lulea": ["admission-notice"]}


def test_the_contact_of_any_mailbox_of_the_hospital_is_in_the_notice(county: County) -> None:
    """The county's feed has none; its mailbox `hospital` has."""
    county.adt("A01", Visit(), county.assessed())
    [notice] = county.takes("lulea")["lulea"]
    assert "010-555 00 00" in text(notice)


def test_what_the_law_demands_and_the_hospital_lacks_is_marked_in_the_notice(
    county: County,
) -> None:
    """2 kap. 2 §: neither the planned discharge nor the address is known; the name is."""
    every = [
        replace(e, municipality="2580") if e.name == "feed" else e
        for e in county.network.settings.endpoints
    ]
    county.with_settings(endpoints=tuple(every))
    visit = Visit(person=Person(address=""), planned=None)
    assert "incomplete-notice" in warnings(county.adt("A01", visit, county.assessed()))
    [notice] = county.takes("lulea")["lulea"]
    patient, stay = bundles.patient(notice) or {}, bundles.focus(notice) or {}
    unknown = [{"url": canonical.DATA_ABSENT, "valueCode": "unknown"}]
    [planned] = bundles.extensions(stay, "planned-discharge")
    assert planned["extension"] == unknown
    [address] = patient["address"]
    [municipality] = bundles.extensions(address, "municipality")
    assert municipality["valueCoding"]["code"] == "2580"
    assert municipality["valueCoding"]["userSelected"] is False
    assert patient["name"][0]["family"] == "Ek"


def test_a_gap_stands_once_until_it_is_met(county: County) -> None:
    visit = Visit(person=Person(kommun="2584"))
    county.adt("A01", visit, county.assessed())
    visit.planned = "20260325"
    county.adt("A08", visit)
    assert county.stands() == ["nobody-to-tell"]
    visit.person = EVA
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["admission-notice"]}
    assert county.stands() == []


def test_a_gap_ends_with_the_assessment(county: County) -> None:
    visit = Visit(person=Person(kommun="2584"))
    county.adt("A01", visit, county.assessed())
    county.adt("A08", visit, f"{county.assessed('N|N|N')}|Y")
    assert county.stands() == []


def test_an_admission_that_was_long_ago_is_due_now(county: County) -> None:
    visit = Visit(person=Person(kommun="2584"), admitted=ADMITTED - 3 * DAY)
    county.adt("A01", visit, county.assessed(at=ADMITTED - 2 * DAY))
    [item] = county.items("nobody-to-tell")
    assert item["due_at"] <= county.now


# A move


@pytest.fixture
def moving(county: County) -> Visit:
    """A stay in Luleå that is ready for discharge."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.adt("A16", visit)
    assert county.hears("lulea") == {"lulea": ["admission-notice", "discharge-ready"]}
    county.hears()
    return visit


def test_a_move_ends_in_the_old_place_and_begins_in_the_new(county: County, moving: Visit) -> None:
    moving.person = replace(IN_PITEA, street="Nya gatan 9")
    county.adt("A08", moving)
    mail = county.takes("lulea", PITEA)
    assert [event(b) for b in mail["lulea"]] == ["process-ended moved"]
    assert "Nya gatan" not in text(mail["lulea"])
    assert "2581" not in text(mail["lulea"])
    assert [event(b) for b in mail[PITEA]] == ["admission-notice", "discharge-ready"]
    assert county.hears("lulea", PITEA) == {}


@pytest.mark.parametrize("address", ["", '""', "Skyddad adress^^^^^^H"])
def test_an_address_that_is_blanked_or_withheld_is_no_move(
    county: County, moving: Visit, address: str
) -> None:
    moving.person = Person(address=address)
    county.adt("A08", moving)
    assert county.hears() == {}
    assert county.stands() == []


@pytest.mark.parametrize("days", [8, 60])
def test_a_move_after_the_window_tells_nobody(county: County, moving: Visit, days: int) -> None:
    county.adt("A03", moving)
    county.hears()
    county.now += days * DAY
    moving.person = IN_PITEA
    county.adt("A08", moving)
    county.adt("A31", moving)
    assert county.hears() == {}


def test_a_temporary_address_is_no_move(county: County, moving: Visit) -> None:
    home = "Storgatan 1^^LULEÅ^^97231^SE^H^^2580"
    moving.person = Person(address=f"{home}~Hotellet^^PITEÅ^^94131^SE^C^^2581")
    county.adt("A08", moving)
    assert county.hears() == {}


def test_a_future_address_is_no_move_yet(county: County, moving: Visit) -> None:
    home = "Storgatan 1^^LULEÅ^^97231^SE^H^^2580"
    coming = "Nya^^PITEÅ^^94131^SE^H^^2581^^^^20260601"
    moving.person = Person(address=f"{home}~{coming}")
    county.adt("A08", moving)
    assert county.hears() == {}
