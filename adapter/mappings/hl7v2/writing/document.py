"""A document to MDM: MSH, EVN, PID, PV1, TXA and OBX (HL7 v2.5.1 chapter 9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import hl7

from adapter.fhir import bundles, labels
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MESSAGE_ID
from adapter.mappings import Context
from adapter.mappings.hl7v2.writing import header, person, visit
from adapter.mappings.hl7v2.writing.er7 import (
    EMPTY,
    Field,
    coded,
    components,
    formatted,
    segment,
)
from adapter.mappings.hl7v2.writing.invitation import entity_of
from adapter.mappings.hl7v2.writing.outgoing_message import OutgoingMessage, finished
from adapter.mappings.hl7v2.writing.parties import Actor

_RESTRICTED, _USUAL = "R", "U"  # TXA-18, HL7 table 0272


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One observation of a document (OBX): what it is, its value and the value's type."""

    kind: str  # OBX-2, HL7 table 0125: FT, TS, CE, ED
    what: Field  # OBX-3
    value: Field
    sub: str = ""  # OBX-4: the number of an effort in its plan
    at: Field = EMPTY  # OBX-14
    status: str = ""  # OBX-11, HL7 table 0085; "" as the document's


def text(code: str, title: str, value: str, sub: str = "") -> list[Part]:
    """Return a text under its heading; [] for none."""
    if not value:
        return []
    return [Part(kind="FT", what=coded(code, title), value=formatted(value), sub=sub)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a document is (TXA)."""

    type_: str  # TXA-2, HL7 table 0270
    number: str  # the content id of the message that it came with
    parent: str = ""
    acted: Field = EMPTY
    originated: Field = EMPTY
    authors: tuple[Actor, ...] = ()
    completion: str = "AU"  # TXA-17, HL7 table 0271
    availability: str = "AV"  # TXA-19, HL7 table 0273
    change: str = ""


def message(
    outgoing: OutgoingMessage, document: Document, parts: Sequence[Part], context: Context
) -> hl7.Message:
    """Return a new document as MDM^T02, and one that replaces another (its parent) as T10."""
    trigger = "T10" if document.parent else "T02"
    lines = [*_head(outgoing, trigger, "MDM_T02", document, context), *_contents(document, parts)]
    return finished(lines, outgoing, context)


def cancellation(outgoing: OutgoingMessage, document: Document, context: Context) -> hl7.Message:
    """Return the cancellation of a document as MDM^T11, which has no content."""
    lines = _head(outgoing, "T11", "MDM_T01", document, context)
    return finished(lines, outgoing, context)


def _head(
    outgoing: OutgoingMessage,
    trigger: str,
    structure: str,
    document: Document,
    context: Context,
) -> list[str]:
    patient = person.withhold_address(outgoing.take_patient(), context)
    person.mark_protection(patient)
    return [
        header.header(outgoing, trigger, structure, context),
        header.event(outgoing, trigger, document.acted),
        person.person(outgoing, patient, context),
        visit.visit(outgoing, context),
        _transcription(outgoing, document),
    ]


def _transcription(outgoing: OutgoingMessage, document: Document) -> str:
    is_protected = labels.is_protected(outgoing.bundle)
    parent = entity_of(document.parent, MESSAGE_ID) if document.parent else Field("")
    fields = {
        1: "1",
        2: components(document.type_),
        3: "FT",
        4: document.acted,
        6: document.originated,
        9: Field("~".join(author.person() for author in document.authors)),
        12: entity_of(document.number, MESSAGE_ID),
        13: parent,
        17: document.completion,
        18: _RESTRICTED if is_protected else _USUAL,
        19: document.availability,
        21: components(document.change),
    }
    return segment("TXA", fields)


def _contents(document: Document, parts: Sequence[Part]) -> Iterator[str]:
    """Yield OBX; a document that is not complete is preliminary (OBX-11, HL7 table 0085)."""
    status = "F" if document.completion == "AU" else "P"
    for number, part in enumerate(parts, start=1):
        fields = {
            1: str(number),
            2: part.kind,
            3: part.what,
            4: components(part.sub),
            5: part.value,
            11: part.status or status,
            14: part.at,
        }
        yield segment("OBX", fields)


def number_of(bundle: Resource) -> str:
    """Return the number of the document that a message carries: its content id."""
    return bundles.content_id(bundle)
