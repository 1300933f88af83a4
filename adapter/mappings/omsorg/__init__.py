"""Omsorg 1: the XML that we publish for social-service systems that cannot speak FHIR.

Specification: docs/omsorg.md with profiles/omsorg/omsorg.xsd, namespace version 1. A document is
one Meddelande or one Kvittens. Every event is both read and written. A module has both directions
of an element, so that they stay alike: `write...` makes the element, `read...` the resource.

| element | FHIR | module |
|---|---|---|
| Meddelande, Kvittens, Arende, Orsak | MessageHeader | `documents` |
| Avsandare, Mottagare, units | Organization | `parties` |
| Oversatt | Provenance | `provenance` |
| Patient | Patient | `patient` |
| Vardtillfalle | Encounter | `encounter` |
| Plan | CarePlan | `plan` |
| Text | Communication | `communication` |
| Svar, Leveransrapport | Task | `task` |
| Fel | OperationOutcome | `receipt` |

`code_tables` has the words, `forms` the forms of values, `schema` the validation. A writer takes
fields (`take_fields`) from an `outgoing_message`; what remains is a loss.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any

from lxml import etree

from adapter.core.errors import FatalError, Issue
from adapter.core.model import Bundle, Event, Kind
from adapter.fhir import bundles
from adapter.mappings import Context, Names, System
from adapter.mappings.omsorg import documents, schema
from adapter.mappings.omsorg.code_tables import EVENT, NAMESPACE
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage, outgoing_message
from adapter.mappings.omsorg.xml_elements import Element, attribute, refusal

system = System("omsorg", content="xml", media_type="application/xml")

_OF_A_SENDING = frozenset({"kuvert", "skapad"})  # attributes of Meddelande that each sending has
_TRANSLATED = f"{{{NAMESPACE}}}Oversatt"


@system.recognises
def recognise(document: Any) -> Event:
    """Return the event of Meddelande/@typ; a Kvittens is a receipt."""
    if document.tag == f"{{{NAMESPACE}}}Kvittens":
        return Event.RECEIPT
    if document.tag != f"{{{NAMESPACE}}}Meddelande":
        raise refusal("unknown-event", "/", f"neither Meddelande nor Kvittens of {NAMESPACE}")
    typ = attribute(document, "typ")
    event = next((event for event, word in EVENT.items() if word == typ), None)
    if event is None:
        raise refusal("unknown-event", "/Meddelande/@typ", "the schema lists the types")
    return event


def read(event: Event, document: Element, context: Context) -> Bundle:
    """Return a Meddelande as a message; FatalError with every fault against the schema."""
    _check_schema(document)
    _warn_of_damage(document, context)
    return documents.read(event, document, context)


for _event in EVENT:
    system.reads(_event)(partial(read, _event))


@system.reads(Kind.RECEIPT)
def read_receipt(document: Element, context: Context) -> Bundle:
    """Return a Kvittens as a receipt; FatalError with every fault against the schema."""
    _check_schema(document)
    return documents.read_receipt(document, context)


@system.writes(*EVENT)
def write(bundle: Bundle, context: Context) -> Element:
    """Return a message as Meddelande; what it cannot carry is reported as losses."""
    outgoing = outgoing_message(bundle, context)
    document = documents.write(bundles.event(bundle), outgoing, context)
    return _checked(document, outgoing, context)


@system.writes(Kind.RECEIPT)
def write_receipt(bundle: Bundle, context: Context) -> Element:
    """Return a receipt as Kvittens."""
    outgoing = outgoing_message(bundle, context)
    return _checked(documents.write_receipt(outgoing, context), outgoing, context)


@system.names
def name(document: Element, names: Names) -> Element:
    """Return the document with new ids, and `ersatter` unless it has one already."""
    renamed = deepcopy(document)
    renamed.attrib.update({"id": names.content, "kuvert": names.envelope})
    if names.replaces and not attribute(renamed, "ersatter"):
        renamed.set("ersatter", names.replaces)
    return renamed


@system.compares
def is_same(first: Element, second: Element) -> bool:
    """Whether two documents say the same.

    Their envelope, the time of that, and how they were translated do not count; nor do comments,
    and white space around elements.
    """
    return _said(first) == _said(second)


def _said(document: Element) -> tuple[Any, ...]:
    """Return an element as comparable values."""
    inside = [_said(child) for child in document.iterchildren(etree.Element)]
    fields = {key: text for key, text in document.attrib.items() if key not in _OF_A_SENDING}
    text = "".join(map(str, document.itertext(etree.Element))) if not inside else ""
    return document.tag, fields, text, [each for each in inside if each[0] != _TRANSLATED]


def _checked(document: Element, outgoing: OutgoingMessage, context: Context) -> Element:
    """Return the document with its losses reported; FatalError where our own schema refuses it."""
    outgoing.report_losses(context)
    faults = schema.issues(document)
    if faults:
        issues = [
            Issue(code="not-written", expression=fault.expression, detail=fault.detail)
            for fault in faults
        ]
        raise FatalError("not-written", issues[0].expression, issues)
    return document


def _check_schema(document: Element) -> None:
    faults = schema.issues(document)
    if not faults:
        return
    codes = {fault.code for fault in faults}
    code = faults[0].code if len(codes) == 1 else "invalid-document"
    raise FatalError(code, f"{faults[0].expression} {faults[0].detail}", faults)


def _warn_of_damage(document: Element, context: Context) -> None:
    """Warn of U+FFFD: an earlier system decoded the text with the wrong character set."""
    for node in document.iter(etree.Element):
        if "\ufffd" in (node.text or ""):
            context.warn("damaged-text", f"//{etree.QName(node).localname}")
