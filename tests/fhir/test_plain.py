"""What is plainly right has no fault when each of its elements is looked at."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from adapter.core.errors import Issue
from adapter.core.model import Event
from adapter.fhir import check_structure, r4_types
from tests.kit.fhir_fixtures import usual

MUTATIONS = 300
ODD: tuple[Any, ...] = (
    *("", " ", "x", "#x", "2026-02-30", "urn:uuid:x", "a  b", "\0"),
    *(None, True, 0, -1, 1.5, [], {}, [None], [[]]),
    *({"id": "x"}, {"extension": []}, {"url": "urn:x"}, {"reference": "#x"}),
    *({"start": "2026-02-02", "end": "2026-02-01"}, {"coding": [{"code": "x"}]}),
)
MEMBERS: tuple[tuple[str, Any], ...] = (
    *(("id", "x"), ("_value", {"id": "x"}), ("valueString", "x"), ("valueCode", "x")),
    *(("extension", [{"url": "urn:x", "valueBoolean": True}]), ("code", "x"), ("type", "Patient")),
)


@pytest.fixture
def all_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The definitions without objects that are plainly right."""
    monkeypatch.setattr(r4_types, "_plain_object", lambda *_: None)
    r4_types.shape.cache_clear()
    yield
    r4_types.shape.cache_clear()


def containers(node: Any) -> list[Any]:
    """Every object and array inside a document that has a member."""
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    below = [each for item in inside for each in containers(item)]
    return [node, *below] if isinstance(node, dict | list) and node else below


def mutated(document: Any, chance: random.Random) -> Any:
    """A copy in which some values are odd, gone, or have a member more."""
    copy = deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        place = chance.choice(containers(copy))
        key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
        act = chance.randint(1, 3)
        if act == 1:
            place[key] = deepcopy(chance.choice(ODD))
        elif act == 2 and len(place) > 1:
            del place[key]
        elif isinstance(place, dict):
            name, value = chance.choice(MEMBERS)
            place[name] = deepcopy(value)
    return copy


def documents() -> list[Any]:
    chance = random.Random(7)
    messages = [usual(event) for event in Event]
    return [*messages, *(mutated(chance.choice(messages), chance) for _ in range(MUTATIONS))]


def issues(checked: list[Any]) -> list[list[Issue]]:
    return [check_structure(document) for document in checked]


QUICKLY = issues(documents())


@pytest.mark.usefixtures("all_is_looked_at")
def test_what_is_plainly_right_has_no_fault_when_it_is_looked_at() -> None:
    assert issues(documents()) == QUICKLY


def test_most_of_the_odd_documents_have_a_fault() -> None:
    assert sum(1 for each in QUICKLY if each) > MUTATIONS / 2


def test_data_types_are_plain_and_what_leads_elsewhere_is_not() -> None:
    patient = r4_types.shape("Patient").plain
    assert {"identifier", "name", "contact", "meta", "extension"} <= patient.keys()
    assert "contained" not in patient
    assert "entry" not in r4_types.shape("Bundle").plain
    assert not patient["managingOrganization"]({"reference": "Organization/1"})
    assert patient["managingOrganization"]({"display": "x"})
    nested = {"url": "urn:x", "extension": [{"url": "urn:y", "valueCode": "z"}]}
    assert not patient["extension"]([nested])
    assert patient["extension"](nested["extension"])
