"""The Swedish words of codes, from `profiles/`: the one place that names a code."""

from __future__ import annotations

from functools import cache
from typing import Any

from adapter.fhir import profiles


@cache
def swedish_words(code_system: str) -> dict[str, str]:
    """Return the Swedish designation of each code, "" for none; KeyError for no such system."""
    concepts = profiles.load().resource("CodeSystem", code_system)["concept"]
    return {concept["code"]: _designation(concept) for concept in concepts}


@cache
def names_of_kinds(value_set: str) -> dict[str, str]:
    """Return the display of each code that a value set lists, for codes of another's system."""
    included = profiles.load().resource("ValueSet", value_set)["compose"]["include"]
    return {c["code"]: c["display"] for group in included for c in group.get("concept", ())}


def _designation(concept: dict[str, Any]) -> str:
    designations = concept.get("designation", ())
    return next((d["value"] for d in designations if d.get("language") == "sv"), "")
