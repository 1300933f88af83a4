"""More stories from SFS 2017:612: protection, two hospitals, numbers, order, answers and plans."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapter.core.model import Event
from adapter.fhir import bundles
from adapter.store.tables import item
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, PLANNING
from tests.kit.statute_county import (
    ALL,
    CENTRE,
    HOME_HELP,
    MONDAY,
    NURSING,
    OTHER_CENTRE,
    SECOND,
    SOCIAL,
    UNITS,
    StatuteCounty,
    in_the_case,
    plan,
    refused,
)

PERIOD = {"start": "2026-03-02T10:00:00+01:00", "end": "2026-03-02T11:00:00+01:00"}


@pytest.fixture
def county(store_url: str) -> Iterator[StatuteCounty]:
    """A county with a unit for each need."""
    found = StatuteCounty(store_url)
    yield found
    found.store.close()


def test_noras_identity_is_protected_and_her_notice_waits_for_a_person(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP, protected="F")
    assert county.words() == {}
    assert ("protected-identity", "social") in county.standing()
    rows = {d["endpoint"]: d["state"] for d in county.deliveries()}
    assert rows["social"] == "dead"


def test_nora_becomes_protected_and_those_who_were_told_hear_it_without_her_new_address(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    county.later(hours=5)
    county.reports("A08", protected="F", municipality="2480")
    told = county.told()
    assert "umea" not in told
    assert '"2480"' not in json.dumps(told.get("social", []))


def test_nora_is_still_protected_when_another_hospital_does_not_say_so(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP, protected="Y")
    county.tells("second", drafts.stay(sender=SECOND, visit="B1"))
    assert county.words() == {}


def test_olof_lies_at_two_hospitals_and_what_one_says_does_not_touch_the_other(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.tells("second", drafts.stay(sender=SECOND, visit="B1"))
    assert county.words()["social"] == ["admission-notice", "admission-notice"]
    cancelled = drafts.stay(
        Event.ADMISSION_CANCELLED,
        sender=SECOND,
        visit="B1",
        minutes=30,
        needs=(),
        status="entered-in-error",
    )
    county.tells("second", cancelled)
    [word] = county.told()["social"]
    assert bundles.case_ids(word)[0] == f"{SECOND.organization}/B1"
    county.later(hours=3)
    county.reports("A16")
    [word] = county.told()["social"]
    assert bundles.case_ids(word)[0] == f"{HOSPITAL.organization}/7100231"
    assert bundles.event(word) == "discharge-ready"


def test_a_hospital_cannot_speak_of_the_stay_of_another(county: StatuteCounty) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    usurped = drafts.stay(Event.DISCHARGED, sender=SECOND, status="finished", period=PERIOD)
    assert "not-entitled" in refused(county, SECOND, in_the_case(usurped))
    assert county.words() == {}


def test_olof_is_moved_to_another_hospital_and_the_units_learn_that_the_need_stands(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    county.later(days=1)
    county.reports("A03", left="02", ended="20260303093000+0100")
    [word] = county.told()["social"]
    assert bundles.event(word) == "process-ended"
    assert bundles.ended_reason(word) == "transferred"
    assert ("transferred", "feed") in county.standing()


def test_petras_centre_was_told_and_tells_the_parties_and_a_centre_that_was_not_is_refused(
    county: StatuteCounty,
) -> None:
    county.reports("A01", ALL)
    county.told()
    contact = drafts.note(
        "Fast vårdkontakt: Sara", sender=CENTRE, to=(HOSPITAL, SOCIAL, NURSING), visit="7100231"
    )
    assert refused(county, CENTRE, in_the_case(contact)) == []
    assert set(county.words()) == {"hospital", "social", "nursing"}
    stranger = drafts.note("Fast vårdkontakt: Per", sender=OTHER_CENTRE, to=(SOCIAL,))
    assert "not-entitled" in refused(county, OTHER_CENTRE, in_the_case(stranger))
    assert county.words() == {}


def test_quintus_plan_reaches_the_units_in_it_and_a_stranger_in_it_is_dropped(
    county: StatuteCounty,
) -> None:
    county.reports("A01", ALL)
    county.told()
    codes = refused(county, CENTRE, plan(CENTRE, SOCIAL, NURSING, OTHER_CENTRE))
    assert codes == ["not-a-party"]
    assert set(county.words()) == {"social", "nursing"}


def test_ruts_rejection_is_told_to_the_hospital_and_ends_nothing_by_itself(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    [notice] = county.told()["social"]
    county.later(hours=2)
    county.tells("social", drafts.answer(bundles.content_id(notice), SOCIAL, "rejected"))
    assert county.words() == {"hospital": ["answer"]}
    county.later(hours=2)
    county.reports("A16")
    assert county.words()["social"] == ["discharge-ready"]


def test_ruts_rejection_stands_before_the_hospital_with_what_is_left_of_the_24_hours(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    [notice] = county.told()["social"]
    county.later(hours=2)
    county.tells("social", drafts.answer(bundles.content_id(notice), SOCIAL, "rejected"))
    assert "hospital" in county.words()
    assert [endpoint for _, endpoint in county.standing()] in (["feed"], ["hospital"])
    assert [row["due_at"] for row in county.rows(item)] == [MONDAY + timedelta(hours=24)]


def test_rut_moves_and_the_new_municipality_is_told_and_the_old_one_no_new_address(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    county.later(hours=2)
    county.reports("A08", municipality="2480")
    told = county.told()
    assert [bundles.event(b) for b in told["umea"]] == ["admission-notice"]
    [word] = told["social"]
    assert (bundles.event(word), bundles.ended_reason(word)) == ("process-ended", "moved")
    assert '"2480"' not in json.dumps(word)
    county.later(hours=2)
    county.reports("A16", municipality="2480")
    words = county.words()
    assert words["umea"] == ["discharge-ready"]
    assert "social" not in words


def test_svens_plan_is_revoked_and_the_notices_of_his_stay_go_on(county: StatuteCounty) -> None:
    county.reports("A01", ALL)
    county.tells("centre", plan(CENTRE, SOCIAL, NURSING))
    county.told()
    county.tells("centre", plan(CENTRE, SOCIAL, NURSING, version="2", status="revoked"))
    assert set(county.words()) == {"social", "nursing"}
    county.later(hours=2)
    county.reports("A16")
    assert set(county.words()) >= set(UNITS)


def test_toras_wrong_number_reaches_a_case_of_another_and_nothing_is_told(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    county.later(hours=1)
    assert county.reports("A16", number="198609292381") == "AE"
    assert county.words() == {}
    assert ("other-patient", "feed") in county.standing()


def test_ulf_gets_his_personnummer_and_the_told_units_hear_it_in_the_same_case(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP, number="195009672551")
    county.told()
    county.later(hours=1)
    county.reports("A40", more=["MRG|195009672551^^^^NNSWE"])
    [word] = county.told()["social"]
    assert bundles.event(word) == "admission-updated"
    assert bundles.patient_ids(word)
    assert len(county.cases()) == 1


def test_veras_old_date_comes_after_the_newer_and_does_not_replace_it(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    county.later(hours=10)
    county.reports("A08", planned="20260313")
    county.told()
    county.reports("A08", planned="20260311", recorded=MONDAY + timedelta(hours=5))
    assert county.words() == {}


def test_the_planning_service_hears_what_those_it_carries_for_hear_and_no_other(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP, municipality="2581")
    assert county.words() == {"hospital": ["delivery-report"]}
    assert ("nobody-to-tell", "feed") in county.standing()
    assert PLANNING.endpoint not in county.words()
