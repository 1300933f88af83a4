"""What a stranger tried with bars of secrecy: whom they name, how long they last, what is known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import drafts
from tests.kit.consent_words import barred, says, unbarred
from tests.kit.county import County, Person, Visit

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
    assert county.messages()[-1]["code"] == "profile"
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
