"""A notice that is built from parts fits the profile of its event, whatever the parts are."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from adapter.core.errors import Severity
from adapter.core.model import ONLY_RECEIVED, Bundle, Event, Kind, Need
from adapter.fhir import builders, bundles, lineage, notices, parts, profiles, references
from adapter.fhir.builders import Party
from tests.kit import drafts, oracle

STAY = [e for e in Event if e.kind is Kind.ENCOUNTER and e not in ONLY_RECEIVED]
AT = drafts.T0.isoformat()
PATIENT = {k: v for k, v in drafts.patient().items() if k not in {"id", "resourceType"}}
READY = builders.extension("discharge-ready", "DateTime", AT)
LEAVE = builders.extension("leave", "Period", {"start": AT})
PLANNED = builders.extension("planned-discharge", "DateTime", AT)
ASSESSED = parts.assessment_extension(needs=Need, assessed=AT, units=(), withdrawn=None)
OF_THE_EVENT: dict[Event, dict[str, Any]] = {
    Event.DISCHARGED: {"period": {"start": AT, "end": AT}},
    Event.DISCHARGE_READY: {"extension": [READY]},
}
WHOLE = {
    "identifier": parts.visit_identifiers("V1"),
    "extension": [PLANNED, READY, LEAVE, ASSESSED],
    "period": {"start": AT},
    "location": [{"location": {"display": "Avdelning 12"}}],
}
HOSPITAL = {
    "identifier": [{"system": "urn:oid:1.2.752.29.4.19", "value": drafts.HOSPITAL.organization}],
    "name": "Sundby sjukhus",
    "telecom": [{"system": "phone", "value": "0911-00 00 00"}],
}


def notice(event: Event, **changes: Any) -> Bundle:
    given: dict[str, Any] = {
        "content": "a-1",
        "patient": PATIENT,
        "encounter": WHOLE | OF_THE_EVENT.get(event, {}),
        "cases": ["SE2321000001-SUNDBY/V1"],
        "sender": drafts.HOSPITAL,
        "recorded": drafts.T0,
    }
    return notices.notice(event=event, **(given | changes))


def errors(bundle: Bundle) -> list[tuple[str, str]]:
    issues = profiles.check_message(bundles.event(bundle), bundle)
    return [(i.code, i.expression) for i in issues if i.severity is Severity.ERROR]


def encounter(bundle: Bundle) -> dict[str, Any]:
    focus = bundles.focus(bundle)
    assert focus is not None
    return focus


@pytest.mark.parametrize("event", STAY)
def test_a_whole_notice_of_every_event_fits_its_profile(event: Event) -> None:
    bundle = notice(event, organization=HOSPITAL, receivers=[drafts.LULEA])
    assert errors(bundle) == []
    assert oracle.problems(bundle) == []


@pytest.mark.parametrize("event", STAY)
def test_so_does_one_that_says_as_little_as_possible(event: Event) -> None:
    bundle = notice(event, patient={}, encounter=OF_THE_EVENT.get(event, {}))
    assert errors(bundle) == []
    assert oracle.problems(bundle) == []


@pytest.mark.parametrize("status", ["", "in-progress", "onleave", "finished"])
@pytest.mark.parametrize("event", STAY)
def test_every_status_and_mixture_of_elements_fits(event: Event, status: str) -> None:
    for count in range(5):
        for extensions in combinations(WHOLE["extension"], count):
            stay = {"status": status, "extension": list(extensions)} | OF_THE_EVENT.get(event, {})
            assert errors(notice(event, encounter=stay)) == []


@pytest.mark.parametrize(
    ("event", "encounter_", "status"),
    [
        (Event.ADMISSION_UPDATED, {}, "in-progress"),
        (Event.ADMISSION_UPDATED, {"status": "onleave"}, "onleave"),
        (Event.ADMISSION_UPDATED, {"period": {"end": AT}}, "finished"),
        (Event.LEAVE_STARTED, {}, "onleave"),
        (Event.LEAVE_ENDED, {"status": "onleave"}, "in-progress"),
        (Event.DISCHARGE_READY, {"status": "onleave"}, "onleave"),
        (Event.DISCHARGE_CANCELLED, {"status": "finished"}, "in-progress"),
        (Event.DISCHARGE_CANCELLED, {"status": "onleave"}, "onleave"),
        (Event.DECEASED, {"status": "onleave"}, "finished"),
        (Event.ADMISSION_CANCELLED, {"status": "finished"}, "entered-in-error"),
        (Event.PROCESS_ENDED, {"status": "finished"}, "finished"),
    ],
)
def test_the_event_decides_the_status_or_leaves_it(
    event: Event, encounter_: dict[str, Any], status: str
) -> None:
    assert notices.status(event, encounter_) == status


def test_what_an_event_withdraws_is_not_in_its_notice() -> None:
    withdrawn = notice(Event.DISCHARGE_READY_WITHDRAWN)
    assert bundles.extension_value(encounter(withdrawn), "discharge-ready") is None
    reopened = notice(Event.DISCHARGE_CANCELLED, encounter={"period": {"start": AT, "end": AT}})
    assert encounter(reopened)["period"] == {"start": AT}
    alive = notice(Event.DECEASED_WITHDRAWN, patient=PATIENT | {"deceasedDateTime": AT})
    assert "deceasedDateTime" not in (bundles.patient(alive) or {})


def test_a_death_keeps_its_time_where_it_is_known() -> None:
    known = notice(Event.DECEASED, patient=PATIENT | {"deceasedDateTime": AT})
    assert (bundles.patient(known) or {}).keys() >= {"deceasedDateTime"}
    assert (bundles.patient(notice(Event.DECEASED)) or {})["deceasedBoolean"] is True


@pytest.mark.parametrize(
    ("reason", "text", "written"),
    [
        ("moved", "", "En annan kommun eller vårdcentral ansvarar nu"),
        ("withdrawn", "Läkaren har ändrat sig", "Läkaren har ändrat sig"),
        ("", "", "avbrott i processen"),
    ],
)
def test_an_ending_says_why(reason: str, text: str, written: str) -> None:
    bundle = notice(Event.PROCESS_ENDED, reason=reason, reason_text=text)
    assert bundles.ended_reason(bundle) == reason
    assert bundles.header(bundle)["reason"]["text"] == written


def test_another_event_has_a_reason_only_where_one_is_given() -> None:
    assert "reason" not in bundles.header(notice(Event.ADMISSION_CANCELLED))
    told = notice(Event.ADMISSION_CANCELLED, reason_text="Fel patient")
    assert bundles.header(told)["reason"] == {"text": "Fel patient"}


def test_the_provider_is_the_sender_with_what_is_told_of_it() -> None:
    bundle = notice(Event.ADMISSION_NOTICE, organization=HOSPITAL)
    provider = references.resolve(bundle, encounter(bundle)["serviceProvider"]) or {}
    assert provider["telecom"] == HOSPITAL["telecom"]
    assert bundles.organization_id(provider) == bundles.sender_id(bundle)
    assert [r["resourceType"] for r in bundles.resources(bundle)].count("Organization") == 1


def test_another_provider_is_in_the_message_beside_the_sender() -> None:
    sender = Party(organization="SE2321000001-REGION", display="Regionen")
    bundle = notice(Event.ADMISSION_NOTICE, organization=HOSPITAL, sender=sender)
    provider = references.resolve(bundle, encounter(bundle)["serviceProvider"])
    assert bundles.organization_id(provider) == drafts.HOSPITAL.organization
    assert bundles.sender_id(bundle) == "SE2321000001-REGION"
    assert errors(bundle) == []


def test_an_earlier_message_and_the_translation_are_named() -> None:
    source = builders.translation(
        "old", mapping="hl7v2", version="1", source="MSG1", sender="SE1-A", at=drafts.T0
    )
    bundle = notice(Event.ADMISSION_UPDATED, concerns="a-0", provenance=source)
    assert bundles.concerned(bundle) == "a-0"
    assert lineage.source_id(bundle) == "MSG1"
    assert (bundles.of_type(bundle, "Provenance") or {})["target"] == [builders.reference("a-1")]


def test_a_withheld_address_is_valid_and_names_no_municipality() -> None:
    bundle = notice(Event.ADMISSION_UPDATED, patient=PATIENT | {"address": parts.masked_address()})
    assert errors(bundle) == []
    assert bundles.municipality(bundle) == ""


def test_the_same_parts_give_the_same_notice() -> None:
    assert notice(Event.ADMISSION_NOTICE) == notice(Event.ADMISSION_NOTICE)
    assert WHOLE["extension"] == [PLANNED, READY, LEAVE, ASSESSED]
