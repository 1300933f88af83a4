"""What changed between versions of a plan: every change that people can read, and no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.canonical import SECURITY
from adapter.fhir.readable import document
from adapter.fhir.readable.changes import changes
from adapter.fhir.readable.plain import content
from tests.kit.places import FIXTURES

OLD: Bundle = json.loads((FIXTURES / "readable" / "care-plan.fhir.json").read_text("utf-8"))
Path = tuple[str | int, ...]


def plan_of(bundle: Bundle) -> dict[str, Any]:
    plan = bundles.focus(bundle)
    assert plan is not None
    return plan


def told(change: Callable[[dict[str, Any]], object]) -> list[str]:
    """Change the plan; return the sentences."""
    new = copy.deepcopy(OLD)
    change(plan_of(new))
    return changes(OLD, new, document)


def leaves(node: Any, path: Path = ()) -> Iterator[Path]:
    """The place of each text and number of a document."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def at(node: Any, path: Path) -> Any:
    for step in path:
        node = node[step]
    return node


NOT_COMPARED = ("MessageHeader", "Organization")  # of the envelope
PLACES = [
    (index, path)
    for index, entry in enumerate(OLD["entry"])
    if entry["resource"]["resourceType"] not in NOT_COMPARED
    for path in leaves(entry["resource"])
    if path[-1] not in ("resourceType", "id", "url", "reference")
]


def read_by_people(bundle: Bundle) -> list[str]:
    """What a person reads of the plan, without regard to order."""
    read = document(bundle)
    return sorted([*content(read).splitlines(), *(str(row) for row in read.person.rows)])


def test_the_same_plan_has_no_changes() -> None:
    assert changes(OLD, copy.deepcopy(OLD), document) == []


@given(st.sampled_from(PLACES), st.sampled_from(["replace", "remove"]))
def test_a_difference_that_people_can_read_has_a_sentence_and_no_other(
    place: tuple[int, Path], act: str
) -> None:
    index, path = place
    new = copy.deepcopy(OLD)
    holder, last = at(new["entry"][index]["resource"], path[:-1]), path[-1]
    if act == "remove":
        del holder[last]
    else:
        was = holder[last]
        holder[last] = (
            (not was) if isinstance(was, bool) else f"{was}1" if isinstance(was, str) else was + 1
        )
    differs = read_by_people(new) != read_by_people(OLD)
    assert bool(changes(OLD, new, document)) is differs


def _removes(plan: dict[str, Any]) -> None:
    del plan["activity"][3]


def _adds(plan: dict[str, Any]) -> None:
    detail = {
        "status": "scheduled",
        "description": "Trygghetslarm",
        "performer": [{"display": "Larmcentralen"}],
        "scheduledString": "från måndag",
    }
    plan["activity"].append({"id": "e9", "detail": detail})


def _sets(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(plan: dict[str, Any]) -> None:
        at(plan, path[:-1])[path[-1]] = value

    return change


DETAIL = ("activity", 0, "detail")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_adds, "Ny insats: Trygghetslarm (Larmcentralen, från måndag)."),
        (_removes, "Borttagen insats: Följer med och handlar."),
        (
            _sets(*DETAIL, "performer", value=[{"display": "Norra hemtjänsten"}]),
            "Hjälp att stiga upp och klä sig, utförare: Norra hemtjänsten (tidigare: Åstad hem",
        ),
        (
            _sets(*DETAIL, "extension", 0, "valueCode", value="region"),
            "Hjälp att stiga upp och klä sig, ansvarig huvudman: regionen (tidigare: kommunen).",
        ),
        (
            _sets(*DETAIL, "status", value="completed"),
            "Hjälp att stiga upp och klä sig, läge: klar (tidigare: planerad).",
        ),
        (
            _sets("extension", 1, "valueCode", value="region"),
            "Ansvar för planen, Övergripande ansvar: Regionen (tidigare: Kommunen).",
        ),
        (
            _sets("extension", 2, "extension", 0, "valueDateTime", value="2027-02-02"),
            "Nästa uppföljning, När: Tisdag 2 februari 2027 (tidigare: Tisdag 12 januari 2027",
        ),
        (
            _sets("extension", 6, "extension", 1, "valueCode", value="attended"),
            "De som var med, Åstad hemsjukvård: var med (tidigare: kallad, kom inte).",
        ),
        (
            _sets("description", value="Märta är hemma."),
            "Så är det nu: Märta är hemma (tidigare: Märta har opererats",
        ),
    ],
)
def test_a_change_is_told_in_words(change: Callable[[dict[str, Any]], None], sentence: str) -> None:
    [said] = {said for said in told(change) if "nås nu på" not in said and "Hit kan" not in said}
    assert said.startswith(sentence)


def test_a_goal_that_came_and_a_goal_that_went_are_told() -> None:
    said = told(lambda plan: plan["goal"].pop())
    assert said[0] == "Borttaget mål: Såret är läkt."
    new = copy.deepcopy(OLD)
    plan_of(new)["goal"].pop()
    assert changes(new, OLD, document)[0] == "Nytt mål: Såret är läkt."


def test_a_consent_that_is_withdrawn_is_told() -> None:
    new = copy.deepcopy(OLD)
    [consent] = [r for r in bundles.resources(new) if r["resourceType"] == "Consent"]
    consent["status"] = "inactive"
    expected = ["Ditt samtycke, Samtycket: återkallat (tidigare: gäller)."]
    assert changes(OLD, new, document) == expected


def test_a_person_who_becomes_protected_is_not_told_with_the_old_address() -> None:
    new = copy.deepcopy(OLD)
    patient = bundles.patient(new)
    assert patient is not None
    patient["meta"] = {"security": [{"system": SECURITY, "code": "sekretessmarkering"}]}
    for said in (changes(OLD, new, document), changes(new, OLD, document)):
        assert "Örngatan" not in "".join(said)
