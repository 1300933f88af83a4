"""The last stories from SFS 2017:612: what each role sees, outages, numbers and strangers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapter.core.model import Bundle, Event
from adapter.fhir import assessments, bundles, labels
from adapter.fhir.builders import Party
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, PLANNING, UMEA
from tests.kit.statute_county import (
    ALL,
    CENTRE,
    HOME_HELP,
    MONDAY,
    NURSING,
    OTHER_CENTRE,
    SECOND,
    SOCIAL,
    Judged,
    StatuteCounty,
    in_the_case,
    plan,
    refused,
)


@pytest.fixture
def county(store_url: str) -> Iterator[StatuteCounty]:
    """A county with a unit for each need."""
    found = StatuteCounty(store_url)
    yield found
    found.store.close()


def needs(bundle: Bundle) -> set[str]:
    """The needs that a notice names."""
    judged = assessments.assessment(bundle)
    return {str(need) for need in judged.needs} if judged else set()


def test_each_unit_sees_its_own_need_and_no_name_of_another_receiver(county: StatuteCounty) -> None:
    county.reports("A01", ALL)
    told = county.told()
    assert {name: needs(told[name][0]) for name in ("social", "nursing", "centre")} == {
        "social": {"social-services"},
        "nursing": {"municipal-health-care"},
        "centre": {"municipal-health-care", "primary-care"},
    }
    for name, party in (("social", SOCIAL), ("nursing", NURSING), ("centre", CENTRE)):
        assert bundles.receiver_ids(told[name][0]) == (party.organization,)


def test_the_centre_where_the_patient_is_listed_is_told_and_not_that_of_the_address(
    county: StatuteCounty,
) -> None:
    listed = f"PD1||||{'^' * 13}{OTHER_CENTRE.organization}"
    county.reports("A01", Judged(nursing="Y"), more=[listed])
    assert set(county.words()) == {"nursing", "other-centre", "planning"}


def test_a_listed_centre_that_is_not_connected_is_nobody_to_tell_and_no_other_is_told(
    county: StatuteCounty,
) -> None:
    listed = f"PD1||||{'^' * 13}SE2321000230-NOWHERE"
    county.reports("A01", Judged(nursing="Y"), more=[listed])
    words = county.words()
    assert set(words) == {"nursing", "planning", "hospital"}
    assert words["hospital"] == ["delivery-report"]
    assert county.standing() == [("nobody-to-tell", "feed")]


def test_a_patient_whom_another_municipality_has_placed_is_told_of_to_the_unit_that_is_named(
    county: StatuteCounty,
) -> None:
    county.reports("A01", Judged(social="Y", units=SOCIAL.organization), municipality="2480")
    assert set(county.words()) == {"social", "planning"}


def test_a_judgement_withdrawn_before_its_notice_left_tells_the_unit_nothing(
    county: StatuteCounty,
) -> None:
    county.down.add("social")
    county.reports("A01", HOME_HELP)
    county.later(hours=2)
    county.reports("A08", Judged(withdrawn="Y", at=county.now))
    county.down.clear()
    county.later(hours=2)
    assert "social" not in county.words()
    assert county.standing() == []


def test_a_judgement_withdrawn_after_a_notice_that_may_have_come_names_no_person(
    county: StatuteCounty,
) -> None:
    county.hangs_up.add("social")
    county.reports("A01", HOME_HELP)
    county.later(hours=2)
    county.reports("A08", Judged(withdrawn="Y", at=county.now))
    county.hangs_up.clear()
    county.later(hours=2)
    [word] = county.told()["social"]
    assert bundles.event(word) == "process-ended"
    assert not any(fact in json.dumps(word) for fact in ("195009072553", "Ek", "Storgatan"))


def test_a_unit_that_was_away_gets_one_notice_with_the_date_that_stands(
    county: StatuteCounty,
) -> None:
    county.down.add("social")
    county.reports("A01", HOME_HELP)
    county.later(hours=5)
    county.reports("A08", planned="20260315")
    county.down.clear()
    county.later(hours=2)
    [word] = county.told()["social"]
    assert bundles.event(word) == "admission-notice"
    planned = bundles.extension_value(bundles.focus(word), "planned-discharge")
    assert planned.startswith("2026-03-15")


def test_a_notice_that_was_refused_stands_before_a_person_and_the_next_word_is_a_notice_again(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    [notice] = county.inbox("social")
    county.tells("social", drafts.receipt(bundles.content_id(notice), SOCIAL, "fatal-error"))
    assert county.words()["hospital"] == ["delivery-report"]
    assert county.standing() == [("refused", "social")]
    county.later(hours=1)
    county.reports("A08", planned="20260315")
    assert county.words()["social"] == ["admission-notice"]
    assert county.standing() == []


def test_a_need_withdrawn_and_judged_anew_is_told_by_a_new_notice(county: StatuteCounty) -> None:
    county.reports("A01", HOME_HELP)
    county.later(hours=1)
    county.reports("A08", Judged(withdrawn="Y", at=county.now))
    county.told()
    county.later(hours=1)
    county.reports("A08", Judged(social="Y", at=county.now))
    assert county.words()["social"] == ["admission-notice"]


def test_a_unit_that_is_needed_only_after_the_patient_was_ready_hears_both(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.reports("A16")
    county.told()
    county.later(days=1)
    county.reports("A08", Judged(social="Y", nursing="Y", at=county.now))
    words = county.words()
    assert words["nursing"] == words["centre"] == ["admission-notice", "discharge-ready"]
    assert "social" not in words


def test_a_discharge_that_comes_before_its_admission_is_told_with_the_notice(
    county: StatuteCounty,
) -> None:
    county.later(days=3)
    county.reports("A03", ended="20260304090000+0100", recorded=MONDAY + timedelta(days=2))
    assert county.words() == {}
    county.reports("A01", HOME_HELP, recorded=MONDAY)
    assert county.words()["social"] == ["admission-notice", "discharged"]
    assert len(county.cases()) == 1


@pytest.mark.parametrize("number", ["195009072553", "198609292381"])
def test_a_new_stay_needs_its_own_judgement(county: StatuteCounty, number: str) -> None:
    county.reports("A01", HOME_HELP)
    county.reports("A03", ended="20260302100000+0100")
    county.told()
    county.later(days=1)
    for trigger in ("A01", "A16"):
        assert county.reports(trigger, visit="7100299", number=number) == "AA"
    assert county.words() == {}


@pytest.mark.parametrize("sender", [PLANNING, SOCIAL, UMEA])
def test_only_the_hospital_tells_of_its_stay(county: StatuteCounty, sender: Party) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    for event in (Event.ADMISSION_UPDATED, Event.DISCHARGE_READY_WITHDRAWN, Event.PROCESS_ENDED):
        word = in_the_case(drafts.stay(event, sender=sender, minutes=90, needs=()))
        assert refused(county, sender, word) == ["not-entitled"]
    assert county.words() == {}


def test_a_unit_whose_need_has_ended_neither_writes_nor_is_written_to_in_the_case(
    county: StatuteCounty,
) -> None:
    county.reports("A01", ALL)
    county.told()
    county.later(hours=1)
    county.reports("A08", Judged(social="Y", centre="Y", at=county.now))
    county.told()
    county.tells("hospital", in_the_case(drafts.note("Ja", to=(NURSING, SOCIAL))))
    assert county.words() == {"social": ["message"]}
    late = in_the_case(drafts.note("Nej", to=(SOCIAL,), sender=NURSING))
    assert refused(county, NURSING, late) == ["not-entitled"]


def test_a_centre_that_got_no_notice_begins_no_plan_in_the_case(county: StatuteCounty) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    assert refused(county, CENTRE, plan(CENTRE, SOCIAL)) == ["not-entitled"]
    assert county.words() == {}


def test_one_who_was_not_told_cannot_answer_the_notice(county: StatuteCounty) -> None:
    county.reports("A01", HOME_HELP)
    [notice] = county.told()["social"]
    answer = drafts.answer(bundles.content_id(notice), UMEA, "rejected")
    assert refused(county, UMEA, answer) == ["concerns-unknown"]
    assert county.words() == {}


def test_another_hospitals_label_reaches_those_who_were_told_and_holds_the_rest(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    protected = drafts.patient(protected=True)
    county.tells("second", drafts.stay(sender=SECOND, visit="B1", minutes=30, person=protected))
    [word] = county.told()["social"]
    assert labels.protection(word) == "sekretessmarkering"
    assert bundles.case_ids(word)[0].startswith(HOSPITAL.organization)
    county.later(hours=3)
    county.reports("A16")
    assert county.words() == {}
    assert ("protected-identity", "social") in county.standing()


def test_a_new_personnummer_in_the_place_of_another_links_the_two_for_nobody(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    county.later(hours=1)
    county.reports("A40", number="198609292381", more=["MRG|195009072553^^^^NNSWE"])
    assert county.words() == {}
    assert ("identity", "feed") in county.standing()
