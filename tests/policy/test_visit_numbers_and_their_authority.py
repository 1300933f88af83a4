"""A visit number with its assigning authority, and the same number without."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from tests.kit.county import BO, EVA, County, Visit

NAMES = import_module("adapter.mappings.hl7v2.case_names")
BARE, WHOLE = "7100231", "7100231^^^REGSYS"


@pytest.mark.parametrize(("first", "later"), [(BARE, WHOLE), (WHOLE, BARE)])
def test_a_stay_that_began_under_the_other_form_goes_on(
    county: County, first: str, later: str
) -> None:
    county.adt("A01", Visit(number=first), county.assessed())
    county.hears()
    county.adt("A01", Visit(number=later))
    assert county.hears() == {}
    county.adt("A03", Visit(number=later))
    assert county.hears()["lulea"] == ["discharged"]


def test_the_number_of_another_person_is_another_stay(county: County) -> None:
    county.adt("A01", Visit(number=BARE), county.assessed())
    county.hears()
    county.adt("A03", Visit(number=WHOLE, person=BO))
    assert county.hears() == {}


def test_two_authorities_may_give_the_same_number(county: County) -> None:
    county.adt("A01", Visit(number=WHOLE), county.assessed())
    county.hears()
    county.adt("A03", Visit(number="7100231^^^OTHER", person=replace(EVA)))
    assert county.hears() == {}


def test_a_number_with_a_slash_is_not_another_with_an_authority(county: County) -> None:
    county.adt("A01", Visit(number="7^^^A"), county.assessed())
    county.hears()
    county.adt("A01", Visit(number="A/7", person=BO), county.assessed())
    assert county.hears()["lulea"] == ["admission-notice"]
    assert county.stands() == []


def test_a_stay_whose_number_has_a_slash_ends(county: County) -> None:
    county.adt("A01", Visit(number="A/7"), county.assessed())
    county.hears()
    county.adt("A03", Visit(number="A/7"))
    assert county.hears()["lulea"] == ["discharged"]


def test_a_case_that_an_earlier_version_named_goes_on(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(NAMES, "_joined", lambda _, number: number)
        county.adt("A01", Visit(number="A/7"), county.assessed())
        county.hears()
    county.adt("A03", Visit(number="A/7"))
    assert county.hears()["lulea"] == ["discharged"]
