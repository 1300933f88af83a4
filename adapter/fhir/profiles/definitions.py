"""Read the FHIR conformance resources in the folder `profiles/`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapter.core.errors import FatalError
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import BASE

OURS = f"{BASE}/StructureDefinition/"
_LISTS = frozenset({"constraint"})  # a derived profile adds to these; it replaces all else


def folder() -> Path:
    """Return the profiles' folder: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parents[2]
    inside = package / "data" / "profiles"
    return inside if inside.is_dir() else package.parent / "profiles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """An expanded value set: its id, each (system, code), and each code without system."""

    id: str
    pairs: frozenset[tuple[str, str]]
    plain: frozenset[str]


@dataclass(frozen=True, slots=True)
class Definitions:
    """Every conformance resource by (resource type, id)."""

    resources: dict[tuple[str, str], Resource] = field(default_factory=dict)

    def of_type(self, type_: str) -> list[Resource]:
        """Return all resources of a type, in order of id."""
        return [r for (t, _), r in sorted(self.resources.items()) if t == type_]

    def get(self, type_: str, canonical: str) -> Resource:
        """Return the resource with one of our canonical URLs; KeyError when there is none."""
        return self.resources[type_, canonical.removeprefix(f"{BASE}/{type_}/")]

    def elements(self, canonical: str) -> dict[str, dict[str, Any]]:
        """Return a profile's element definitions by id, with those inherited from our profiles."""
        if not canonical.startswith(OURS):
            return {}
        profile = self.get("StructureDefinition", canonical)
        elements = {k: dict(v) for k, v in self.elements(profile["baseDefinition"]).items()}
        for element in profile["differential"]["element"]:
            elements[element["id"]] = _derived(elements.get(element["id"], {}), element)
        return elements

    def codes(self, canonical: str) -> Codes:
        """Return one of our value sets, expanded."""
        value_set = self.get("ValueSet", canonical)
        pairs = frozenset(p for part in value_set["compose"]["include"] for p in self._pairs(part))
        return Codes(id=value_set["id"], pairs=pairs, plain=frozenset(code for _, code in pairs))

    def _pairs(self, part: dict[str, Any]) -> Iterator[tuple[str, str]]:
        system = part["system"]
        concepts = part.get("concept") or self.get("CodeSystem", system)["concept"]
        return ((system, concept["code"]) for concept in concepts)


def _derived(base: dict[str, Any], element: dict[str, Any]) -> dict[str, Any]:
    both = {name: [*base.get(name, ()), *element.get(name, ())] for name in _LISTS}
    return base | element | both


def read(place: Path) -> Definitions:
    """Read the resources of a folder; FatalError `settings` when it has none."""
    resources = [json.loads(f.read_text(encoding="utf-8")) for f in sorted(place.glob("*.json"))]
    if not resources:
        raise FatalError("settings", "the profiles are missing: install the package again")
    return Definitions({(r["resourceType"], r["id"]): r for r in resources})
