"""Snapshots: what others computed of the same differentials is what we compute."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kit.fhir_package import definitions_installed, published
from tests.kit.places import SHARED
from tests.kit.shared import ABSENT
from tools.profiles.places import DEFINITIONS, SWEDEN, resources
from tools.profiles.snapshots import HL7, Snapshots
from tools.r4_definitions.package import extensions, whole_types

THEIRS = SHARED / "sweden" / "profiles"
SWEDISH = [path.name for path in sorted(SWEDEN.glob("StructureDefinition-*.json"))]
MEDPLUM = ("project", "author", "onBehalfOf", "account", "accounts", "compartment")
RULES = ("id", "path", "min", "max", "base", "type", "binding", "fixedUri", "patternUri")


def facts(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what elements demand, without texts, and without what Medplum added to Meta."""
    hl7s = (e for e in elements if e["id"] not in {f"Patient.meta.{name}" for name in MEDPLUM})
    return [{name: e[name] for name in RULES if name in e} for e in hl7s]


@pytest.mark.waits  # npm, once
@pytest.mark.slow
@pytest.mark.parametrize("name", SWEDISH)
def test_a_snapshot_is_the_one_that_sushi_made_of_the_same_profile(name: str) -> None:
    if not THEIRS.is_dir():
        pytest.skip(ABSENT)
    definitions_installed()
    known = [*whole_types(DEFINITIONS), *extensions(DEFINITIONS), *resources(SWEDEN)]
    theirs = json.loads((THEIRS / name).read_text(encoding="utf-8"))
    definitions = (r for r in known if r["resourceType"] == "StructureDefinition")
    snapshot = Snapshots(definitions).elements(theirs["url"])
    assert facts(snapshot) == facts(theirs["snapshot"]["element"])


@pytest.mark.waits  # npm, once
@pytest.mark.slow
def test_a_slice_stands_after_its_element_and_has_the_elements_of_its_own_type() -> None:
    patient = next(p for p in published("StructureDefinition") if p["id"] == "patient")
    ids = [element["id"] for element in patient["snapshot"]["element"]]
    assert len(ids) == len(set(ids))
    place = ids.index("Patient.address.extension:municipality")
    assert ids[place - 1].startswith("Patient.address.extension")


@pytest.mark.waits  # npm, once
@pytest.mark.slow
def test_a_profile_keeps_the_constraints_of_its_base_and_says_whose_they_are() -> None:
    notice = next(
        p for p in published("StructureDefinition") if p["id"] == "focus-admission-notice"
    )
    constraints = notice["snapshot"]["element"][0]["constraint"]
    sources = {c["key"]: c["source"] for c in constraints}
    assert sources["dom-2"] == f"{HL7}DomainResource"


def test_an_element_that_the_base_does_not_have_is_an_error() -> None:
    base = {"url": "b", "snapshot": {"element": [{"id": "B", "path": "B", "min": 0, "type": []}]}}
    change = {"id": "B.nothing", "path": "B.nothing", "min": 1}
    profile = {
        "url": "p",
        "derivation": "constraint",
        "baseDefinition": "b",
        "differential": {"element": [change]},
    }
    with pytest.raises((KeyError, ValueError)):
        Snapshots([base, profile]).elements("p")


@pytest.mark.waits  # npm, once
@pytest.mark.slow
def test_what_an_element_demands_its_slices_demand_too() -> None:
    organization = next(p for p in published("StructureDefinition") if p["id"] == "organization")
    minima = {e["id"]: e["min"] for e in organization["snapshot"]["element"]}
    assert minima["Organization.identifier:hsaid.value"] == 1
    assert minima["Organization.identifier:hsaid"] == 0
