"""The rules in Python and their published FHIRPath say the same."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from fhirpathpy import evaluate
from fhirpathpy.models import models

from adapter.fhir import bundles, profiles
from adapter.fhir.profiles.registry import INVARIANTS
from tests.kit.fhir_fixtures import MESSAGES, loaded


def _constraints() -> dict[str, dict[str, Any]]:
    """Every constraint of our profiles, by key; with the type that it stands on."""
    return {
        constraint["key"]: constraint | {"path": element["path"]}
        for profile in profiles.load().definitions.of_type("StructureDefinition")
        for element in profile["differential"]["element"]
        for constraint in element.get("constraint", ())
    }


def _contexts(path: str) -> Iterator[Any]:
    """Every node of the fixtures that a constraint on a type applies to."""
    for message in MESSAGES:
        bundle = loaded(message)
        nodes = [bundle, *bundles.resources(bundle)]
        yield from (node for node in nodes if node["resourceType"] == path)


def test_every_constraint_has_its_function_and_every_function_its_constraint() -> None:
    assert set(_constraints()) == set(INVARIANTS)


@pytest.mark.parametrize("key", sorted(INVARIANTS))
def test_an_invariant_and_its_fhirpath_agree_and_each_can_fail(key: str) -> None:
    constraint = _constraints()[key]
    verdicts = set()
    for node in _contexts(constraint["path"]):
        ours = INVARIANTS[key].holds(node)
        theirs = evaluate(copy.deepcopy(node), constraint["expression"], [], models["r4"])
        assert theirs == [ours], node
        verdicts.add(ours)
    assert verdicts == {True, False}


@pytest.mark.parametrize("key", sorted(INVARIANTS))
@pytest.mark.parametrize("node", [None, [], {}, "x", {"entry": [3, None]}, {"name": {"given": 4}}])
def test_an_invariant_reads_anything(key: str, node: Any) -> None:
    assert INVARIANTS[key].holds(node) in {True, False}
