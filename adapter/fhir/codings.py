"""Read codings and security labels of any resource (R4, Coding and meta.security)."""

from __future__ import annotations

from typing import Any

from adapter.fhir.canonical import EVENT


def code_of(concept: dict[str, Any] | None, system: str) -> str:
    """Return the code that a CodeableConcept has in a system; "" for none."""
    codings = (concept or {}).get("coding", ())
    return next((str(c.get("code", "")) for c in codings if c.get("system") == system), "")


def is_assumed(coding: dict[str, Any]) -> bool:
    """Whether a coding was not stated by its source (R4, Coding.userSelected)."""
    return coding.get("userSelected") is False


def labels_of(resource: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Return system and code of each security label of a resource."""
    labels = (resource or {}).get("meta", {}).get("security", ())
    return [(label.get("system", ""), label.get("code", "")) for label in labels]


def unknown_event(system: object) -> str:
    """Tell what is wrong with a coding of an event that is none of ours. It is not repeated."""
    wrong = "the code is" if system == EVENT else "the system of the code is"
    return f"{wrong} none of ours; they are of {EVENT}"
