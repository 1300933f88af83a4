"""Stories of what a plan refers to: who does an effort, which goal it serves, and new names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapter.fhir import builders
from tests.kit import drafts
from tests.kit.plan_words import EFFORTS, PATIENT, answered, codes, effort, plans, resource, writes
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


def staffed(name: str, nurse: str, goal: str = "Gå ut") -> dict[str, Any]:
    """A plan whose efforts refer to who does them, and to the goal that they serve."""
    people = {each: resource("Practitioner", name=[{"family": each}]) for each in ("Berg", "Sand")}
    roles = {
        each: resource(
            "PractitionerRole",
            practitioner=builders.reference(person["id"]),
            organization=builders.logical(NURSING.organization),
        )
        for each, person in people.items()
    }
    subject = builders.reference(PATIENT)
    goals = {
        each: resource(
            "Goal", lifecycleStatus="active", description={"text": each}, subject=subject
        )
        for each in ("Gå ut", "Sova")
    }
    wound = effort("e-wound", NURSING, "Omläggning")
    wound["detail"]["performer"] = [builders.reference(roles[nurse]["id"])]
    wound["detail"]["goal"] = [builders.reference(goals[goal]["id"])]
    other = effort("e-drugs", NURSING, "Läkemedel")
    other["detail"]["performer"] = [builders.reference(each["id"]) for each in roles.values()]
    refers = [builders.reference(each["id"]) for each in goals.values()]
    activity = [effort("e-home", SOCIAL, name), wound, other]
    return {
        "beside": (*people.values(), *roles.values(), *goals.values()),
        "more": {"activity": activity, "goal": refers},
    }


@pytest.mark.parametrize(
    "parts", [{"nurse": "Sand"}, {"nurse": "Berg", "goal": "Sova"}], ids=["who", "goal"]
)
def test_nobody_changes_who_does_anothers_effort_or_what_it_serves(
    ward: StatuteCounty, parts: dict[str, str]
) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1, **staffed("Hemtjänst", "Berg"))
    ward.told()
    writes(ward, SOCIAL, NURSING, version=2, read=first, **staffed("Hemtjänst", **parts))
    [text] = answered(ward, "social")
    assert text == "not-own-effort efforts e-wound"
    assert plans(ward) == {}


def test_a_unit_names_every_resource_anew_and_changes_its_own_effort(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1, **staffed("Hemtjänst", "Berg"))
    ward.told()
    writes(ward, SOCIAL, NURSING, version=2, read=first, **staffed("Hemtjänst, kväll", "Berg"))
    assert set(plans(ward)) == {"nursing"}


def own_goal(*beside: dict[str, Any]) -> dict[str, Any]:
    home = effort("e-home", SOCIAL, "Hemtjänst")
    home["detail"]["goal"] = [builders.reference(each["id"]) for each in beside]
    wound = effort("e-wound", NURSING, "Omläggning")
    return {"beside": beside, "more": {"activity": [home, wound]}}


def test_a_unit_adds_a_goal_to_its_own_effort_and_no_consent(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    subject = builders.reference(PATIENT)
    goal = resource("Goal", lifecycleStatus="active", description={"text": "Ut"}, subject=subject)
    second = writes(ward, SOCIAL, NURSING, version=2, read=first, **own_goal(goal))
    assert set(plans(ward)) == {"nursing"}
    withdrawal, word = drafts.consent("planning", "inactive"), own_goal(goal)
    word["more"]["activity"][0]["outcomeReference"] = [builders.reference(withdrawal["id"])]
    word["beside"] = (goal, withdrawal)
    writes(ward, SOCIAL, NURSING, version=3, read=second, **word)
    assert codes(ward, "social") == ["not-own-effort"]
    assert plans(ward) == {}


def test_a_unit_gives_no_effort_to_another_one_together_with_itself(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    shared = effort("e-new", SOCIAL, "Dusch")
    shared["detail"]["performer"] += effort("", NURSING, "")["detail"]["performer"]
    activity = [effort(id_, who, text) for id_, (who, text) in EFFORTS.items()]
    more = {"activity": [*activity, shared]}
    writes(ward, SOCIAL, NURSING, version=2, read=first, more=more)
    assert answered(ward, "social") == ["not-own-effort efforts e-new"]
