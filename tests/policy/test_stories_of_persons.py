"""Stories of the issue: whose stay it is, visit numbers that lie, and numbers that change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.core.identifiers import PERSONNUMMER, RESERVNUMMER
from adapter.fhir import bundles
from tests.kit.county import (
    ADMITTED,
    BO,
    EVA,
    SOCIAL_AND_CARE,
    County,
    Person,
    Visit,
    code,
    stamp,
    text,
    warnings,
)

RESERVE = Person(number="19500907TF18", born="19500907")


@pytest.fixture
def visit(county: County) -> Visit:
    """Eva's stay, that Luleå and the planning service have heard of."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    assert set(county.hears()) == {"lulea", "planning"}
    return visit


def later_a01(county: County, person: Person, version: str) -> bytes:
    """Return a new admission under Eva's number, in a version of HL7 v2."""
    body = county.bytes_of("A01", Visit(person=person, admitted=county.now), [county.assessed()])
    return body.replace(b"|P|2.5|", f"|P|{version}|".encode())


@pytest.mark.parametrize("trigger", ["A08", "A03", "A02", "A16", "A11", "A01"])
def test_nobody_hears_of_another_patient_under_a_used_visit_number(
    county: County, visit: Visit, trigger: str
) -> None:
    before = county.stay()
    wrong = Visit(person=BO, planned="20260401")
    assert code(county.adt(trigger, wrong, county.assessed(SOCIAL_AND_CARE))) == "AE"
    assert county.hears() == {}
    assert county.stay() == before
    assert [i["endpoint"] for i in county.items("other-patient")] == ["feed"]


@pytest.mark.parametrize("version", ["2.3", "2.4", "2.5"])
def test_another_patient_is_refused_whatever_the_version(
    county: County, visit: Visit, version: str
) -> None:
    acknowledgement = county.sent(later_a01(county, BO, version))
    assert code(acknowledgement) == "AE"
    assert BO.number not in acknowledgement
    assert county.hears() == {}


def test_evas_case_goes_on_after_a_message_about_another(county: County, visit: Visit) -> None:
    county.adt("A08", Visit(person=BO))
    visit.planned = "20260325"
    county.adt("A08", visit)
    mail = county.takes("lulea")["lulea"]
    assert [bundles.event_code(b)[1] for b in mail] == ["admission-updated"]
    assert "Bosson" not in text(mail)


def test_a_number_used_again_without_an_assessment_is_a_new_case_told_to_nobody(
    county: County, visit: Visit
) -> None:
    county.adt("A03", visit)
    county.hears()
    county.now += timedelta(days=365)
    again = Visit(admitted=county.now, planned=None)
    assert code(county.adt("A01", again)) == "AA"
    assert code(county.adt("A08", again)) == "AA"
    assert county.hears() == {}
    assert len(county.cases()) == 2


def test_a_number_used_again_and_assessed_is_told_under_a_name_of_its_own(
    county: County, visit: Visit
) -> None:
    county.adt("A03", visit)
    old = {name for b in county.takes("lulea")["lulea"] for name in bundles.case_ids(b)}
    county.now += timedelta(days=365)
    again = Visit(admitted=county.now, planned=None)
    county.adt("A01", again, county.assessed())
    [notice] = county.takes("lulea")["lulea"]
    assert bundles.event(notice) == "admission-notice"
    assert not old & set(bundles.case_ids(notice))
    county.adt("A03", again)
    assert county.hears("lulea") == {"lulea": ["discharged"]}


def test_a_discharge_that_comes_before_its_admission_is_the_same_stay(county: County) -> None:
    visit = Visit()
    left = ADMITTED + timedelta(minutes=40)
    visit.fields = {45: stamp(left)}
    county.adt("A03", visit, at=left)
    visit.fields = {}
    assert code(county.adt("A01", visit, at=ADMITTED)) == "AA"
    assert len(county.cases()) == 1
    assert county.hears() == {}


def test_a_reserve_number_that_becomes_a_personnummer_keeps_the_case_and_its_order(
    county: County,
) -> None:
    visit = Visit(person=RESERVE)
    county.adt("A01", visit, county.assessed())
    for day in range(10, 30):
        visit.planned = f"202604{day}"
        county.adt("A08", visit)
    visit.person = EVA
    answer = county.adt("A40", visit, f"MRG|{RESERVE.number}")
    assert (code(answer), warnings(answer)) == ("AA", [])
    mail = county.takes("lulea")["lulea"]
    assert bundles.event_code(mail[0])[1] == "admission-notice"
    last = mail[-1]
    assert bundles.patient_ids(last) == (f"{PERSONNUMMER}|{EVA.number}",)
    assert bundles.old_patient_ids(last) == (f"{RESERVNUMMER}|{RESERVE.number}",)
    visit.planned = "20260430"
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}
    assert len(county.cases()) == 1
    numbers = [d["order_no"] for d in county.deliveries(endpoint="lulea")]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("trigger", ["A40", "A34", "A47"])
def test_one_personnummer_that_becomes_another_is_held_and_never_linked(
    county: County, visit: Visit, trigger: str
) -> None:
    other = Visit(person=Person(number=BO.number, born=BO.born))
    answer = county.adt(trigger, other, f"MRG|{EVA.number}^^^^NNSWE")
    assert code(answer) == "AA"
    assert EVA.number not in answer
    assert county.hears() == {}
    assert county.stands() == ["identity"]
    visit.planned = "20260401"
    county.adt("A08", visit)
    assert BO.number not in text(county.takes())
