"""Stories of the 24 hours of a notice (SFS 2017:612 2 kap. 3 §): from when they run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.operate import item_acts
from tests.kit.county import EVA, SOCIAL, SOCIAL_AND_CARE, County, Visit, stamp, warnings

DAY = timedelta(hours=24)


@pytest.fixture
def visit(county: County) -> Visit:
    """Eva's stay, that Luleå has heard of, two days ago."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    county.now += 2 * DAY
    return visit


def test_the_time_of_a_municipality_that_has_nobody_runs_from_the_move(
    county: County, visit: Visit
) -> None:
    visit.person = replace(EVA, kommun="2582")
    moved = county.now - timedelta(minutes=5)
    county.adt("A08", visit, at=moved)
    [item] = county.items("nobody-to-tell")
    assert item["due_at"] == moved + DAY


def test_it_runs_from_the_move_although_the_address_is_repeated(
    county: County, visit: Visit
) -> None:
    visit.person = replace(EVA, kommun="2582")
    moved = county.now
    county.adt("A08", visit)
    county.now += timedelta(hours=5)
    visit.planned = "20260325"
    county.adt("A08", visit, county.assessed(SOCIAL_AND_CARE, at=moved))
    assert {item["due_at"] for item in county.items("nobody-to-tell")} == {moved + DAY}


def test_it_runs_from_a_judgement_that_comes_after_the_move(county: County, visit: Visit) -> None:
    visit.person = replace(EVA, kommun="2582")
    county.adt("A08", visit)
    county.now += timedelta(hours=5)
    judged = county.now
    county.adt("A08", visit, county.assessed(SOCIAL_AND_CARE))
    assert {(item["subject"], item["due_at"]) for item in county.items("nobody-to-tell")} >= {
        ("municipal-health-care", judged + DAY)
    }


def test_the_time_of_a_unit_that_is_named_later_runs_from_its_naming(
    county: County, visit: Visit
) -> None:
    named = county.now
    county.adt("A08", visit, county.assessed(units="SE2120009999-HEMTJ"))
    [item] = county.items("nobody-to-tell")
    assert item["due_at"] == named + DAY


def test_a_municipality_that_was_unknown_gives_no_new_time(county: County) -> None:
    visit = Visit(person=replace(EVA, address="^^^^^SE^H"))
    judged = county.now
    county.adt("A01", visit, county.assessed())
    county.now += timedelta(hours=30)
    visit.person = replace(EVA, kommun="2582")
    county.adt("A08", visit)
    [item] = county.items("nobody-to-tell")
    assert item["due_at"] == judged + DAY


def test_a_person_who_moves_on_after_somebody_phoned_stands_before_a_person_again(
    county: County, visit: Visit
) -> None:
    visit.person = replace(EVA, kommun="2582")
    county.adt("A08", visit)
    [item] = county.items("nobody-to-tell")
    with county.store.begin() as tx:
        item_acts.close(tx, item["id"], who="Ann", reason="phoned Boden", now=county.now)
    visit.person = replace(EVA, kommun="2583")
    moved = county.now
    county.adt("A08", visit)
    [item] = county.items("nobody-to-tell")
    assert item["due_at"] == moved + DAY


def test_a_notice_that_leaves_too_late_is_a_warning_and_a_line_in_the_history(
    county: County,
) -> None:
    visit, judged = Visit(), county.now
    county.now += timedelta(hours=25)
    reply = county.adt("A01", visit, county.assessed(SOCIAL, at=judged))
    assert warnings(reply) == ["late-notice"]
    assert county.hears("lulea") == {"lulea": ["admission-notice"]}
    [line] = county.history("late-notice")
    assert line["detail"].startswith("lulea social-services: due ")
    reply = county.adt("A08", replace(visit, planned="20260325"))
    assert warnings(reply) == []


def test_a_notice_that_leaves_in_time_is_no_warning(county: County) -> None:
    judged = county.now
    county.now += timedelta(hours=23)
    assert warnings(county.adt("A01", Visit(), county.assessed(SOCIAL, at=judged))) == []


def test_a_notice_after_a_move_is_not_late(county: County, visit: Visit) -> None:
    visit.person = replace(EVA, kommun="2581")
    assert "late-notice" not in warnings(county.adt("A08", visit))


def test_a_notice_after_a_transfer_is_taken_back_is_not_late(county: County, visit: Visit) -> None:
    visit.fields = {36: "02", 45: stamp(county.now)}
    county.adt("A03", visit)
    assert county.hears("lulea") == {"lulea": ["process-ended transferred"]}
    county.now += DAY
    visit.fields = {}
    assert "late-notice" not in warnings(county.adt("A13", visit))
    assert county.hears("lulea") == {"lulea": ["admission-notice"]}


def test_a_discharge_a_year_ahead_lasts_no_longer_than_another(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    visit.fields = {45: stamp(county.now + timedelta(days=366))}
    assert "bad-time" in warnings(county.adt("A03", visit))
    county.takes()
    visit.fields = {}
    county.now += timedelta(days=90)
    visit.person = replace(EVA, street="Nygatan 9")
    county.adt("A08", visit)
    assert county.hears() == {}
    county.adt("A01", Visit(admitted=county.now, planned="20260701"))
    assert county.hears() == {}
