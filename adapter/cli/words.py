"""The Swedish names that stand beside the English ones."""

from __future__ import annotations

from functools import lru_cache

from adapter.core.catalogue import CATALOGUE
from adapter.fhir import profiles


@lru_cache(maxsize=1)
def _swedish() -> dict[str, str]:
    concepts = profiles.load().resource("CodeSystem", "event")["concept"]
    return {c["code"]: _in_swedish(c.get("designation", ())) for c in concepts}


def _in_swedish(designations: list[dict[str, str]]) -> str:
    return next((d["value"] for d in designations if d.get("language") == "sv"), "")


def event(code: str) -> str:
    """`admission-notice (inskrivningsmeddelande)`; `unknown` for none."""
    swedish = _swedish().get(code, "").lower()
    return f"{code} ({swedish})" if swedish else code or "unknown"


def cause(code: str) -> str:
    """What the catalogue says of a code, "" for one that it does not know."""
    return CATALOGUE[code].en if code in CATALOGUE else ""


def action(code: str) -> str:
    """What the catalogue says is to be done."""
    return CATALOGUE[code].action if code in CATALOGUE else ""
