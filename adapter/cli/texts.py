"""Texts that stand beside codes: an event's Swedish name, an error's cause and action."""

from __future__ import annotations

from adapter.core.catalogue import CATALOGUE
from adapter.fhir.event_names import swedish


def event(code: str) -> str:
    """Return `admission-notice (inskrivningsmeddelande)`, or `unknown` for ""."""
    name = swedish(code)
    return f"{code} ({name})" if name else code or "unknown"


def cause(code: str) -> str:
    """Return the catalogue's text of a code; "" for an unknown one."""
    return CATALOGUE[code].en if code in CATALOGUE else ""


def action(code: str) -> str:
    """Return what the catalogue says is to be done; "" for an unknown code."""
    return CATALOGUE[code].action if code in CATALOGUE else ""
