"""Texts that stand beside codes: an event's Swedish name, an error's cause and action."""

from __future__ import annotations

from datetime import datetime

from adapter.cli.printing import when
from adapter.core.catalogue import CATALOGUE
from adapter.fhir.event_names import swedish
from adapter.settings.durations import duration_text
from adapter.settings.municipalities import municipalities


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


def due(at: datetime | None, now: datetime) -> str:
    """Return `due in 3 h` or `overdue since 2026-03-02 10:00`; "" for None."""
    if at is None:
        return ""
    return f"due in {duration_text(at - now)}" if at > now else f"overdue since {when(at)[:16]}"


_NOBODY = {
    "no-municipality": "the patient's municipality is not known",
    "not-connected": "no endpoint serves it in the patient's municipality",
    "several": "several endpoints serve it in the patient's municipality",
    "unknown-unit": "the assessment names a unit that is not connected",
    "no-identity": "the patient has no number of a register of persons",
    "listed-elsewhere": "the patient is listed at a centre that is not connected",
}


def nobody(detail: str) -> str:
    """Return why nobody is found for a need, in words; any other detail as it is."""
    why, then, proposal = detail.partition("; ")
    code, _, place = why.partition(" ")
    if code not in _NOBODY:
        return detail
    where = f" ({_place(place)})" if place else ""
    return _NOBODY[code] + where + then + proposal


def _place(code: str) -> str:
    """Return `2580 Luleå` for a kommunkod; an HSA-id as it is."""
    return f"{code} {municipalities().get(code, '')}".strip()


_ENDED = {
    "withdrawn": "the assessment was withdrawn",
    "need-ended": "the need ended",
    "moved": "the patient moved to another municipality or centre",
    "transferred": "the patient was moved to another hospital",
}


def ended(reason: str) -> str:
    """Return why a right ended, in words; any other reason as it is."""
    return _ENDED.get(reason, reason)
