"""Stories of the issue: what a message says of a stay, in any order and by any clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapter.fhir import assessments, bundles
from tests.kit.county import (
    ADMITTED,
    EVA,
    ZONE,
    County,
    Visit,
    centre,
    code,
    event,
    stamp,
    warnings,
)


@pytest.fixture
def visit(county: County) -> Visit:
    """Eva's stay, that Luleå and the planning service have heard of."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    return visit


def test_an_update_after_the_ready_message_carries_the_ready_time_and_the_assessment(
    county: County, visit: Visit
) -> None:
    county.adt("A16", visit)
    [ready] = county.takes("lulea")["lulea"]
    visit.planned = "20260325"
    county.adt("A08", visit)
    [update] = county.takes("lulea")["lulea"]
    assert event(update) == "admission-updated"
    times = [bundles.extension_value(bundles.focus(b), "discharge-ready") for b in (ready, update)]
    assert times[0] == times[1]
    assert assessments.assessment(update) == assessments.assessment(ready)
    assert bundles.extension_value(bundles.focus(update), "planned-discharge") == "2026-03-25"


def test_an_update_during_leave_says_that_the_patient_is_on_leave(
    county: County, visit: Visit
) -> None:
    county.adt("A21", visit)
    assert county.hears("lulea") == {"lulea": ["leave-started"]}
    visit.planned = "20260325"
    county.adt("A08", visit)
    [update] = county.takes("lulea")["lulea"]
    assert (bundles.focus(update) or {})["status"] == "onleave"
    county.adt("A22", visit)
    [back] = county.takes("lulea")["lulea"]
    assert (event(back), (bundles.focus(back) or {})["status"]) == ("leave-ended", "in-progress")


def test_a_ready_message_that_comes_after_the_discharge_does_not_reopen_it(
    county: County, visit: Visit
) -> None:
    at = county.now
    county.now += timedelta(hours=2)
    visit.fields = {45: stamp(county.now)}
    county.adt("A03", visit)
    assert county.hears("lulea") == {"lulea": ["discharged"]}
    visit.fields = {}
    county.adt("A16", visit, at=at)
    mail = county.takes("lulea").get("lulea", [])
    assert {(bundles.focus(b) or {})["status"] for b in mail} <= {"finished"}
    assert county.cases()[0]["closed_at"] is not None


def test_a_ready_message_that_is_repeated_is_told_once(county: County, visit: Visit) -> None:
    county.adt("A16", visit)
    county.adt("A16", visit)
    assert county.hears("lulea")["lulea"][0] == "discharge-ready"
    ready = [d for d in county.deliveries(endpoint="lulea") if d["event"] == "discharge-ready"]
    assert len(ready) == 1


def test_the_same_ready_time_again_is_told_to_nobody(county: County, visit: Visit) -> None:
    at = county.now
    county.adt("A16", visit, at=at)
    county.hears()
    county.adt("A16", visit, at=at)
    assert county.hears() == {}


def test_another_ready_time_is_an_update_and_no_new_event(county: County, visit: Visit) -> None:
    county.adt("A16", visit)
    county.hears()
    county.now += timedelta(hours=5)
    county.adt("A16", visit)
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}


def test_a_ready_time_that_is_withdrawn_and_told_again_is_two_events(
    county: County, visit: Visit
) -> None:
    county.adt("A16", visit)
    county.adt("A25", visit)
    county.adt("A16", visit)
    heard = ["discharge-ready", "discharge-ready-withdrawn", "discharge-ready"]
    assert county.hears("lulea") == {"lulea": heard}


# Clocks


def test_a_clock_that_is_a_day_ahead_for_one_message_stops_no_later_one(
    county: County, visit: Visit
) -> None:
    visit.planned = "20260325"
    answer = county.adt("A08", visit, at=county.now + timedelta(hours=20))
    assert (code(answer), warnings(answer)) == ("AA", ["bad-time"])
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}
    visit.planned = "20260327"
    county.adt("A08", visit)
    [update] = county.takes("lulea")["lulea"]
    assert bundles.extension_value(bundles.focus(update), "planned-discharge") == "2026-03-27"


def test_a_naive_time_in_the_autumn_night_is_the_reading_nearest_to_its_reception(
    county: County,
) -> None:
    first = datetime(2026, 10, 25, 2, 10, tzinfo=ZONE)  # summer time; 02:10 comes again
    county.now = first
    visit = Visit(admitted=first - timedelta(days=2), planned="20261028")
    county.adt("A01", visit, county.assessed())
    county.hears()
    for again, day in ((first, "29"), (first.replace(fold=1), "30")):
        county.now = max(county.now, again) + timedelta(seconds=1)
        visit.planned = f"202610{day}"
        body = county.bytes_of("A08", visit).replace(stamp(county.now).encode(), b"20261025021000")
        answer = county.sent(body)
        assert code(answer) == "AA"
        [update] = county.takes("lulea")["lulea"]
        planned = bundles.extension_value(bundles.focus(update), "planned-discharge")
        assert planned == f"2026-10-{day}"


# Deleted, and not mentioned


def test_an_explicit_null_removes_the_planned_discharge_and_is_told(
    county: County, visit: Visit
) -> None:
    visit.planned = '""'
    county.adt("A08", visit)
    [update] = county.takes("lulea")["lulea"]
    assert event(update) == "admission-updated"
    assert bundles.extension_value(bundles.focus(update), "planned-discharge") is None


@pytest.mark.parametrize("planned", [None, ""])
def test_what_is_not_mentioned_is_unchanged_and_told_to_nobody(
    county: County, visit: Visit, planned: str | None
) -> None:
    visit.planned = planned
    county.adt("A08", visit)
    assert county.hears() == {}
    county.adt("A16", visit)
    [ready] = county.takes("lulea")["lulea"]
    assert bundles.extension_value(bundles.focus(ready), "planned-discharge") == "2026-03-20"


def test_an_older_word_that_would_have_changed_a_legal_event_stands_before_the_owner(
    county: County, visit: Visit
) -> None:
    older = county.now
    county.now += timedelta(hours=1)
    county.adt("A16", visit)
    county.adt("A25", visit)
    county.hears()
    answer = county.adt("A16", visit, at=older)
    assert code(answer) == "AA"
    assert county.hears() == {}
    assert county.stands() == ["late-word"]
    assert older > ADMITTED


def test_a_code_that_no_municipality_has_is_no_move_and_is_told_to_the_sender(
    county: County, visit: Visit
) -> None:
    visit.person = replace(EVA, kommun="9999", street="Storgatan 1")
    assert "unknown-code" in warnings(county.adt("A08", visit))
    assert county.hears() == {}
    assert county.stands() == []


def test_a_need_that_another_one_brings_in_its_place_is_told_once(county: County) -> None:
    """2 kap. 1 § st. 2: primary care, first by itself, then brought by municipal health care."""
    visit = Visit(listed=f"^^^^^^^^^^^^^{centre(1)}")
    county.adt("A01", visit, county.assessed("N|N|Y"))
    county.adt("A08", visit, county.assessed("N|Y|Y"))
    county.hears()
    county.adt("A08", visit, county.assessed("N|Y|N"))
    assert county.hears() == {}
