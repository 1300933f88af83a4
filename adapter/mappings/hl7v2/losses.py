"""Report what was not read of a message as losses (docs/hl7v2.md, "What is read").

The law requires name, personnummer, address of registration and planned discharge (SFS 2017:612
2 kap. 2 §). Data that the notice does not need is not passed on (GDPR article 5.1 c).

There is no list of what is read: the reading itself marks it (`fields`). What is neither marked
nor understood (`understood`) is a loss, whatever it is.
"""

from __future__ import annotations

import re
from itertools import pairwise

from adapter.mappings import Context
from adapter.mappings.hl7v2.deletions import DELETABLE
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.separators import NULL
from adapter.mappings.hl7v2.unread import Unread, unread

_TEXTS = ("PID-5", "PID-11", "PV1-3", "PV1-19", "MRG-5")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_MOST = 20  # losses of one field: a report must not grow faster than the message
_WHY = {
    "AL1": "allergies belong to the information transfer at discharge, not to the notice",
    "ARV": "a bar of secrecy is read as FHIR (Consent); PD1-12 protects an identity",
    "CON": "a consent is read as FHIR (Consent)",
    "DG1": "diagnoses are not part of the notice (SFS 2017:612 2 kap. 2 §)",
    "DSC": "a continuation is not read: send a message whole",
    "EVN-1": "the event is MSH-9.2",
    "EVN-6": "when the event occurred is told of leave and of discharge-ready",
    "IN1": "insurance has no place in the message",
    "MSH-14": "a continuation is not read: send a message whole",
    "NK1": "next of kin are not part of the notice (SFS 2017:612 2 kap. 2 §)",
    "OBX": "observations belong to the information transfer at discharge, not to the notice",
    "PD1-3": "only the HSA-id of a unit is read, of PD1-4 first",
    "PD1-4": "only the HSA-id of a unit is read",
    "PID-3.8": "until when a current number is valid is not told",
    "PID-18": "an account number names no case: mother and newborn share it",
    "PV1": "a message about the person is read without its visit",
    "PV1-3.1": "PV1-3.9 is the name of the ward",
    "PV1-3.2": "the room concerns nobody outside the hospital",
    "PV1-3.3": "the bed concerns nobody outside the hospital",
    "PV1-19": "only the first number names the case",
    "PV1-36": "it is read when the stay is over",
    "PV2": "a message about the person is read without its visit",
    "PV2-47": "it is read when a leave begins",
    "SFT": "the sender's software has no place in the message",
    "ZSP": "a cancelled pre-admission has no assessment",
    "ZSP-9": "the reason is the hospital's own: receivers get none",
}
_NOT_PART = "not part of the message; only what the notice needs is passed on"


def report_losses(document: Document, context: Context) -> None:
    """Report all that was not read as losses, and warn of damaged text in what was.

    Call it last: what is read after it has been reported.
    """
    touched = {name for name, _ in document.readings}
    said = frozenset(loss.path for loss in context.losses)  # by readers, who know more
    for name in document.segments:
        if name in touched:
            _report_fields(name, said, document, context)
        elif _NAME.fullmatch(name):
            context.lose(name, _WHY.get(name, _NOT_PART))
    _report_nameless(document, context)
    for path in _TEXTS:
        if any(value.damaged for value in document.values(path)):
            context.warn("damaged-text", path)


def _report_nameless(document: Document, context: Context) -> None:
    """Report what is no segment, with a warning: a line break inside a field makes it.

    The place is the segment before it, whose rest it may be.
    """
    every = [segment for segment in document.message[: document.length] if str(segment).strip()]
    names = [str(segment[0]).strip() for segment in every]
    before = next((b for b, name in pairwise(names) if not _NAME.fullmatch(name)), None)
    if before is not None:
        context.lose("unnamed segment", "it has no name of a segment")
        context.warn("damaged-text", before, "a line after it is no segment")


def _report_fields(name: str, said: frozenset[str], document: Document, context: Context) -> None:
    if document.count(name) > 1:
        _report_others(name, document, context)
    for number, text in document.filled(name):
        if NULL in text and document.is_null(f"{name}-{number}"):
            _report_null((name, number), document, context)
        elif parts := unread((name, number), text, document):
            path = f"{name}-{number}"
            if path not in said:
                _report_parts(path, parts, context)


def _report_others(name: str, document: Document, context: Context) -> None:
    """Report the further segments of a name; with a warning where one says something else."""
    context.lose(name, "only the first is read")
    first, *others = (str(segment) for segment in document.segments[name])
    if any(other != first for other in others):
        context.warn("contradiction", name, "several segments: only the first is read")


def _report_null(field: tuple[str, int], document: Document, context: Context) -> None:
    """Report a deletion; of what is never read, it deletes nothing that anybody was told."""
    path = f"{field[0]}-{field[1]}"
    if field in document.readings and path not in DELETABLE:
        context.lose(path, "its deletion is not carried")


def _report_parts(path: str, parts: list[Unread], context: Context) -> None:
    for part in parts[:_MOST]:
        why = part.why or _WHY.get(path + part.component) or _WHY.get(path) or _NOT_PART
        context.lose(path + part.repetition + part.component, why)
    if len(parts) > _MOST:
        context.lose(path, f"{len(parts) - _MOST} more of its parts are not read")
