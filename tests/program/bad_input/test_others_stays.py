"""Only the case's hospital, and a sender that a route names, may report a stay."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from adapter.core.model import Bundle, Event
from adapter.fhir.builders import Party
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, PLANNING, UMEA
from tests.kit.one_database import store_url
from tests.kit.region import Region

__all__ = ["store_url"]


def as_told_by(party: Party, bundle: Bundle) -> Bundle:
    """The hospital's message as sent by another; the case is still the hospital's."""
    text = json.dumps(bundle).replace(HOSPITAL.organization, party.organization)
    own, foreign = (f'"{p.organization}/V1"' for p in (party, HOSPITAL))
    found: Bundle = json.loads(text.replace(own, foreign))
    return found


@pytest.fixture
def strict(region: Region) -> Region:
    """Routes that take events of stays from the hospital and from planning."""
    routes = tuple(
        replace(route, senders=("hospital", "planning")) for route in region.network.settings.routes
    )
    region.with_settings(routes=routes)
    region.receipt("lulea", region.tells("hospital", drafts.stay()))
    for name in ("lulea", "umea", "planning", "hospital"):
        region.inbox(name)
    return region


@pytest.mark.parametrize(
    "event", [Event.PROCESS_ENDED, Event.ADMISSION_CANCELLED, Event.ADMISSION_UPDATED]
)
def test_a_municipality_cannot_end_or_change_what_a_hospital_has_told(
    strict: Region, event: Event
) -> None:
    forged = as_told_by(UMEA, drafts.stay(event, minutes=5, needs=(), status="in-progress"))
    if event is Event.ADMISSION_CANCELLED:
        forged = as_told_by(
            UMEA, drafts.stay(event, minutes=5, needs=(), status="entered-in-error")
        )
    strict.tells("umea", forged)
    last = strict.messages()[-1]
    assert (last["standing"], last["code"]) == ("refused", "wrong-sender")
    assert strict.events("lulea") == []
    strict.tells("hospital", drafts.ready(9))
    assert strict.events("lulea") == ["discharge-ready"]


def test_who_is_named_by_a_route_may(strict: Region) -> None:
    moved = drafts.stay(Event.ADMISSION_UPDATED, minutes=5, planned="2026-03-10T12:00:00+01:00")
    strict.tells("planning", as_told_by(PLANNING, moved))
    assert strict.messages()[-1]["code"] == ""
    assert strict.events("lulea") == ["admission-updated"]


def test_it_may_tell_of_a_stay_of_its_own(strict: Region) -> None:
    own = drafts.stay(visit="", minutes=5)
    text = json.dumps(own).replace(HOSPITAL.organization, UMEA.organization)
    strict.tells("umea", json.loads(text))
    assert strict.messages()[-1]["code"] != "wrong-sender"


def test_it_may_write_about_any_case(strict: Region) -> None:
    strict.tells("umea", drafts.note(sender=UMEA, to=(HOSPITAL,)))
    assert strict.events("hospital") == ["message"]
