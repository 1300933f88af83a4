"""Put the package together: our profiles with snapshots, the guide, examples and the indexes.

The layout is that of FHIR's packages on npm (FHIR NPM Package Specification): `package/` with
`package.json` and `.index.json`, and the same below `package/example/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tools.profiles.examples import examples
from tools.profiles.places import DEFINITIONS, PROFILES, SWEDEN, Resource, resources
from tools.profiles.snapshots import Snapshots
from tools.r4_definitions.package import RELEASE, extensions, whole_types

_INDEXED = ("id", "url", "version", "kind", "type", "derivation", "content")
CORE = "hl7.fhir.r4.core"


def package() -> dict[str, Any]:
    """Return the documents of our package by path; FileNotFoundError without HL7's definitions."""
    published = list(with_snapshots(resources(PROFILES)))
    (guide,) = (r for r in published if r["resourceType"] == "ImplementationGuide")
    return layout(manifest(guide), published, examples())


def swedish_base() -> dict[str, Any]:
    """Return what we need of HL7 Sweden's package, as a package."""
    (version,) = {r["version"] for r in resources(SWEDEN)}
    about = {
        "name": "hl7se.fhir.base",
        "version": version,
        "canonical": "http://hl7.se/fhir/ig/base",
        "fhirVersions": [RELEASE],
        "dependencies": {CORE: RELEASE},
    }
    return layout(about, with_snapshots(resources(SWEDEN)), ())


def manifest(guide: Resource) -> dict[str, Any]:
    """Return the `package.json` that an ImplementationGuide describes."""
    others = {each["packageId"]: each["version"] for each in guide["dependsOn"]}
    return {
        "name": guide["packageId"],
        "version": guide["version"],
        "title": guide["title"],
        "description": guide["description"],
        "author": guide["publisher"],
        "license": guide["license"],
        "type": "IG",
        "canonical": guide["url"].partition("/ImplementationGuide/")[0],
        "url": guide["url"].partition("/ImplementationGuide/")[0],
        "fhirVersions": guide["fhirVersion"],
        "dependencies": {CORE: RELEASE} | others,
        "directories": {"lib": "package", "example": "example"},
    }


def with_snapshots(ours: Iterable[Resource]) -> Iterator[Resource]:
    """Yield resources; each StructureDefinition with its snapshot, before its differential."""
    known = [*whole_types(DEFINITIONS), *extensions(DEFINITIONS), *resources(SWEDEN)]
    listed = list(ours)
    definitions = (r for r in [*known, *listed] if r["resourceType"] == "StructureDefinition")
    snapshots = Snapshots(definitions)
    for resource in listed:
        if resource["resourceType"] == "StructureDefinition":
            elements = {"snapshot": {"element": snapshots.elements(resource["url"])}}
            differential = resource.pop("differential")
            yield resource | elements | {"differential": differential}
        else:
            yield resource


def layout(
    about: dict[str, Any], published: Iterable[Resource], shown: Iterable[Resource]
) -> dict[str, Any]:
    """Return a package's documents by path: its manifest, resources and examples."""
    files = {f"package/{_file(r)}": r for r in published}
    files |= {f"package/example/{_file(r)}": r for r in shown}
    indexes = {f"{folder}.index.json": _index(folder, files) for folder in _folders(files)}
    return {"package/package.json": about} | files | indexes


def _file(resource: Resource) -> str:
    return f"{resource['resourceType']}-{resource['id']}.json"


def _folders(files: Iterable[str]) -> list[str]:
    return sorted({path.rpartition("/")[0] + "/" for path in files})


def _index(folder: str, files: dict[str, Resource]) -> dict[str, Any]:
    inside = (path for path in sorted(files) if path.rpartition("/")[0] + "/" == folder)
    return {"index-version": 2, "files": [_indexed(path, files[path]) for path in inside]}


def _indexed(path: str, resource: Resource) -> dict[str, str]:
    first = {"filename": path.rpartition("/")[2], "resourceType": resource["resourceType"]}
    return first | {name: resource[name] for name in _INDEXED if name in resource}
