"""What a stranger tried: messages that say less of a person than is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapter.core.model import Event
from adapter.core.protection import Protection, ProtectionPolicy
from tests.kit import drafts
from tests.kit.county import (
    EVA,
    PRIMARY,
    County,
    Person,
    Visit,
    centre,
    code,
    stamp,
    text,
    warnings,
)

MRN = "4711^^^COSMIC^MR"
ONLY_MRN = Person(number=MRN)
WITH_MRN = Person(number=f"{EVA.number}^^^^NNSWE~{MRN}")
SECOND = "198609292381"
SECOND_WITH_MRN = Person(number=f"{SECOND}^^^^NNSWE~{MRN}", born="19860929", family="Fingerad")
HOMELESS = Person(address="")
NO_CODE = Person(address="Storgatan 1^^LULEÅ^^97231^SE^H")
DAY = timedelta(hours=24)


def admitted(county: County, **more: Any) -> Visit:
    """Return a stay that its receivers have heard of."""
    visit = Visit(**more)
    county.adt("A01", visit, county.assessed())
    county.hears()
    return visit


def known_by_the_local_number(county: County) -> Visit:
    """Return a stay whose newest message has the hospital's own number alone."""
    visit = admitted(county, person=WITH_MRN)
    visit.person = ONLY_MRN
    county.adt("A08", visit)
    county.hears()
    return visit


# Numbers


def test_another_personnummer_is_refused_after_a_message_with_the_local_number_alone(
    county: County,
) -> None:
    visit = known_by_the_local_number(county)
    visit.person = SECOND_WITH_MRN
    assert code(county.adt("A08", visit)) == "AE"
    assert county.hears() == {}
    assert county.stands() == ["other-patient"]


def test_a_local_number_in_fhir_links_no_two_personnummer(county: County) -> None:
    visit = admitted(county)
    local = {"system": "urn:mrn", "value": "9"}
    first = {"system": drafts.PERSONNUMMER, "value": EVA.number}
    second = {"system": drafts.PERSONNUMMER, "value": SECOND}
    for minutes, identifiers in enumerate(([first, local], [local], [second, local]), 60 * 24 * 9):
        person = drafts.patient() | {"identifier": identifiers}
        word = drafts.stay(
            Event.ADMISSION_UPDATED, visit=visit.number, needs=(), minutes=minutes, person=person
        )
        county.tells("hospital", word)
    assert SECOND not in text(county.takes())
    assert county.stands() == ["other-patient"]


def test_a_notice_has_the_personnummer_although_the_message_has_the_local_number_alone(
    county: County,
) -> None:
    visit = known_by_the_local_number(county)
    county.adt("A16", visit)
    [notice] = county.takes("lulea")["lulea"]
    assert EVA.number in text(notice)


def test_a_protection_by_the_personnummer_reaches_a_stay_that_names_the_local_number(
    county: County,
) -> None:
    visit = known_by_the_local_number(county)
    county.adt("A01", Visit(number="Y9", protected="Y"))
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}  # the label
    county.adt("A16", visit)
    assert county.hears("lulea") == {}
    assert "protected-identity" in county.stands()


def test_a_death_by_the_personnummer_reaches_a_stay_that_names_the_local_number(
    county: County,
) -> None:
    known_by_the_local_number(county)
    county.adt("A31", Visit(number="", person=Person(dead=f"{stamp(county.now)}|Y")))
    assert county.hears("lulea") == {"lulea": ["deceased"]}


# A municipality that is assumed


def assumes(county: County, municipality: str = "2580") -> None:
    """Let the hospital's settings name a municipality for who has no address."""
    every = county.network.settings.endpoints
    county.with_settings(
        endpoints=tuple(
            replace(e, municipality=municipality) if e.name == "feed" else e for e in every
        )
    )


def test_an_address_without_a_kommunkod_ends_no_right_of_an_assumed_municipality(
    county: County,
) -> None:
    assumes(county)
    visit = admitted(county, person=HOMELESS)
    visit.person = NO_CODE
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}
    visit.person = HOMELESS
    county.adt("A16", visit)
    assert county.hears("lulea") == {"lulea": ["discharge-ready"]}


def test_another_kommun_ends_the_right_of_an_assumed_municipality(county: County) -> None:
    assumes(county)
    visit = admitted(county, person=HOMELESS)
    visit.person = NO_CODE
    county.adt("A08", visit)
    county.hears()
    visit.person = Person(kommun="2581")
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["process-ended moved"]}


@pytest.mark.parametrize("first", ["address", "silence"])
def test_nothing_is_assumed_beside_an_address_without_a_right_that_was_given(
    county: County, first: str
) -> None:
    assumes(county)
    order = [NO_CODE, HOMELESS] if first == "address" else [HOMELESS, NO_CODE]
    visit = Visit(person=order[0])
    county.adt("A01", visit)
    visit.person = order[1]
    county.adt("A08", visit)
    county.adt("A08", visit, county.assessed())
    assert county.hears() == {}
    assert county.stands() == ["nobody-to-tell"]


def test_nobody_assumes_where_a_protected_person_lives_in_a_message_that_is_silent_of_it(
    county: County,
) -> None:
    masked = Protection(level="sekretessmarkering", policy=ProtectionPolicy.MASKED)
    county.with_settings(protection=(masked,))
    assumes(county)
    visit = admitted(county, person=HOMELESS, protected="Y")
    visit.protected = ""
    county.adt("A08", visit)
    assert county.hears() == {}
    assert county.stands() == ["nobody-to-tell"]


# Who takes the place of another one


def test_a_municipality_in_the_place_of_an_assumed_one_has_24_hours(county: County) -> None:
    assumes(county)
    visit = admitted(county, person=HOMELESS)
    county.now += 3 * DAY
    visit.person = Person(kommun="2581")
    assert "late-notice" not in warnings(county.adt("A08", visit))
    assert county.hears("pitea") == {"pitea": ["admission-notice"]}


def test_a_listed_centre_in_the_place_of_the_municipalitys_has_24_hours(county: County) -> None:
    visit = Visit(person=Person(kommun="2581"))
    county.adt("A01", visit, county.assessed(PRIMARY))
    county.now += 3 * DAY
    visit.listed = f"^^^^^^^^^^^^^{centre(1)}"
    assert "late-notice" not in warnings(county.adt("A08", visit))
    assert county.hears("vc-1") == {"vc-1": ["admission-notice"]}


def test_a_municipality_in_the_place_of_a_unit_that_was_named_has_24_hours(
    county: County,
) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed(units="SE2120000004-SOC"))
    county.now += 3 * DAY
    assert "late-notice" not in warnings(county.adt("A08", visit, county.assessed()))
    assert county.hears("lulea") == {"lulea": ["admission-notice"]}


def test_a_municipality_that_was_only_unknown_has_no_new_24_hours(county: County) -> None:
    visit = admitted(county, person=HOMELESS)
    county.now += 3 * DAY
    visit.person = EVA
    assert "late-notice" in warnings(county.adt("A08", visit))
