"""PD1-12 (HL7 v2.8 chapter 3, table 0136) to the labels of a protected identity."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import SECURITY
from adapter.fhir.concept_maps import translations
from adapter.fhir.parts import protection_lifted, security_labels
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.separators import NULL

_LEVELS = translations("v2-protection", SECURITY)
"""Of profiles/ConceptMap-v2-protection.json. F and K are ours."""
_LIFTED = "N"


def labels(message: Hl7Message) -> list[Resource]:
    """Return `Patient.meta.security`: the levels, or `none` where N alone lifts them.

    An unknown code protects: that error can be corrected later. An empty field says nothing.
    """
    codes = _codes(message)
    if any(code not in (*_LEVELS, _LIFTED) for code in codes):
        message.context.warn("unknown-code", "PD1-12", "read as sekretessmarkering")
    levels = {_LEVELS.get(code, "sekretessmarkering") for code in codes if code != _LIFTED}
    return security_labels(sorted(levels)) or (protection_lifted() if codes else [])


def is_protected(message: Hl7Message) -> bool:
    """Whether PD1-12 protects the identity."""
    return any(code != _LIFTED for code in _codes(message))


def _codes(message: Hl7Message) -> list[str]:
    """The codes of the first PD1, and of each other one that protects: none of those lifts."""
    first = [value.part().upper() for value in message.document.values("PD1-12")]
    return [*first, *(code for code in _further(message.document) if code != _LIFTED)]


def _further(document: Document) -> Iterator[str]:
    marks = document.separators
    for index in range(1, document.count("PD1")):
        for each in document.field("PD1-12", index).split(marks.repetition):
            code = each.partition(marks.component)[0].strip().upper()
            if code not in ("", NULL):
                yield code
