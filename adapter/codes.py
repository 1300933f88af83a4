"""Codes of one system as those of another, by the ConceptMaps and ValueSets in `profiles/`.

The maps: `v2-sex` (HL7 v2 table 0001) and `kv-kon` (KV Kön, 1.2.752.129.2.2.1.1) to FHIR
AdministrativeGender, `v2-patient-class` (table 0004) to Encounter.class, `v2-event` (MSH-9.2)
to our events.
"""

from __future__ import annotations

from functools import lru_cache

from adapter.bundles import Resource
from adapter.errors import FatalError
from adapter.profiles import load


def translated(concept_map: str, code: str) -> Resource:
    """The Coding that a code of a map's source has in its target; FatalError `unknown-code`."""
    found = _targets(concept_map).get(code)
    if found is None:
        raise FatalError("unknown-code", f"not in the map {concept_map}")
    return dict(found)


def coding(value_set: str, code: str) -> Resource:
    """A code as a Coding of one of our value sets; FatalError `unknown-code`."""
    found = _members(value_set).get(code)
    if found is None:
        raise FatalError("unknown-code", f"not in the value set {value_set}")
    return dict(found)


@lru_cache
def _targets(concept_map: str) -> dict[str, Resource]:
    groups = load().resource("ConceptMap", concept_map)["group"]
    return {
        element["code"]: {"system": group["target"], "code": element["target"][0]["code"]}
        for group in groups
        for element in group["element"]
    }


@lru_cache
def _members(value_set: str) -> dict[str, Resource]:
    pairs = load().definitions.codes(value_set).pairs
    return {code: {"system": system, "code": code} for system, code in pairs}
