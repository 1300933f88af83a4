"""Only a case's owner reports its stay, and only its parties write in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from adapter.fhir.builders import Party
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING, UMEA
from tests.kit.one_database import store_url
from tests.kit.region import Region

__all__ = ["store_url"]

CANCELLED = "entered-in-error"


def as_told_by(party: Party, bundle: Bundle) -> Bundle:
    """The hospital's message, had somebody else sent it: the case is still the hospital's."""
    text = json.dumps(bundle).replace(HOSPITAL.organization, party.organization)
    own, foreign = (f'"{p.organization}/V1"' for p in (party, HOSPITAL))
    renamed: Bundle = json.loads(text.replace(own, foreign))
    return renamed


def in_case(name: str, bundle: Bundle) -> Bundle:
    """A message of Umeå in another case."""
    renamed: Bundle = json.loads(
        json.dumps(bundle).replace(f'"{UMEA.organization}/V1"', f'"{name}"')
    )
    return renamed


def with_endpoint(region: Region, name: str, **changes: Any) -> None:
    """Change one endpoint of the settings."""
    region.with_settings(
        endpoints=tuple(
            replace(e, **changes) if e.name == name else e
            for e in region.network.settings.endpoints
        )
    )


@pytest.fixture
def shared(region: Region) -> Region:
    """The hospital has told Luleå of its patient, and everybody has read their mail."""
    region.receipt("lulea", region.tells("hospital", drafts.stay()))
    for name in ("lulea", "umea", "planning", "hospital"):
        region.inbox(name)
    return region


@pytest.mark.parametrize(
    "event", [Event.PROCESS_ENDED, Event.ADMISSION_CANCELLED, Event.ADMISSION_UPDATED]
)
def test_a_municipality_cannot_end_or_change_what_a_hospital_has_told(
    shared: Region, event: Event
) -> None:
    status = CANCELLED if event is Event.ADMISSION_CANCELLED else "in-progress"
    shared.tells("umea", as_told_by(UMEA, drafts.stay(event, minutes=5, needs=(), status=status)))
    last = shared.messages()[-1]
    assert (last["standing"], last["code"]) == ("refused", "not-entitled")
    assert shared.events("lulea") == []
    shared.tells("hospital", drafts.ready(9))
    assert shared.events("lulea") == ["discharge-ready"]


def test_a_party_of_the_case_cannot_either(shared: Region) -> None:
    shared.tells("lulea", as_told_by(LULEA, drafts.stay(Event.ADMISSION_UPDATED, minutes=5)))
    assert shared.messages()[-1]["code"] == "not-entitled"


def test_an_endpoint_that_tells_for_the_hospital_may(shared: Region) -> None:
    with_endpoint(shared, "planning", tells_for=(HOSPITAL.organization,))
    moved = drafts.stay(Event.ADMISSION_UPDATED, minutes=5, planned="2026-03-10T12:00:00+01:00")
    shared.tells("planning", as_told_by(PLANNING, moved))
    assert shared.messages()[-1]["code"] == ""
    assert shared.events("lulea") == ["admission-updated"]


def test_an_endpoint_that_serves_needs_owns_no_stays_unless_the_settings_say_so(
    shared: Region,
) -> None:
    own = json.dumps(drafts.stay(visit="", minutes=5))
    renamed = json.loads(own.replace(HOSPITAL.organization, UMEA.organization))
    shared.tells("umea", renamed)
    assert shared.messages()[-1]["code"] == "not-entitled"
    with_endpoint(shared, "umea", owns_stays_key=True)
    again = json.dumps(drafts.stay(visit="", minutes=6))
    shared.tells("umea", json.loads(again.replace(HOSPITAL.organization, UMEA.organization)))
    assert shared.messages()[-1]["standing"] == "processed"


def test_it_writes_in_a_case_of_its_own(shared: Region) -> None:
    shared.tells("umea", drafts.note(sender=UMEA, to=(HOSPITAL,)))
    assert shared.events("hospital") == ["message"]


@pytest.mark.parametrize("visit", ["V1", "V-of-nobody"])
def test_it_does_not_write_in_the_hospitals_whether_that_exists_or_not(
    shared: Region, visit: str
) -> None:
    case = f"{HOSPITAL.organization}/{visit}"
    shared.tells("umea", in_case(case, drafts.note(sender=UMEA, to=(HOSPITAL,))))
    last = shared.messages()[-1]
    assert (last["standing"], last["code"], last["detail"]) == ("refused", "not-entitled", "")
    assert shared.events("hospital") == []


@pytest.mark.parametrize("visit", ["V1", "V-of-nobody"])
def test_a_name_of_its_own_beside_the_hospitals_does_not_help(shared: Region, visit: str) -> None:
    message = drafts.note(sender=UMEA, to=(HOSPITAL,), visit="U1")
    own, *_ = bundles.extensions(bundles.header(message), "case")
    name = {"value": f"{HOSPITAL.organization}/{visit}"}
    foreign = own | {"valueIdentifier": own["valueIdentifier"] | name}
    bundles.header(message)["extension"].append(foreign)
    shared.tells("umea", message)
    assert (shared.messages()[-1]["code"], len(shared.cases())) == ("not-entitled", 1)


def test_another_hospital_reports_its_own_stay_and_not_the_one_that_it_names_beside(
    shared: Region,
) -> None:
    with_endpoint(shared, "umea", owns_stays_key=True)
    report = drafts.stay(Event.ADMISSION_CANCELLED, sender=UMEA, needs=(), status=CANCELLED)
    own, *_ = bundles.extensions(bundles.header(report), "case")
    name = {"value": f"{HOSPITAL.organization}/V1"}
    foreign = own | {"valueIdentifier": own["valueIdentifier"] | name}
    bundles.header(report)["extension"].append(foreign)
    shared.tells("umea", report)
    assert shared.events("lulea") == []
    shared.tells("hospital", drafts.ready(9))
    assert shared.events("lulea") == ["discharge-ready"]


def test_a_stay_under_the_name_of_a_message_about_another_person_is_held(region: Region) -> None:
    region.tells("hospital", drafts.note(to=(UMEA,), visit="V7"))
    number = {"system": drafts.PERSONNUMMER, "value": "191212121212"}
    other = drafts.patient() | {"identifier": [number], "birthDate": "1912-12-12"}
    region.tells("hospital", drafts.stay(visit="V7", minutes=5, person=other))
    assert region.messages()[-1]["code"] == "other-patient"
    assert region.events("lulea") == []
