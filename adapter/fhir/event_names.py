"""The Swedish names of events, needs, and reasons why something ends, from `profiles/`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from adapter.fhir import profiles


def swedish(event: str) -> str:
    """Return an event's Swedish name in lower case, or "" for a code that is no event."""
    return _names("event").get(event, "").lower()


def ended(reason: str) -> str:
    """Return the Swedish text of a code of CodeSystem ended, or "" for another code."""
    return _names("ended").get(reason, "")


def need(code: str) -> str:
    """Return the Swedish name of a code of CodeSystem need, or "" for another code."""
    return _names("need").get(code, "")


@lru_cache(maxsize=3)
def _names(code_system: str) -> dict[str, str]:
    concepts = profiles.load().resource("CodeSystem", code_system)["concept"]
    return {concept["code"]: _designation(concept) for concept in concepts}


def _designation(concept: dict[str, Any]) -> str:
    designations = concept.get("designation", ())
    return next((d["value"] for d in designations if d.get("language") == "sv"), "")
