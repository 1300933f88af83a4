"""What a stranger tried with bars of secrecy: whom they name, how long they last, what is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from adapter.core.endpoint import Alias
from adapter.core.model import Event
from adapter.fhir import bundles
from adapter.operate import maintenance, protection
from tests.kit import drafts
from tests.kit.consent_words import barred, says, unbarred, warned
from tests.kit.county import EVA, County, Person, Visit, stamp, warnings
from tests.kit.drafts import LULEA

DAY = timedelta(hours=24)
SECOND = "198609292381"
ANOTHER_PERSON = {"identifier": {"system": drafts.PERSONNUMMER, "value": SECOND}}
ANOTHER_RESOURCE = {"reference": "urn:uuid:0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0999"}
ONLY_A_TEXT = {"display": "Eva Ek"}
OTHERS = pytest.mark.parametrize(
    "person",
    [ANOTHER_PERSON, ANOTHER_RESOURCE, ONLY_A_TEXT],
    ids=["another person", "another resource", "only a text"],
)


def admitted(county: County, **more: Any) -> Visit:
    """A stay that its receivers are told of."""
    visit = Visit(**more)
    county.adt("A01", visit, county.assessed())
    county.hears()
    return visit


# Of whom a Consent speaks


@OTHERS
def test_a_bar_of_another_person_is_refused_and_bars_nobody(
    county: County, person: dict[str, Any]
) -> None:
    visit = admitted(county)
    says(county, visit, barred() | {"patient": person})
    nowhere = person is ANOTHER_RESOURCE  # no entry of the message has that name
    assert county.messages()[-1]["code"] == ("unresolved-reference" if nowhere else "profile")
    county.adt("A16", visit)
    assert county.hears("lulea") == {"lulea": ["discharge-ready"]}


@OTHERS
def test_a_bar_is_not_lifted_by_the_consent_of_another_person(
    county: County, person: dict[str, Any]
) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    says(county, visit, unbarred() | {"patient": person})
    county.adt("A16", visit)
    assert county.hears("lulea") == {}


def test_a_bar_may_name_its_patient_by_type_and_id(county: County) -> None:
    visit = admitted(county)
    patient = barred()["patient"]["reference"].removeprefix("urn:uuid:")
    says(county, visit, barred() | {"patient": {"reference": f"Patient/{patient}"}})
    county.adt("A16", visit)
    assert county.hears("lulea") == {}


def test_a_bar_with_one_receiver_that_has_no_hsa_id_is_refused(county: County) -> None:
    visit = admitted(county, person=Person(kommun="2581"))
    bar = barred("SE2321000016-VC1")
    role = bar["provision"]["actor"][0]["role"]
    number = {"system": "urn:oid:2.5.4.97", "value": "212000-0004"}
    bar["provision"]["actor"].append({"role": role, "reference": {"identifier": number}})
    says(county, visit, bar)
    assert county.messages()[-1]["code"] == "required"


# How long a bar lasts


def test_a_bar_outlives_the_purge_of_its_stay(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit)
    says(county, visit, barred())
    visit.fields = {45: stamp(county.now)}
    county.adt("A03", visit)
    visit.fields = {}
    county.now += 8 * DAY
    maintenance.purge(county.store, county.network, county.now)
    county.adt("A13", visit)
    county.adt("A08", visit, county.assessed())
    county.hears()
    reply = county.adt("A16", visit)
    assert county.hears("lulea") == {}
    assert "secrecy-bar" in warnings(reply)


def test_a_barred_stay_that_was_purged_and_told_of_again_is_purged_again(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit)
    says(county, visit, barred())
    visit.fields = {45: stamp(county.now)}
    county.adt("A03", visit)
    county.now += 8 * DAY
    assert len(maintenance.purge(county.store, county.network, county.now).bodies) == 1
    county.adt("A08", visit)
    assert len(maintenance.purge(county.store, county.network, county.now).bodies) == 1


# What was known before a bar


def moves(county: County, visit: Visit) -> None:
    """The person moves within the municipality: an update that no bar stops."""
    visit.person = replace(EVA, street="Nygatan 9")
    county.adt("A08", visit)
    county.hears()


def test_a_lifted_bar_does_not_repeat_a_ready_although_an_update_went_between(
    county: County,
) -> None:
    visit = admitted(county)
    county.adt("A16", visit)
    county.hears()
    says(county, visit, barred())
    moves(county, visit)
    says(county, visit, unbarred())
    assert "discharge-ready" not in county.hears().get("lulea", [])


@pytest.mark.parametrize("event", ["discharge-ready-withdrawn", "discharge-cancelled"])
def test_what_went_behind_a_bar_is_told_when_the_bar_is_lifted(county: County, event: str) -> None:
    came, went = ("A16", "A25") if "ready" in event else ("A03", "A13")
    visit = admitted(county)
    visit.fields = {45: stamp(county.now)} if came == "A03" else {}
    county.adt(came, visit)
    visit.fields = {}
    county.hears()
    says(county, visit, barred())
    moves(county, visit)
    county.adt(went, visit)
    says(county, visit, unbarred())
    assert county.hears("lulea") == {"lulea": [event]}


def test_a_ready_that_came_anew_behind_a_bar_is_told_as_a_ready(county: County) -> None:
    visit = admitted(county)
    county.adt("A16", visit)
    county.hears()
    says(county, visit, barred())
    county.adt("A25", visit)
    county.now += 3 * DAY
    county.adt("A16", visit)
    says(county, visit, unbarred())
    assert "discharge-ready" in county.hears()["lulea"]


# When the settings of its receiver change


def change(county: County, name: str, **changes: Any) -> None:
    """Change an endpoint of the settings."""
    every = county.network.settings.endpoints
    changed = tuple(replace(e, **changes) if e.name == name else e for e in every)
    county.with_settings(endpoints=changed)


def test_a_bar_by_an_alias_outlives_the_alias(county: County) -> None:
    old = Alias(id=LULEA.organization, until=date(2026, 3, 12))
    change(county, "lulea", organization="SE2120000002-LULEANEW", aliases=(old,))
    visit = admitted(county)
    assert says(county, visit, barred()) == []
    county.now += 4 * DAY
    reply = county.adt("A16", visit)
    assert county.hears("lulea") == {}
    assert "secrecy-bar" in warnings(reply)


def test_a_bar_outlives_the_endpoint_that_was_replaced_and_removed(county: County) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    lulea = county.network.endpoint("lulea")
    new = replace(lulea, name="pitea", organization="SE2120000002-NEWB", broker_user="pitea")
    every = county.network.settings.endpoints
    others = tuple(e for e in every if e.name not in ("lulea", "pitea"))
    county.with_settings(endpoints=(*others, replace(lulea, serves=(), replaced_by="pitea"), new))
    visit.planned = "20260402"
    county.adt("A08", visit)
    county.hears()
    county.with_settings(endpoints=(*others, new))
    county.adt("A16", visit)
    assert county.hears() == {}


# A bar before its case


def test_a_bar_in_a_message_that_opens_no_case_is_a_warning(county: County) -> None:
    outpatient = {"system": drafts.CLASS["system"], "code": "AMB"}
    bundle = drafts.stay(
        Event.ADMISSION_UPDATED,
        visit="Y2",
        needs=(),
        consents=(barred(),),
        **{"class": outpatient},
    )
    county.tells("hospital", bundle)
    assert warned(county) == ["consent-without-case"]


def test_the_end_of_a_protection_does_not_repeat_what_a_bar_has_hidden_since(
    county: County,
) -> None:
    visit = admitted(county)
    county.adt("A16", visit)
    county.hears()
    says(county, visit, barred())
    visit.protected = "Y"
    county.adt("A31", visit)
    county.takes()
    [case] = county.cases()
    with county.store.begin() as tx:
        protection.lift(tx, county.network, case["id"], who="Ann", reason="x", now=county.now)
    county.turn()
    [lifted] = county.takes("lulea")["lulea"]
    assert bundles.extension_value(bundles.focus(lifted), "discharge-ready") is None
