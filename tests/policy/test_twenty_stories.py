"""Stories of patients, written from SFS 2017:612 by one who had not seen the code: told or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.store.tables import item as items
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL
from tests.kit.statute_county import ALL, HOME_HELP, MONDAY, SOCIAL, UNITS, Judged, StatuteCounty


@pytest.fixture
def county(store_url: str) -> Iterator[StatuteCounty]:
    """A county with a unit for each need."""
    found = StatuteCounty(store_url)
    yield found
    found.store.close()


def planned(bundle: Bundle) -> str:
    """The planned discharge that a notice tells."""
    return str(bundles.extension_value(bundles.focus(bundle), "planned-discharge"))


def test_anna_who_may_need_home_help_is_told_of_to_the_social_services_and_not_to_health_care(
    county: StatuteCounty,
) -> None:
    assert county.reports("A01", HOME_HELP, ward="PSYK2") == "AA"
    told = county.told()
    assert set(told) == {"social", "planning"}
    [notice] = told["social"]
    person = bundles.patient(notice) or {}
    assert bundles.event(notice) == "admission-notice"
    assert person["name"][0]["family"] == "Ek"
    assert bundles.patient_ids(notice)
    assert person["address"][0]["line"] == ["Storgatan 1"]
    assert planned(notice).startswith("2026-03-09")
    assert "PSYK2" not in json.dumps(told)
    assert county.standing() == []


def test_bo_who_needs_home_nursing_is_told_of_to_primary_care_too_and_not_to_social_services(
    county: StatuteCounty,
) -> None:
    county.reports("A01", Judged(nursing="Y"))
    assert set(county.words()) == {"nursing", "centre", "planning"}


def test_cia_of_whom_no_need_is_judged_is_told_of_to_nobody_to_the_end(
    county: StatuteCounty,
) -> None:
    for hours, trigger in enumerate(("A01", "A02", "A21", "A22", "A16", "A03")):
        county.now = MONDAY + timedelta(hours=hours)
        assert (
            county.reports(trigger, ended="20260302150000+0100" if trigger == "A03" else "") == "AA"
        )
    assert county.words() == {}
    assert county.standing() == []


def test_david_whose_need_is_seen_on_the_fifth_day_has_24_hours_from_then(
    county: StatuteCounty,
) -> None:
    county.reports("A01", municipality="2584")
    county.later(days=4, hours=5)
    assert county.words() == {}
    friday = county.now
    county.reports("A08", Judged(social="Y", at=friday), municipality="2584")
    with_time = [(i["what"], i["due_at"]) for i in county.rows(items)]
    assert with_time == [("nobody-to-tell", friday + timedelta(hours=24))]


def test_eva_whose_notice_comes_too_late_is_told_of_all_the_same(county: StatuteCounty) -> None:
    county.later(hours=30)
    county.reports("A01", Judged(social="Y", at=MONDAY))
    assert county.words()["social"] == ["admission-notice"]


def test_fatimas_new_dates_go_to_those_who_were_told_and_to_nobody_else(
    county: StatuteCounty,
) -> None:
    county.reports("A01", Judged(social="Y", nursing="Y"))
    first = county.words()
    assert set(first) == {"social", "nursing", "centre", "planning"}
    for day in (11, 13):
        county.later(hours=20)
        county.reports("A08", planned=f"202603{day}")
        told = county.told()
        assert set(told) == set(first)
        assert all(planned(b).startswith(f"2026-03-{day}") for got in told.values() for b in got)


def test_a_new_date_without_a_notice_is_told_to_nobody(county: StatuteCounty) -> None:
    county.reports("A01")
    county.later(hours=20)
    county.reports("A08", planned="20260311")
    assert county.words() == {}


def test_gostas_nursing_is_no_longer_needed_and_the_others_go_on(county: StatuteCounty) -> None:
    county.reports("A01", Judged(social="Y", nursing="Y", centre="Y"))
    county.told()
    county.later(hours=20)
    county.reports("A08", Judged(social="Y", centre="Y", at=county.now))
    told = county.told()
    assert [bundles.event(b) for b in told["nursing"]] == ["process-ended"]
    assert bundles.ended_reason(told["nursing"][0]) == "need-ended"
    assert "process-ended" not in [bundles.event(b) for b in told.get("social", [])]
    county.later(hours=20)
    county.reports("A16")
    words = county.words()
    assert words["social"] == words["centre"] == ["discharge-ready"]
    assert "nursing" not in words


def test_primary_care_that_was_told_only_for_the_nursing_hears_when_the_nursing_ends(
    county: StatuteCounty,
) -> None:
    county.reports("A01", Judged(social="Y", nursing="Y"))
    county.told()
    county.later(hours=20)
    county.reports("A08", Judged(social="Y", at=county.now))
    words = county.words()
    assert words["nursing"] == words["centre"] == ["process-ended"]
    assert "social" not in words


def test_hannas_notice_was_about_the_wrong_person_and_those_who_were_told_hear_it(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    first = set(county.words())
    county.later(hours=1)
    county.reports("A11")
    assert county.words() == {key: ["admission-cancelled"] for key in first}
    county.later(hours=1)
    county.reports("A08", planned="20260314")
    county.reports("A16")
    assert county.words() == {}


def test_a_withdrawn_judgement_ends_it_for_all_and_the_clinical_reason_stays_at_the_hospital(
    county: StatuteCounty,
) -> None:
    county.reports("A01", ALL)
    first = set(county.words())
    county.later(hours=5)
    county.reports("A08", Judged(withdrawn="Y", at=county.now, reason="Delirium, dör snart"))
    told = county.told()
    assert {n: [bundles.event_code(b)[1] for b in g] for n, g in told.items()} == {
        key: ["process-ended"] for key in first
    }
    assert "Delirium" not in json.dumps(told)
    county.later(hours=5)
    county.reports("A16")
    county.reports("A03", ended="20260302210000+0100")
    assert county.words() == {}


def test_ivar_is_ready_and_all_parties_hear_it_and_when_they_heard_it_is_kept(
    county: StatuteCounty,
) -> None:
    county.reports("A01", ALL)
    county.told()
    county.later(days=3, hours=1)
    county.reports("A16")
    assert {name: words for name, words in county.words().items() if name in UNITS} == {
        key: ["discharge-ready"] for key in UNITS
    }
    [row] = county.deliveries(endpoint="social", event="discharge-ready")
    assert row["sent_at"] == county.now


def test_ivar_is_not_ready_after_all_and_the_same_units_hear_it(county: StatuteCounty) -> None:
    county.reports("A01", ALL)
    county.reports("A16")
    county.told()
    county.later(hours=2)
    county.reports("A25")
    words = county.words()
    assert {words[name][0] for name in UNITS} == {"discharge-ready-withdrawn"}


def test_jenny_is_ready_and_was_never_judged_so_nobody_is_told(county: StatuteCounty) -> None:
    county.reports("A16")
    assert county.words() == {}


def test_karl_is_discharged_and_the_units_hear_it_the_same_day_without_diagnosis(
    county: StatuteCounty,
) -> None:
    county.reports("A01", ALL, ward="ONKOL1")
    county.told()
    county.later(days=2)
    county.reports(
        "A03", ward="ONKOL1", ended="20260304100000+0100", more=["DG1|1||C50^Bröstcancer"]
    )
    told = county.told()
    assert {n: [bundles.event_code(b)[1] for b in told[n]] for n in UNITS} == {
        key: ["discharged"] for key in UNITS
    }
    assert not any(word in json.dumps(told) for word in ("C50", "cancer", "ONKOL"))
    county.later(days=9)
    county.reports("A08", planned="20260320")
    assert county.words() == {}


def test_lena_dies_and_every_open_party_hears_the_day_and_no_cause_and_then_nothing(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    first = set(county.words())
    county.later(days=1)
    county.reports("A03", dead="20260303093000+0100|Y", ended="20260303093000+0100", left="20")
    told = county.told()
    assert {n: [bundles.event_code(b)[1] for b in g] for n, g in told.items()} == {
        key: ["deceased"] for key in first
    }
    assert (bundles.patient(told["social"][0]) or {})["deceasedDateTime"]
    county.later(days=9)
    county.reports("A08", planned="20260311")
    county.reports("A16")
    assert county.words() == {}


def test_mats_changes_ward_and_no_unit_hears_of_it(county: StatuteCounty) -> None:
    county.reports("A01", ALL)
    county.told()
    county.later(hours=6)
    county.reports("A02", ward="PSYK1")
    assert county.words() == {}


def test_what_the_social_services_write_is_not_answered_with_the_hospitals_own(
    county: StatuteCounty,
) -> None:
    county.reports("A01", HOME_HELP)
    county.told()
    county.tells(
        "social", drafts.note("Hemtjänst finns", sender=SOCIAL, to=(HOSPITAL,), visit="7100231")
    )
    assert set(county.words()) <= {"hospital", "social"}
