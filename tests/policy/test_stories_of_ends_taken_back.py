"""Stories of a discharge or a death that is taken back, in the window and after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapter.operate import item_acts, maintenance
from adapter.store import cases
from tests.kit.county import EVA, SOCIAL, County, Visit, stamp, warnings

DAY = timedelta(hours=24)


@pytest.fixture
def visit(county: County) -> Visit:
    """Eva's stay, that Luleå and the planning service have heard of."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    return visit


def left(county: County, visit: Visit) -> None:
    """Eva is discharged, and everybody hears it."""
    visit.fields = {45: stamp(county.now)}
    county.adt("A03", visit)
    assert county.hears()["lulea"] == ["discharged"]
    visit.fields = {}


def dead(county: County, visit: Visit) -> None:
    """Eva is said to be dead, and everybody hears it."""
    visit.person = replace(EVA, dead="20260310|Y")
    county.adt("A08", visit)
    assert county.hears()["lulea"] == ["deceased"]
    visit.person = replace(EVA, dead="|N")


def test_a_discharge_that_is_taken_back_in_the_window_is_told(county: County, visit: Visit) -> None:
    left(county, visit)
    county.now += 6 * DAY
    county.adt("A13", visit)
    assert county.hears("lulea") == {"lulea": ["discharge-cancelled"]}
    assert county.items("late-word") == []


def test_a_discharge_that_is_taken_back_after_the_window_stands_before_a_person(
    county: County, visit: Visit
) -> None:
    left(county, visit)
    county.now += 8 * DAY
    assert warnings(county.adt("A13", visit)) == ["late-word"]
    assert county.hears() == {}
    [item] = county.items("late-word")
    assert (item["due_at"], item["endpoint"]) == (None, "feed")
    [case] = county.cases()
    assert (case["discharged_at"], case["closed_at"]) == (None, None)


def test_the_stay_that_goes_on_after_that_is_told_from_its_next_word_on(
    county: County, visit: Visit
) -> None:
    left(county, visit)
    county.now += 8 * DAY
    county.adt("A13", visit)
    county.adt("A16", visit)
    assert county.hears("lulea") == {"lulea": ["admission-notice", "discharge-ready"]}
    left(county, visit)


def test_a_discharge_that_is_taken_back_and_told_again_as_it_was_tells_nobody(
    county: County, visit: Visit
) -> None:
    at = county.now
    left(county, visit)
    county.now += 8 * DAY
    county.adt("A13", visit)
    visit.fields = {45: stamp(at + timedelta(hours=1))}
    assert "late-word" in warnings(county.adt("A03", visit))
    assert county.hears() == {}
    [case] = county.cases()
    assert case["discharged_at"] == at + timedelta(hours=1)
    assert case["closed_at"] is not None


def test_a_late_first_word_of_a_stay_that_ended_before_the_window_tells_nobody(
    county: County,
) -> None:
    judged, ended = county.now, county.now + DAY
    county.now += 10 * DAY
    visit = Visit(fields={45: stamp(ended)})
    reply = county.adt("A03", visit, county.assessed(SOCIAL, at=judged))
    assert "late-word" in warnings(reply)
    assert county.hears() == {}


def test_those_who_were_told_hear_of_a_discharge_that_is_reported_weeks_later(
    county: County, visit: Visit
) -> None:
    ended = county.now
    county.now += 10 * DAY
    visit.fields = {45: stamp(ended)}
    county.adt("A03", visit)
    assert county.hears("lulea") == {"lulea": ["discharged"]}


def test_a_death_that_is_taken_back_in_the_window_is_told(county: County, visit: Visit) -> None:
    dead(county, visit)
    county.now += 5 * DAY
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["deceased-withdrawn"]}


@pytest.mark.parametrize("trigger", ["A08", "A31"])
def test_a_death_that_is_taken_back_after_the_window_stands_before_a_person(
    county: County, visit: Visit, trigger: str
) -> None:
    dead(county, visit)
    county.now += 9 * DAY
    assert warnings(county.adt(trigger, visit)) == ["late-word"]
    assert county.hears() == {}
    [item] = county.items("late-word")
    assert item["due_at"] is None
    [case] = county.cases()
    assert (case["discharged_at"], case["closed_at"]) == (None, None)


def test_a_word_that_the_person_lives_finds_no_stay_that_never_said_otherwise(
    county: County, visit: Visit
) -> None:
    left(county, visit)
    county.now += 9 * DAY
    visit.person = replace(EVA, dead="|N")
    assert warnings(county.adt("A31", visit)) == []
    assert county.items("late-word") == []


def test_a_purged_stay_keeps_its_discharge_when_a_late_word_comes(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit)
    at = county.now
    visit.fields = {45: stamp(at)}
    county.adt("A03", visit)
    county.now += 8 * DAY
    assert len(maintenance.purge(county.store, county.network, county.now).bodies) == 1
    visit.fields = {}
    for planned in ("20260325", "20260326"):
        visit.planned = planned
        reply = county.adt("A08", visit, county.assessed(SOCIAL, at=at - timedelta(hours=1)))
        assert "late-word" in warnings(reply)
        assert county.hears() == {}
        assert discharged(county) == at
    [item] = county.items("late-word")
    with county.store.begin() as tx:
        item_acts.close(tx, item["id"], who="Ann", reason="looked at", now=county.now)
    county.now += 8 * DAY
    assert len(maintenance.purge(county.store, county.network, county.now).bodies) == 1


def discharged(county: County) -> datetime | None:
    """When the case says that the patient left."""
    [case] = county.cases()
    with county.store.begin() as tx:
        return cases.lock(tx, case["id"]).discharged_at
