"""Sharing: nothing is sent before the physician's assessment (SFS 2017:612 2 kap.)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.core.endpoint import Route, Sharing
from adapter.core.model import Event, Need
from adapter.core.protection import Protection, ProtectionLevel, ProtectionPolicy
from adapter.fhir import assessments, bundles, labels, rewriting
from adapter.store.tables import item
from tests.kit import drafts
from tests.kit.drafts import LULEA, T0
from tests.kit.region import SETTINGS, Region

WARD_1, WARD_2 = ([{"location": {"display": ward}}] for ward in "12")


def test_an_admission_without_assessment_is_receipted_and_told_to_nobody(region: Region) -> None:
    content = region.tells("hospital", drafts.stay(needs=()))
    assert region.receipts("hospital") == [(content, "ok")]
    assert region.deliveries() == []
    assert region.messages()[0]["note"] == "not-shared"
    assert region.cases()[0]["shared_at"] is None


def test_an_assessment_shares_the_case_with_those_whose_efforts_are_needed(
    region: Region,
) -> None:
    region.tells("hospital", drafts.stay())
    assert region.events("lulea") == ["admission-notice"]
    assert region.events("planning") == ["admission-notice"]
    assert region.events("umea") == []


def test_a_late_assessment_tells_what_is_known_and_what_stands(region: Region) -> None:
    region.tells("hospital", drafts.stay(needs=()))
    region.tells("hospital", drafts.ready(10))
    region.inbox("planning")
    update = drafts.stay(Event.ADMISSION_UPDATED, minutes=20)
    region.tells("hospital", update)
    [notice] = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] != "receipt"]
    assert bundles.event(notice) == "admission-notice"
    region.receipt("lulea", bundles.content_id(notice))
    [ready] = region.inbox("lulea")
    assert bundles.event(ready) == "discharge-ready"
    mark = bundles.extension_value(bundles.focus(ready), "discharge-ready")
    assert bundles.instant(mark) is not None


def test_an_assessment_before_the_admission_waits_for_it(region: Region) -> None:
    judged = drafts.stay(Event.ADMISSION_UPDATED)
    stay = bundles.focus(judged) or {}
    without = {k: v for k, v in stay.items() if k not in ("period", "serviceProvider")}
    early = rewriting.with_resource(judged, without)
    region.tells("hospital", early)
    assert region.events("lulea") == []
    region.tells("hospital", drafts.stay(needs=(), minutes=5))
    [notice] = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] != "receipt"]
    assert bundles.event(notice) == "admission-notice"
    judgement = assessments.assessment(notice)
    assert judgement is not None
    assert judgement.needs == {Need.SOCIAL_SERVICES}


def test_an_update_that_does_not_say_when_the_stay_began_shares_what_the_admission_said(
    region: Region,
) -> None:
    region.tells("hospital", drafts.stay(needs=()))
    region.tells("hospital", drafts.stay(Event.ADMISSION_UPDATED, minutes=9, period={}))
    [notice] = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] != "receipt"]
    assert (bundles.focus(notice) or {})["period"]["start"] == T0.isoformat()


def test_an_update_that_changes_nothing_that_matters_is_told_to_nobody(region: Region) -> None:
    region.tells("hospital", drafts.stay())
    region.events("lulea")
    region.tells("hospital", drafts.stay(Event.ADMISSION_UPDATED, minutes=5, needs=()))
    assert region.events("lulea") == []
    assert region.messages()[-1]["note"] == "unchanged"


@pytest.mark.parametrize("first", ["lulea"])
def test_a_moved_planned_discharge_is_told(region: Region, first: str) -> None:
    content = region.tells("hospital", drafts.stay())
    region.receipt(first, content)
    region.events(first)
    moved = drafts.stay(
        Event.ADMISSION_UPDATED, minutes=5, needs=(), planned="2026-03-10T12:00:00+01:00"
    )
    region.tells("hospital", moved)
    assert region.events(first) == ["admission-updated"]


def test_a_withdrawn_assessment_tells_those_who_were_told_and_ends_the_sharing(
    region: Region,
) -> None:
    content = region.tells("hospital", drafts.stay())
    region.receipt("lulea", content)
    region.receipt("planning", content)
    region.events("lulea")
    withdrawn = drafts.stay(Event.PROCESS_ENDED, minutes=5, needs=())
    region.tells("hospital", withdrawn)
    assert region.events("lulea") == ["process-ended"]
    region.tells("hospital", drafts.ready(10))
    assert region.events("lulea") == []
    assert {row["detail"] for row in region.history("sharing-ended")} == {
        "lulea social-services: withdrawn",
        "planning social-services: withdrawn",
    }


def test_a_cancelled_admission_that_comes_first_lets_the_late_admission_pass_nowhere(
    region: Region,
) -> None:
    cancelled = drafts.stay(
        Event.ADMISSION_CANCELLED, minutes=5, needs=(), status="entered-in-error"
    )
    region.tells("hospital", cancelled)
    content = region.tells("hospital", drafts.stay(minutes=0))
    assert region.events("lulea") == []
    note = region.messages()[-1]["note"]
    assert note == f"not-forwarded: superseded by {region.messages()[0]['id']}"
    assert region.receipts("hospital")[-1] == (content, "ok")


def test_an_older_word_is_superseded_and_tells_nobody(region: Region) -> None:
    content = region.tells("hospital", drafts.stay())
    region.receipt("lulea", content)
    region.events("lulea")
    region.tells("hospital", drafts.stay(Event.DISCHARGE_READY_WITHDRAWN, minutes=20, needs=()))
    region.tells("hospital", drafts.ready(10))
    assert region.events("lulea") == []
    assert "superseded" in region.messages()[-1]["note"]
    assert [row["what"] for row in region.rows(item)] == ["late-word"]


def test_municipal_health_care_brings_the_primary_care_unit(region: Region) -> None:
    clinic = replace(SETTINGS.endpoints[3], serves=(Need.PRIMARY_CARE,), municipality="2580")
    region.with_settings(endpoints=(*SETTINGS.endpoints[:3], clinic))
    region.tells("hospital", drafts.stay(needs=("social-services",)))
    assert region.events("umea") == []
    region.tells("hospital", drafts.stay(visit="V2", needs=("municipal-health-care",)))
    assert region.events("umea") == ["admission-notice"]


def test_a_discharge_closes_the_case_and_a_reopening_opens_it(region: Region) -> None:
    region.tells("hospital", drafts.stay())
    period = {"start": T0.isoformat(), "end": T0.isoformat()}
    done = drafts.stay(Event.DISCHARGED, minutes=9, needs=(), status="finished", period=period)
    region.tells("hospital", done)
    assert region.cases()[0]["closed_at"] is not None
    region.tells("hospital", drafts.stay(Event.DISCHARGE_CANCELLED, minutes=12, needs=()))
    assert region.cases()[0]["closed_at"] is None


def test_a_message_without_case_joins_the_only_open_case_of_the_patient(region: Region) -> None:
    region.tells("hospital", drafts.stay())
    region.tells("hospital", drafts.stay(Event.ADMISSION_UPDATED, visit="", minutes=4))
    assert len(region.cases()) == 1
    assert not region.cases()[0]["flagged"]


def test_a_message_without_case_or_patient_known_opens_a_flagged_one(region: Region) -> None:
    region.tells("hospital", drafts.stay(visit=""))
    [case] = region.cases()
    assert case["flagged"]


def test_a_protected_patient_is_held_for_a_person(region: Region) -> None:
    content = region.tells("hospital", drafts.stay(person=drafts.patient(protected=True)))
    assert region.receipts("hospital") == [(content, "ok")]
    assert region.events("lulea") == []
    assert {d["code"] for d in region.deliveries()} == {"protected-identity"}
    assert {d["state"] for d in region.deliveries()} == {"dead"}


def test_the_settings_may_let_notices_of_protected_patients_pass(region: Region) -> None:
    rows = (
        Protection(level=ProtectionLevel.MARKED, to=("lulea",), policy=ProtectionPolicy.FULL),
        Protection(level=ProtectionLevel.MARKED, to=("planning",), policy=ProtectionPolicy.MASKED),
    )
    region.with_settings(protection=rows)
    region.tells("hospital", drafts.stay(person=drafts.patient(protected=True)))
    [full] = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] != "receipt"]
    assert labels.protection(full) == "sekretessmarkering"
    assert (bundles.patient(full) or {})["address"][0]["line"] == ["Storgatan 1"]
    [masked] = [b for b in region.inbox("planning") if bundles.event_code(b)[1] != "receipt"]
    assert (bundles.patient(masked) or {})["address"] == [{"use": "home", "text": "skyddad"}]


def test_a_flag_that_comes_later_holds_what_is_not_yet_sent(region: Region) -> None:
    region.tells("hospital", drafts.stay())
    region.tells("hospital", drafts.ready(5))  # waits behind the unreceipted notice
    update = drafts.stay(Event.ADMISSION_UPDATED, minutes=6, person=drafts.patient(protected=True))
    region.tells("hospital", update)
    states = {(d["event"], d["state"]) for d in region.deliveries(endpoint="lulea")}
    assert ("discharge-ready", "dead") in states
    assert ("admission-notice", "in-flight") in states


def test_a_late_message_of_another_family_does_not_share_again_what_was_withdrawn(
    region: Region,
) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.stay()))
    region.tells("hospital", drafts.stay(Event.PROCESS_ENDED, minutes=10, needs=()))
    region.turn()
    region.events("lulea")
    late = drafts.stay(Event.LEAVE_STARTED, minutes=5, status="onleave")  # repeats the judgement
    region.tells("hospital", late)
    assert region.events("lulea") == []
    assert "superseded" in region.messages()[-1]["note"]


def test_a_late_message_with_a_newer_judgement_brings_that_and_nothing_older(
    region: Region,
) -> None:
    region.with_settings(sharing=Sharing(wards=True))
    region.tells("hospital", drafts.stay(needs=(), location=WARD_1))
    region.tells(
        "hospital",
        drafts.stay(Event.ADMISSION_UPDATED, minutes=10, needs=(), location=WARD_2),
    )
    late = drafts.stay(Event.ADMISSION_UPDATED, minutes=5, location=WARD_1)
    region.tells("hospital", late)
    [notice] = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] != "receipt"]
    assert bundles.ward(notice) == "2"
    older = drafts.stay(Event.ADMISSION_UPDATED, minutes=7, needs=(), location=WARD_1)
    region.tells("hospital", older)
    assert "superseded" in region.messages()[-1]["note"]


def test_a_judgement_with_another_event_gives_two_messages_with_ids_of_their_own(
    region: Region,
) -> None:
    region.tells("hospital", drafts.stay(needs=()))
    judged = drafts.ready(5)
    stay = bundles.focus(judged) or {}
    stay = {k: v for k, v in stay.items() if k not in ("period", "serviceProvider")}
    stay |= {"extension": [*stay["extension"], drafts.assessment("social-services")]}
    region.tells("hospital", rewriting.with_resource(judged, stay))
    both = region.deliveries(endpoint="lulea")
    assert [d["event"] for d in both] == ["admission-notice", "discharge-ready"]
    assert len({d["content_id"] for d in both}) == 2


def test_a_case_once_protected_stays_so_when_a_message_leaves_the_flag_out(
    region: Region,
) -> None:
    region.tells("hospital", drafts.stay(person=drafts.patient(protected=True)))
    region.tells("hospital", drafts.ready(5))
    region.tells("hospital", drafts.note())
    assert region.events("lulea") == []
    assert {d["code"] for d in region.deliveries()} == {"protected-identity"}


def test_an_update_that_names_no_care_provider_is_told_all_the_same(region: Region) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.stay()))
    region.events("lulea")
    moved = drafts.stay(
        Event.ADMISSION_UPDATED,
        minutes=5,
        needs=(),
        planned="2026-03-10T12:00:00+01:00",
        serviceProvider={},
    )
    region.tells("hospital", moved)
    assert region.events("lulea") == ["admission-updated"]


def test_a_new_judgement_without_the_stay_is_told_and_not_the_one_before(region: Region) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.stay()))
    ended = drafts.stay(Event.PROCESS_ENDED, minutes=5, needs=(), serviceProvider={})
    region.tells("hospital", ended)
    region.receipt("lulea", region.deliveries(endpoint="lulea")[-1]["content_id"])
    region.inbox("lulea")
    anew = drafts.stay(
        Event.ADMISSION_UPDATED, minutes=9, needs=("municipal-health-care",), serviceProvider={}
    )
    region.tells("hospital", anew)
    [notice] = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] != "receipt"]
    judged = assessments.assessment(notice)
    assert judged is not None
    assert judged.needs == {Need.MUNICIPAL_HEALTH_CARE}


@pytest.mark.parametrize(("wards", "events"), [(False, []), (True, ["admission-updated"])])
def test_a_ward_is_told_only_where_the_region_tells_all_wards(
    region: Region, wards: bool, events: list[str]
) -> None:
    region.with_settings(sharing=Sharing(wards=wards))
    region.receipt("lulea", region.tells("hospital", drafts.stay(location=WARD_1)))
    region.events("lulea")
    moved = drafts.stay(Event.ADMISSION_UPDATED, minutes=5, needs=(), location=WARD_2)
    region.tells("hospital", moved)
    assert region.events("lulea") == events


def test_a_sender_is_not_told_what_it_said_itself(region: Region) -> None:
    routes = (Route(events=(Event.MESSAGE,), to=("lulea", "umea")),)
    region.with_settings(routes=routes)
    region.tells("lulea", drafts.note(sender=LULEA, to=()))
    assert region.events("lulea") == []
    assert region.events("umea") == ["message"]
