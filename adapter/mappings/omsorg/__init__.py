"""Omsorg 1: the XML that we publish for social-service systems that cannot speak FHIR.

Specification: docs/omsorg.md with profiles/omsorg/omsorg.xsd, namespace version 1. A document is
one Meddelande or one Kvittens; both are written and read for every event.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lxml import etree

from adapter.core.errors import FatalError, Issue
from adapter.core.model import Bundle, Event, Kind
from adapter.fhir import bundles
from adapter.mappings import Context, Names, System
from adapter.mappings.omsorg import documents, outgoing_message, schema
from adapter.mappings.omsorg.code_tables import EVENT, NAMESPACE
from adapter.mappings.omsorg.xml_elements import Element, attribute, refusal

system = System("omsorg", content="xml", media_type="application/xml")

_MESSAGES = (Kind.ENCOUNTER, Kind.CARE_PLAN, Kind.COMMUNICATION)


@system.recognises
def recognise(document: Any) -> Event:
    """The event that Meddelande/@typ names; a Kvittens is a receipt."""
    if document.tag == f"{{{NAMESPACE}}}Kvittens":
        return Event.RECEIPT
    if document.tag != f"{{{NAMESPACE}}}Meddelande":
        raise refusal("unknown-event", "/", f"neither Meddelande nor Kvittens of {NAMESPACE}")
    typ = attribute(document, "typ")
    event = next((event for event, word in EVENT.items() if word == typ), None)
    if event is None:
        raise refusal("unknown-event", "/Meddelande/@typ", "the schema lists the types")
    return event


@system.reads(*_MESSAGES)
def read(document: Element, context: Context) -> Bundle:
    """A Meddelande that follows the schema as a message; FatalError with every fault."""
    _check(document)
    _warn(document, context)
    return documents.read(recognise(document), document, context)


@system.reads(Kind.RECEIPT)
def read_receipt(document: Element, context: Context) -> Bundle:
    """A Kvittens that follows the schema as a receipt; FatalError with every fault."""
    _check(document)
    return documents.read_receipt(document, context)


@system.writes(*_MESSAGES)
def write(bundle: Bundle, context: Context) -> Element:
    """A message as Meddelande; what it cannot carry is confessed."""
    original = outgoing_message.opened(bundle, context)
    document = documents.write(bundles.event(bundle), original, context)
    return _finished(document, original, context)


@system.writes(Kind.RECEIPT)
def write_receipt(bundle: Bundle, context: Context) -> Element:
    """A receipt as Kvittens."""
    original = outgoing_message.opened(bundle, context)
    return _finished(documents.write_receipt(original, context), original, context)


@system.names
def name(document: Element, names: Names) -> Element:
    """New ids; what it replaces stands in `ersatter`, unless it replaces something already."""
    found = deepcopy(document)
    found.attrib.update({"id": names.content, "kuvert": names.envelope})
    if names.replaces and not attribute(found, "ersatter"):
        found.set("ersatter", names.replaces)
    return found


def _finished(document: Element, original: outgoing_message.Source, context: Context) -> Element:
    """Nothing leaves that our own schema would refuse."""
    original.confess(context)
    faults = schema.problems(document)
    if faults:
        found = [
            Issue(code="not-written", expression=fault.expression, detail=fault.detail)
            for fault in faults
        ]
        raise FatalError("not-written", found[0].expression, found)
    return document


def _check(document: Element) -> None:
    faults = schema.problems(document)
    if not faults:
        return
    codes = {fault.code for fault in faults}
    code = faults[0].code if len(codes) == 1 else "invalid-document"
    raise FatalError(code, f"{faults[0].expression} {faults[0].detail}", faults)


def _warn(document: Element, context: Context) -> None:
    """U+FFFD: somebody decoded the text with the wrong character set."""
    for node in document.iter(etree.Element):
        if "\ufffd" in (node.text or ""):
            context.warn("damaged-text", f"//{etree.QName(node).localname}")
