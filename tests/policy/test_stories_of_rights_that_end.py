"""Stories of the issue: withdrawn while a notice waits, transfer, death, and what time does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapter.fhir import bundles
from tests.kit.county import EVA, County, Person, Visit, code, event, stamp, text, warnings

DAY = timedelta(days=1)


def withdrawn(county: County, visit: Visit) -> None:
    """Withdraw the assessment."""
    county.adt("A08", visit, f"{county.assessed('N|N|N')}|Y")


def cancelled(county: County, visit: Visit) -> None:
    """Cancel the admission: it was of the wrong patient."""
    county.adt("A11", visit)


ENDS = {withdrawn: "process-ended withdrawn", cancelled: "admission-cancelled"}


@pytest.mark.parametrize("ends", ENDS)
def test_a_notice_that_waits_for_an_unreachable_party_never_leaves_and_no_ending_goes(
    county: County, ends: Callable[[County, Visit], None]
) -> None:
    visit = Visit()
    county.down |= {"lulea"}
    county.adt("A01", visit, county.assessed())
    ends(county, visit)
    county.down.clear()
    county.turn(after=timedelta(hours=2))
    assert county.hears("lulea") == {}
    states = {d["state"] for d in county.deliveries(endpoint="lulea")}
    assert states == {"no-longer-due"}


@pytest.mark.parametrize("ends", ENDS)
def test_after_an_attempt_with_an_unknown_outcome_the_ending_follows_without_the_person(
    county: County, ends: Callable[[County, Visit], None]
) -> None:
    visit = Visit()
    county.hangs_up |= {"lulea"}
    county.adt("A01", visit, county.assessed())
    ends(county, visit)
    county.hangs_up.clear()
    county.turn(after=timedelta(hours=2))
    mail = county.takes("lulea")["lulea"]
    assert [event(b) for b in mail] == [ENDS[ends]]
    assert EVA.number not in text(mail)
    assert "Storgatan" not in text(mail)
    assert '"Ek"' not in text(mail)


@pytest.mark.parametrize("ends", ENDS)
def test_who_was_told_hears_one_ending(
    county: County, ends: Callable[[County, Visit], None]
) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    ends(county, visit)
    assert county.hears() == {"lulea": [ENDS[ends]], "planning": [ENDS[ends]]}
    ends(county, visit)
    county.adt("A03", visit)
    assert county.hears() == {}


# Transfer


def test_a_transfer_ends_as_such_and_is_no_discharge(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    visit.fields = {36: "02", 45: stamp(county.now)}
    county.adt("A03", visit)
    assert county.hears("lulea") == {"lulea": ["process-ended transferred"]}
    assert county.stands() == ["transferred"]


def test_an_unlisted_way_to_leave_is_a_discharge_with_a_warning(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    visit.fields = {36: "77", 45: stamp(county.now)}
    answer = county.adt("A03", visit)
    assert "unknown-code" in warnings(answer)
    assert county.hears("lulea") == {"lulea": ["discharged"]}


# Death


def test_a_death_by_an_update_without_a_visit_is_told_once(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    visit.person = Person(dead=f"{stamp(county.now)}|Y")
    for _ in range(2):
        body = county.bytes_of("A08", visit, ["PV1", "PV2"])
        assert code(county.sent(body)) == "AA"
    assert county.hears("lulea") == {"lulea": ["deceased"]}
    visit.fields = {45: stamp(county.now)}
    county.adt("A03", visit)
    assert county.hears("lulea") == {}


def test_a_discharge_by_a_death_code_is_a_death(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    visit.fields = {36: "20", 45: stamp(county.now)}
    county.adt("A03", visit)
    assert county.hears("lulea") == {"lulea": ["deceased"]}


@pytest.mark.parametrize("trigger", ["A08", "A31"])
def test_a_death_that_was_wrong_is_taken_back_as_it_was_told(county: County, trigger: str) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    visit.person = Person(dead=f"{stamp(county.now)}|Y")
    county.adt("A08", visit)
    county.hears()
    visit.person = Person(dead="|N")
    county.adt(trigger, visit)
    [correction] = county.takes("lulea")["lulea"]
    assert event(correction) == "deceased-withdrawn"
    assert not any(key.startswith("deceased") for key in bundles.patient(correction) or {})
    visit.planned = "20260401"
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}


def test_a_death_that_was_told_to_nobody_is_taken_back_before_nobody(county: County) -> None:
    visit = Visit(person=Person(dead="|Y"))
    county.adt("A08", visit)
    visit.person = EVA
    county.adt("A08", visit)
    assert county.hears() == {}


# The window after discharge


def test_a_correction_within_the_window_is_told_and_after_it_stands_before_the_owner(
    county: County,
) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    visit.fields = {45: stamp(county.now)}
    county.adt("A03", visit)
    county.hears()
    county.now += 2 * DAY
    visit.person = Person(street="Rättade gatan 4")
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}
    county.now += 8 * DAY
    visit.person = Person(street="Sena gatan 5")
    county.adt("A08", visit)
    assert county.hears("lulea") == {}
    assert county.stands() == ["late-word"]


def test_an_assessment_made_before_the_discharge_that_comes_late_gives_all_that_stands(
    county: County,
) -> None:
    visit = Visit()
    county.adt("A01", visit)
    judged = county.assessed()
    county.now += timedelta(hours=3)
    county.adt("A16", visit)
    visit.fields = {45: stamp(county.now)}
    county.adt("A03", visit)
    county.now += DAY
    county.adt("A08", visit, judged)
    heard = ["admission-notice", "discharge-ready", "discharged"]
    assert county.hears("lulea") == {"lulea": heard}
