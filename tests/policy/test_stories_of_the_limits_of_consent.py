"""Stories of the limits of the consent in a plan: its last day, and whom it covers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from adapter.fhir import builders
from tests.kit.plan_words import answered, codes, consent, plans, writes
from tests.kit.statute_county import ALL, CENTRE, NURSING, SOCIAL, StatuteCounty

TO_ALL = (SOCIAL, NURSING)


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """The patient's stay, told to every unit; each inbox is empty."""
    county = StatuteCounty(store_url)
    county.reports("A01", ALL)
    county.told()
    yield county
    county.store.close()


def test_a_consent_ends_with_its_last_swedish_day(ward: StatuteCounty) -> None:
    midnight = ward.now.replace(hour=0)
    word = (consent("active", "2026-03-01"),)
    before, after = (midnight + timedelta(minutes=m) for m in (-30, 30))
    writes(ward, CENTRE, SOCIAL, version=1, consents=word, recorded=after)
    assert codes(ward, "centre") == ["consent-ended"]
    writes(ward, CENTRE, SOCIAL, version=1, consents=word, recorded=before)
    assert "consent-ended" not in codes(ward, "centre")


def test_a_consent_without_an_end_in_our_time_lasts(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1, consents=(consent("active", "9999-12-31"),))
    assert plans(ward) == {"social": ["care-plan"]}


def test_a_plan_that_waits_does_not_leave_after_its_consent_has_ended(ward: StatuteCounty) -> None:
    ward.down |= {"social"}
    writes(ward, CENTRE, SOCIAL, version=1, consents=(consent("active", "2026-03-02"),))
    ward.later(hours=5)
    ward.later(hours=10)
    ward.down.clear()
    ward.later(hours=6)
    assert plans(ward) == {}
    assert {d["state"] for d in ward.deliveries(event="care-plan")} == {"no-longer-due"}
    [line] = ward.history("no-longer-due")
    assert line["detail"] == "the consent to planning has ended"


def test_a_plan_that_waits_leaves_while_its_consent_lasts(ward: StatuteCounty) -> None:
    ward.down |= {"social"}
    writes(ward, CENTRE, SOCIAL, version=1, consents=(consent("active", "2026-03-02"),))
    ward.down.clear()
    ward.later(hours=3)
    assert plans(ward) == {"social": ["care-plan"]}


def limited(type_: str, *units: str, **more: Any) -> dict[str, Any]:
    role = {"coding": [{"system": PARTICIPATION, "code": "IRCP"}]}
    actors = [{"role": role, "reference": builders.logical(unit)} for unit in units]
    provision = {"type": type_} | ({"actor": actors} if actors else {}) | more
    return consent() | {"provision": provision}


PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
BUT_NURSING = limited("deny", NURSING.organization)["provision"]


@pytest.mark.parametrize(
    "word",
    [
        limited("deny", NURSING.organization),
        limited("permit", SOCIAL.organization),
        limited("permit", provision=[BUT_NURSING]),
    ],
    ids=["excludes", "covers another", "excepts"],
)
def test_a_unit_that_the_consent_does_not_cover_gets_no_plan(
    ward: StatuteCounty, word: dict[str, Any]
) -> None:
    writes(ward, CENTRE, *TO_ALL, version=1, consents=(word,))
    assert answered(ward, "centre") == ["consent-excludes nursing"]
    assert plans(ward) == {"social": ["care-plan"]}
