"""What parties tell and understand of a stay: whole notices, endings, death and its withdrawal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapter import mappings
from adapter.core.endpoint import Endpoint
from adapter.core.errors import Severity
from adapter.core.model import Bundle, Event, Need
from adapter.fhir import builders, bundles, codec, notices, parts, profiles
from adapter.fhir.builders import Party
from adapter.mappings import Context
from adapter.simulators import parties
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.hl7v2_writer import AdtMessage, write_adt
from adapter.simulators.journal import AdtFeed
from adapter.simulators.messages import Assessment, Draft, ReceivedMessage, Stay, ToldStay
from adapter.simulators.omsorg_format import OmsorgFormat
from adapter.simulators.party_system import KnownStay, PartySystem
from adapter.simulators.sample_stays import sample_stays
from adapter.simulators.traffic_log import TrafficLog
from tests.kit import oracle
from tests.kit.samples import CASE, HOSPITAL, NOW, TOWN, draft

STAY = replace(
    sample_stays(1, NOW, "2580", "Luleå").discharge,
    assessment=Assessment(at=NOW, primary_care=True),
)
AT, LATER = NOW.isoformat(), (NOW + timedelta(days=1)).isoformat()
OLD = "http://electronichealth.se/identifier/nationelltReservnummer"
PATIENT: dict[str, Any] = {
    "meta": {"security": parts.security_labels(["skyddadFolkbokforing"])},
    "identifier": [
        parts.old_identifier(OLD, "98240301AA06"),
        {"system": "http://electronichealth.se/identifier/personnummer", "value": "195009072553"},
    ],
    "address": parts.masked_address(),
}
ENCOUNTER: dict[str, Any] = {
    "status": "onleave",
    "extension": [
        builders.extension("planned-discharge", "DateTime", LATER),
        builders.extension("discharge-ready", "DateTime", AT),
        builders.extension("leave", "Period", {"start": AT, "end": LATER}),
        parts.assessment_extension(
            needs=[Need.SOCIAL_SERVICES], assessed=AT, units=(), withdrawn=None
        ),
    ],
    "period": {"start": AT},
}
WHOLE = ToldStay(
    status="onleave",
    admitted=AT,
    planned=LATER,
    ready=AT,
    leave_from=AT,
    leave_to=LATER,
    needs=("social-services",),
)


def notice(event: Event, **changes: Any) -> Bundle:
    """A notice as the adapter builds it."""
    given: dict[str, Any] = {"patient": PATIENT, "encounter": ENCOUNTER, "reason": ""}
    return notices.notice(
        event=event,
        content=f"n-{event}",
        cases=[CASE],
        sender=Party(organization=HOSPITAL.hsa),
        recorded=NOW,
        **(given | changes),
    )


def understood(bundle: Bundle) -> list[ReceivedMessage]:
    """What a party reads of it in FHIR, and in omsorg."""
    town = Endpoint(name="town", organization=TOWN.hsa, system="omsorg", transport="http")
    context = Context(sender=town, receiver=town, recorded=NOW)
    document = mappings.load()["omsorg"].write(bundles.event(bundle), bundle, context)
    assert context.losses == []
    return [
        FhirFormat(TOWN).read(json.dumps(bundle).encode()),
        OmsorgFormat(TOWN).read(codec.dump("xml", document)),
    ]


def test_a_whole_notice_says_the_same_in_both_formats() -> None:
    for received in understood(notice(Event.ADMISSION_UPDATED)):
        assert received.stay == WHOLE
        assert received.person is not None
        assert (received.person.number, received.person.old_number) == (
            "195009072553",
            "98240301AA06",
        )
        assert received.person.protection == ("skyddadFolkbokforing",)
        assert received.person.street == "skyddad"


@pytest.mark.parametrize("reason", ["withdrawn", "need-ended", "moved", "transferred"])
def test_an_ending_is_understood_by_its_code(reason: str) -> None:
    ended = notice(Event.PROCESS_ENDED, patient={}, encounter={}, reason=reason)
    assert [r.reason for r in understood(ended)] == [reason, reason]


def test_a_lifted_protection_is_understood() -> None:
    patient = {"meta": {"security": parts.protection_lifted()}}
    for received in understood(notice(Event.ADMISSION_UPDATED, patient=patient)):
        assert received.person is not None
        assert received.person.protection == ("none",)


def test_a_death_and_its_withdrawal_are_understood() -> None:
    dead, alive = (understood(notice(e)) for e in (Event.DECEASED, Event.DECEASED_WITHDRAWN))
    assert [r.stay and r.stay.is_dead for r in dead] == [True, True]
    assert [r.event for r in alive] == ["deceased-withdrawn", "deceased-withdrawn"]
    assert [r.stay and r.stay.is_dead for r in alive] == [False, False]


def test_a_withdrawn_assessment_has_no_needs() -> None:
    gone = parts.assessment_extension(needs=Need, assessed=AT, units=(), withdrawn=True)
    ended = notice(Event.PROCESS_ENDED, encounter={"extension": [gone]})
    assert [r.stay and r.stay.needs for r in understood(ended)] == [(), ()]


def test_a_party_keeps_the_newest_word_of_a_stay_and_why_it_ended() -> None:
    town = PartySystem(FhirFormat(TOWN), TrafficLog("town"))
    assert town.stay(CASE) is None
    town.receive(json.dumps(notice(Event.ADMISSION_UPDATED)).encode())
    assert town.stay(CASE) == KnownStay(event="admission-updated", stay=WHOLE)
    ended = notice(Event.PROCESS_ENDED, encounter={}, reason="moved")
    town.receive(json.dumps(ended).encode())
    assert town.stay(CASE) == KnownStay(
        event="process-ended", stay=ToldStay(status="in-progress"), ended="moved"
    )


def told_of(event: str, **changes: Any) -> Draft:
    return draft(event, stay=replace(STAY, **changes), to=())


STAYS: dict[str, dict[str, Any]] = {
    "admission-notice": {},
    "admission-updated": {"ready": NOW, "leave_from": NOW},
    "admission-cancelled": {},
    "leave-started": {"leave_from": NOW, "leave_to": NOW},
    "leave-ended": {},
    "discharge-ready": {"ready": NOW},
    "discharge-ready-withdrawn": {},
    "discharged": {"discharged": NOW},
    "discharge-cancelled": {},
    "deceased": {"died": NOW, "discharged": NOW},
    "deceased-withdrawn": {"is_alive": True},
}


@pytest.mark.parametrize("event", STAYS)
def test_a_journal_that_speaks_fhir_tells_its_stay_in_valid_messages(event: str) -> None:
    body = FhirFormat(HOSPITAL).write(told_of(event, **STAYS[event])).body
    bundle = json.loads(body)
    assert [i for i in profiles.validate(bundle) if i.severity is Severity.ERROR] == []
    assert oracle.problems(bundle) == []
    received = FhirFormat(TOWN).read(body)
    assert received.event == event
    assert received.stay is not None
    assert received.stay.needs == ("social-services", "municipal-health-care", "primary-care")


def test_the_journal_sends_fhir_under_the_name_of_the_visit() -> None:
    hospital = parties.journal(HOSPITAL, TrafficLog("j"), inbox_port=0, feed=AdtFeed(port=1))
    id_ = hospital.send_fhir("deceased-withdrawn", STAY)
    outgoing = hospital.system.next_outgoing()
    assert outgoing is not None
    assert (outgoing.content_id, outgoing.case) == (id_, f"{HOSPITAL.hsa}/{STAY.visit}")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, ("", "")),
        ({"is_alive": True}, ("", "N")),
        ({"died": NOW}, ("20260302103000.000+0100", "Y")),
    ],
)
def test_the_feed_says_that_the_patient_is_dead_or_is_not(
    changes: dict[str, Any], fields: tuple[str, str]
) -> None:
    stay: Stay = replace(STAY, **changes)
    body = write_adt(AdtMessage(trigger="A08", control="S1", at=NOW, stay=stay), HOSPITAL)
    segment = next(s for s in body.decode().split("\r") if s.startswith("PID"))
    pid = [*segment.split("|"), *[""] * 31]
    assert (pid[29], pid[30]) == fields
