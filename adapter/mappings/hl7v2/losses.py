"""List the fields that are read, and report every other field or segment as a loss.

The law requires name, personnummer, address of registration and planned discharge (SFS 2017:612
2 kap. 2 §). Data that the notice does not need is not passed on (GDPR article 5.1 c).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapter.mappings import Context
from adapter.mappings.hl7v2.deletions import DELETABLE
from adapter.mappings.hl7v2.fields import Document

_PERSON = {
    "PID": frozenset({2, 3, 4, 5, 7, 8, 11, 19, 29, 30}),
    "PD1": frozenset({3, 4, 12}),
}
READ_OF_PERSON: Mapping[str, frozenset[int]] = _PERSON | {
    "EVN": frozenset({2, 6}),
    "MRG": frozenset({1, 4}),
}
"""The fields that are read of a message about the person alone."""
READ_OF_STAY: Mapping[str, frozenset[int]] = _PERSON | {
    "EVN": frozenset({2, 4, 6}),
    "MRG": frozenset({1, 4, 5}),
    "PV1": frozenset({2, 3, 19, 36, 44, 45}),
    "PV2": frozenset({9, 47}),
    "ZSP": frozenset({2, 3, 4, 5, 6, 7, 8}),
}
_NO_CONTENT: dict[str, frozenset[int]] = {  # set ids, and EVN-1, which repeats MSH-9
    "EVN": frozenset({1}),
    "PID": frozenset({1}),
    "PV1": frozenset({1}),
    "ZSP": frozenset({1}),
}
_TECHNICAL = frozenset({"MSH", "SFT", "UAC", "DSC", ""})
_TEXTS = ("PID-5", "PID-11", "PV1-3", "PV1-19", "MRG-5")
_WHY = {
    "AL1": "allergies belong to the information transfer at discharge, not to the notice",
    "ARV": "a bar of secrecy is read as FHIR (Consent); PD1-12 protects an identity",
    "CON": "a consent is read as FHIR (Consent)",
    "DG1": "diagnoses are not part of the notice (SFS 2017:612 2 kap. 2 §)",
    "IN1": "insurance has no place in the message",
    "NK1": "next of kin are not part of the notice (SFS 2017:612 2 kap. 2 §)",
    "OBX": "observations belong to the information transfer at discharge, not to the notice",
    "PID-18": "an account number names no case: mother and newborn share it",
    "PV1": "a message about the person is read without its visit",
    "PV2": "a message about the person is read without its visit",
    "ZSP": "a cancelled pre-admission has no assessment",
    "ZSP-9": "the reason is the hospital's own: receivers get none",
}
_NOT_PART = "not part of the message; only what the notice needs is passed on"


def report_losses(read: Mapping[str, frozenset[int]], document: Document, context: Context) -> None:
    """Report all that is not in `read` as losses, and warn of damaged text in what is."""
    for name in document.segments:
        if name in read:
            _report_fields(name, read[name], document, context)
        elif name not in _TECHNICAL:
            shown = name if re.fullmatch(r"[A-Z][A-Z0-9]{2}", name) else "unnamed segment"
            context.lose(shown, _WHY.get(shown, _NOT_PART))
    for path in _TEXTS:
        if any(value.damaged for value in document.values(path)):
            context.warn("damaged-text", path)


def _report_fields(name: str, read: frozenset[int], document: Document, context: Context) -> None:
    if document.count(name) > 1:
        context.lose(name, "only the first is read")
    used = read | _NO_CONTENT.get(name, frozenset())
    for number in range(1, len(document.segments[name][0])):
        path = f"{name}-{number}"
        if number not in used and document.values(path):
            context.lose(path, _WHY.get(path, _NOT_PART))
        elif number in read and document.is_null(path) and path not in DELETABLE:
            context.lose(path, "its deletion is not carried")
