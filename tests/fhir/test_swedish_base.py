"""HL7 Sweden's base profiles: what the mappings make keeps what these demand, but for three things.

docs/profiles.md lists the three. The demands are read from the differentials themselves.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from adapter.fhir import profiles
from tests.kit.places import FIXTURES
from tools.profiles.places import SWEDEN

Resource = dict[str, Any]
MADE = sorted(
    path for folder in ("hl7v2", "omsorg") for path in (FIXTURES / folder).glob("*/*.fhir.json")
)
TWO_NAMES = {"several-identities"}  # omsorg/1 has them, and none is dropped


def elements(type_: str) -> dict[str, Resource]:
    """Return the elements of HL7 Sweden's differential of a type, by id."""
    path = SWEDEN / f"StructureDefinition-SEBase{type_}.json"
    differential = json.loads(path.read_text(encoding="utf-8"))["differential"]
    return {element["id"]: element for element in differential["element"]}


def most(type_: str) -> dict[str, int]:
    """Return how many identifiers a resource may have, by system."""
    listed = elements(type_)
    return {
        element["patternUri"]: int(listed[id_.removesuffix(".system")]["max"])
        for id_, element in listed.items()
        if id_.startswith(f"{type_}.identifier:") and id_.endswith(".system")
    }


def made(type_: str) -> list[Any]:
    """Return each resource of a type in the messages that the mappings make, with its file."""
    return [
        pytest.param(entry["resource"], id=path.name.removesuffix(".fhir.json"))
        for path in MADE
        for entry in json.loads(path.read_text(encoding="utf-8"))["entry"]
        if entry["resource"]["resourceType"] == type_
    ]


@pytest.mark.parametrize("type_", ["Patient", "Organization"])
def test_our_profile_is_derived_from_the_swedish_one(type_: str) -> None:
    profile = profiles.load().resource("StructureDefinition", type_.lower())
    base = f"http://hl7.se/fhir/ig/base/StructureDefinition/SEBase{type_}"
    assert profile["baseDefinition"] == base


def test_the_demands_are_those_that_we_know() -> None:
    patient, organization = elements("Patient"), elements("Organization")
    assert set(most("Patient").values()) | set(most("Organization").values()) == {1}
    assert len(most("Patient")) == 3
    assert patient["Patient.name"]["max"] == "1"
    bound = {e["binding"]["strength"] for e in (patient | organization).values() if "binding" in e}
    assert bound == {"extensible"}


@pytest.mark.parametrize("patient", made("Patient"))
def test_a_patient_has_one_current_number_of_each_swedish_system(patient: Resource) -> None:
    current = [i for i in patient.get("identifier", ()) if i.get("use") != "old"]
    counts = Counter(identifier.get("system") for identifier in current)
    assert all(counts[system] <= high for system, high in most("Patient").items())


@pytest.mark.parametrize("patient", made("Patient"))
def test_a_patient_has_one_name_and_no_marital_status(
    patient: Resource, request: pytest.FixtureRequest
) -> None:
    case = request.node.callspec.id
    assert len(patient.get("name", ())) <= (2 if case in TWO_NAMES else 1)
    assert "maritalStatus" not in patient


@pytest.mark.parametrize("organization", made("Organization"))
def test_an_organization_has_one_hsa_id_without_a_type(organization: Resource) -> None:
    identifiers = organization.get("identifier", ())
    counts = Counter(identifier.get("system") for identifier in identifiers)
    assert all(counts[system] <= high for system, high in most("Organization").items())
    assert all("type" not in identifier for identifier in identifiers)
    assert "type" not in organization
