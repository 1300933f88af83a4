"""Stories of units that take over another's plan, or change what is not theirs in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from adapter.core.identifiers import hsa_id
from adapter.fhir import builders
from tests.kit.plan_words import (
    EFFORTS,
    PATIENT,
    PLAN_ID,
    answered,
    codes,
    consent,
    plans,
    resource,
    writes,
)
from tests.kit.statute_county import ALL, CENTRE, NURSING, PLANNING, SOCIAL, StatuteCounty

TO_ALL = (SOCIAL, NURSING)
HIGHEST = 2_147_483_647
OWN = EFFORTS | {"e-home": (SOCIAL, "Hemtjänst, kväll")}


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """The patient's stay, told to every unit; each inbox is empty."""
    county = StatuteCounty(store_url)
    county.reports("A01", ALL)
    county.told()
    yield county
    county.store.close()


# The name of a plan


def named(*values: str) -> list[dict[str, str]]:
    return [PLAN_ID | {"value": value} for value in values]


def test_nobody_takes_anothers_plan_over_by_its_identifier(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    writes(ward, SOCIAL, NURSING, version=7, author=SOCIAL, title="Ours now")
    [text] = answered(ward, "social")
    assert text.startswith("not-own-effort ")
    for part in (hsa_id(SOCIAL.organization), hsa_id(CENTRE.organization)):
        assert f"of author {part}" in text
    assert "version 7" in text
    assert "version 1" in text
    assert plans(ward) == {}


def test_a_plan_under_lpt_is_not_freed_from_its_units_by_another_author(
    ward: StatuteCounty,
) -> None:
    writes(ward, CENTRE, *TO_ALL, version=1, status="draft", type_="SPLPTLRV")
    ward.told()
    writes(ward, SOCIAL, NURSING, version=2, author=SOCIAL)
    assert codes(ward, "social") == ["not-own-effort"]
    assert plans(ward) == {}


@pytest.mark.parametrize(
    "name",
    [{"value": "sip-8"}, {"value": "sip-8", "author": SOCIAL}],
    ids=["another", "another of another author"],
)
def test_a_plan_that_names_a_known_version_is_a_version_of_that_plan(
    ward: StatuteCounty, name: dict[str, Any]
) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    writes(ward, SOCIAL, NURSING, version=2, read=first, efforts=OWN, **name)
    assert codes(ward, "social") == ["not-own-effort"]
    assert plans(ward) == {}


def test_a_second_identifier_leads_to_the_known_plan_too(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    more = {"identifier": named("sip-9", "sip-7")}
    writes(ward, SOCIAL, NURSING, version=2, author=SOCIAL, more=more)
    assert codes(ward, "social") == ["not-own-effort"]
    assert plans(ward) == {}


def test_the_coordinator_gives_the_plan_to_another_one(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    second = writes(ward, CENTRE, *TO_ALL, version=2, read=first, author=NURSING)
    ward.told()
    writes(ward, NURSING, SOCIAL, version=3, read=second, author=NURSING, title="SIP 3")
    assert set(plans(ward)) == {"social"}
    writes(ward, CENTRE, SOCIAL, version=4, author=NURSING, title="SIP 4")
    assert codes(ward, "centre") == ["not-own-effort"]
    assert plans(ward) == {}


def test_a_planning_service_that_keeps_a_plan_names_another_author(ward: StatuteCounty) -> None:
    first = writes(ward, PLANNING, *TO_ALL, version=1, author=CENTRE)
    writes(ward, PLANNING, *TO_ALL, version=2, read=first, author=NURSING)
    ward.told()
    writes(ward, NURSING, SOCIAL, version=3, author=NURSING, title="SIP 3")
    assert set(plans(ward)) == {"social"}


# All that a plan says


def flag(text: str = "Fallrisk") -> dict[str, Any]:
    subject = builders.reference(PATIENT)
    return resource("Flag", status="active", code={"text": text}, subject=subject)


def relative(number: str) -> dict[str, Any]:
    telecom = [{"system": "phone", "value": number}]
    return resource("RelatedPerson", patient=builders.reference(PATIENT), telecom=telecom)


def narrative(text: str) -> dict[str, Any]:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'
    return {"text": {"status": "generated", "div": div}}


@pytest.mark.parametrize(
    "parts",
    [
        {"consents": (consent("inactive"),)},
        {"consents": (consent("active", "2030"),)},
        {"beside": (flag("Ingen risk"),)},
        {"beside": (flag(), relative("000-00 00 66"))},
        {"beside": ()},
        {"more": {"period": {"start": "2020-01-01"}}},
        {"more": narrative("Ingen plan")},
        {
            "more": {
                "identifier": [{"system": "urn:oid:1.2.3.4", "value": v} for v in ("sip-7", "x")]
            }
        },
    ],
    ids=[
        "withdraws",
        "prolongs",
        "flag",
        "relative",
        "removes",
        "period",
        "narrative",
        "second id",
    ],
)
def test_a_unit_changes_nothing_beside_the_plan(ward: StatuteCounty, parts: dict[str, Any]) -> None:
    said = {
        "consents": (consent("active", "2026-12") | {"id": str(uuid4())},),
        "beside": (flag(), relative("000-00 00 31")),
        "more": narrative("SIP"),
    }
    first = writes(ward, CENTRE, *TO_ALL, version=1, **said)
    ward.told()
    writes(ward, SOCIAL, NURSING, version=2, read=first, efforts=OWN, **(said | parts))
    assert codes(ward, "social") == ["not-own-effort"]
    writes(ward, SOCIAL, NURSING, version=1, **(said | parts))
    assert codes(ward, "social") == ["stale-version"]
    assert plans(ward) == {}


def test_a_unit_leaves_what_is_beside_the_plan_and_names_it_anew(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1, beside=(flag(), relative("1")))
    ward.told()
    again = (relative("1"), flag())
    writes(ward, SOCIAL, NURSING, version=2, read=first, efforts=OWN, beside=again)
    assert set(plans(ward)) == {"nursing"}


def test_a_unit_that_has_no_place_for_the_narrative_leaves_it_out(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1, more=narrative("SIP"))
    ward.told()
    writes(ward, SOCIAL, NURSING, version=2, read=first, efforts=OWN)
    assert set(plans(ward)) == {"nursing"}


# Numbers


def test_a_unit_bars_nobody_by_a_high_number(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    writes(ward, SOCIAL, NURSING, version=HIGHEST, read=first, efforts=OWN)
    assert codes(ward, "social") == ["stale-version"]
    writes(ward, CENTRE, SOCIAL, version=2, read=first, title="SIP 2")
    assert set(plans(ward)) == {"social"}


def test_the_coordinator_may_skip_numbers_but_leaves_room(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    second = writes(ward, CENTRE, SOCIAL, version=2026030210, read=first, title="SIP 2")
    ward.told()
    ward.inbox("centre")
    writes(ward, CENTRE, SOCIAL, version=HIGHEST, read=second, title="SIP 3")
    [text] = answered(ward, "centre")
    assert text.startswith("stale-version ")
    assert "is too high" in text
    assert plans(ward) == {}


def test_a_draft_in_anothers_name_bars_nobody(ward: StatuteCounty) -> None:
    writes(ward, SOCIAL, NURSING, version=HIGHEST - 2_000_000, status="draft", author=CENTRE)
    ward.told()
    writes(ward, CENTRE, *TO_ALL, version=1)
    assert set(plans(ward)) == {"social", "nursing"}
    assert codes(ward, "centre") == []


def test_a_draft_in_anothers_name_bars_no_third_author(ward: StatuteCounty) -> None:
    writes(ward, SOCIAL, NURSING, version=1, status="draft", author=NURSING)
    ward.told()
    writes(ward, CENTRE, *TO_ALL, version=1, status="draft")
    assert set(plans(ward)) == {"social", "nursing"}


def test_a_unit_that_passes_a_version_on_does_not_become_its_writer(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1)
    writes(ward, SOCIAL, NURSING, version=1)
    ward.told()
    writes(ward, CENTRE, SOCIAL, version=3, title="SIP 3")
    assert set(plans(ward)) == {"social"}
