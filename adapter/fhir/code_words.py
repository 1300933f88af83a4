"""The Swedish words of our code systems, from `profiles/`: the one place that names a code."""

from __future__ import annotations

from functools import cache
from typing import Any

from adapter.fhir import profiles


@cache
def swedish_words(code_system: str) -> dict[str, str]:
    """Return the Swedish designation of each code, "" for none; KeyError for no such system."""
    concepts = profiles.load().resource("CodeSystem", code_system)["concept"]
    return {concept["code"]: _designation(concept) for concept in concepts}


def _designation(concept: dict[str, Any]) -> str:
    designations = concept.get("designation", ())
    return next((d["value"] for d in designations if d.get("language") == "sv"), "")
