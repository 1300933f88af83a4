"""A postal code only proposes a municipality: nobody is told by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapter.core.endpoint import Settings, Sharing
from adapter.settings.sharing_checks import problems
from tests.kit.county import EVA, SETTINGS, County, Visit, text, warnings

CODES = {"97": ("2580",), "972": ("2580", "2581"), "94": ("2581",)}
NOWHERE = "Storgatan 1^^LULEÅ^^{}^SE^H"


@pytest.fixture
def county(store_url: str) -> Iterator[County]:
    """The county, which knows some postal codes."""
    settings = replace(SETTINGS, sharing=Sharing(postal_codes=CODES))
    county = County(store_url, settings)
    yield county
    county.store.close()


def living(postal_code: str, protected: str = "") -> Visit:
    """A patient with a postal code and without a kommunkod."""
    person = replace(EVA, address=NOWHERE.format(postal_code))
    return Visit(person=person, protected=protected)


@pytest.mark.parametrize(
    ("code", "suggests", "told"),
    [
        ("97331", "; the postal code suggests 2580", "; postnumret tyder på Luleå"),
        ("972 31", "; the postal code suggests 2580 or 2581", " tyder på Luleå eller Piteå"),
        ("11122", "", "patientens kommun är okänd"),
        ("", "", "patientens kommun är okänd"),
    ],
)
def test_the_item_and_the_warning_name_what_the_postal_code_suggests(
    county: County, code: str, suggests: str, told: str
) -> None:
    reply = county.adt("A01", living(code), county.assessed())
    assert "nobody-to-tell" in warnings(reply)
    assert f"social-services: no-municipality{suggests}" in reply
    [item] = county.items("nobody-to-tell")
    assert item["detail"] == f"no-municipality{suggests}"
    assert item["due_at"] is not None
    assert county.hears() == {}
    [report] = county.inbox("hospital")
    assert f"{told}. Ring enheten innan tidsfristen går ut." in text(report)


def test_a_kommunkod_that_comes_later_meets_the_need(county: County) -> None:
    county.adt("A01", living("97331"), county.assessed())
    county.adt("A08", Visit())
    assert county.items("nobody-to-tell") == []
    assert county.hears("lulea") == {"lulea": ["admission-notice"]}


def test_a_postal_code_moves_nobody(county: County) -> None:
    county.adt("A01", Visit(), county.assessed())
    county.hears()
    county.adt("A08", living("94131"))
    assert county.items("nobody-to-tell") == []
    assert county.hears("pitea", "lulea") == {"lulea": ["admission-updated"]}


def test_where_a_protected_person_may_live_is_proposed_to_nobody(county: County) -> None:
    reply = county.adt("A01", living("97331", protected="Y"), county.assessed())
    assert "suggests" not in reply
    [item] = county.items("nobody-to-tell")
    assert item["detail"] == "no-municipality"


@pytest.mark.parametrize(
    ("start", "codes", "place"),
    [
        ("972", ("9999",), "sharing.postal_codes.972[0]"),
        ("972", (), "sharing.postal_codes.972"),
        ("972 31", ("2580",), 'sharing.postal_codes."…"'),
    ],
)
def test_a_wrong_row_is_an_error_of_the_settings(
    start: str, codes: tuple[str, ...], place: str
) -> None:
    settings = Settings(sharing=Sharing(postal_codes={start: codes}))
    assert [issue.expression for issue in problems(settings)] == [place]


@pytest.mark.parametrize(
    ("protected", "detail"), [("", "not-connected 2584"), ("Y", "not-connected")]
)
def test_the_place_without_a_receiver_is_named_but_not_of_a_protected_person(
    county: County, protected: str, detail: str
) -> None:
    home = NOWHERE.format("98131").replace("SE^H", "SE^H^^2584")
    person = replace(EVA, address=home)
    reply = county.adt("A01", Visit(person=person, protected=protected), county.assessed())
    assert f"social-services: {detail}" in reply
    assert {item["detail"] for item in county.items("nobody-to-tell")} == {detail}
