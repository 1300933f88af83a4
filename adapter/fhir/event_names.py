"""The Swedish names of events, from the code system of `profiles/`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from adapter.fhir import profiles


def swedish(event: str) -> str:
    """Return an event's Swedish name in lower case, or "" for a code that is no event."""
    return _names().get(event, "")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    concepts = profiles.load().resource("CodeSystem", "event")["concept"]
    return {concept["code"]: _designation(concept).lower() for concept in concepts}


def _designation(concept: dict[str, Any]) -> str:
    designations = concept.get("designation", ())
    return next((d["value"] for d in designations if d.get("language") == "sv"), "")
