"""The Swedish names of events, needs, and reasons why something ends, from `profiles/`."""

from __future__ import annotations

from adapter.fhir.code_words import swedish_words


def swedish(event: str) -> str:
    """Return an event's Swedish name in lower case, or "" for a code that is no event."""
    return swedish_words("event").get(event, "").lower()


def ended(reason: str) -> str:
    """Return the Swedish text of a code of CodeSystem ended, or "" for another code."""
    return swedish_words("ended").get(reason, "")


def need(code: str) -> str:
    """Return the Swedish name of a code of CodeSystem need, or "" for another code."""
    return swedish_words("need").get(code, "")
