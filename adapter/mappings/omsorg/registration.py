"""A system for each version of omsorg: what is registered is the same, the version differs."""

from __future__ import annotations

from collections.abc import Set
from copy import deepcopy
from functools import partial
from typing import Any

from lxml import etree

from adapter.core.errors import FatalError, Issue
from adapter.core.model import Bundle, Event, Kind
from adapter.fhir import bundles
from adapter.mappings import Context, Names, System
from adapter.mappings.omsorg import documents, down_to_one, schema
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage, outgoing_message
from adapter.mappings.omsorg.unread import report_unread
from adapter.mappings.omsorg.version import Version
from adapter.mappings.omsorg.xml_elements import Element, attribute, local_name, refusal

_OF_A_SENDING = frozenset({"kuvert", "skapad"})  # attributes of Meddelande that each sending has


def registered(name: str, version: Version) -> System:
    """Return the system of a version, under its name in the settings."""
    system = System(name, content="xml", media_type="application/xml")
    system.recognises(partial(_recognise, version))
    for event in version.events:
        system.reads(event)(partial(_read, version, event))
    system.reads(Kind.RECEIPT)(partial(_read_receipt, version))
    system.writes(*version.events)(partial(_write, version))
    system.writes(*version.as_text)(partial(_write_as_text, version))
    system.writes(Kind.RECEIPT)(partial(_write_receipt, version))
    system.names(partial(_named, version))
    system.compares(_is_same)
    system.compares_elsewhere(_is_same_elsewhere)
    return system


def _recognise(version: Version, document: Any) -> Event:
    """Return the event of Meddelande/@typ; a receipt has a root of its own."""
    if document.tag == f"{{{version.namespace}}}{version.receipt}":
        return Event.RECEIPT
    if document.tag != f"{{{version.namespace}}}Meddelande":
        detail = f"neither Meddelande nor {version.receipt} of {version.namespace}"
        raise refusal("unknown-event", "/", detail)
    typ = attribute(document, "typ")
    event = next((event for event, word in version.events.items() if word == typ), None)
    if event is None:
        raise refusal("unknown-event", "/Meddelande/@typ", "the schema lists the types")
    return event


def _read(version: Version, event: Event, document: Element, context: Context) -> Bundle:
    """Return a Meddelande as a message; FatalError with every fault against the schema."""
    _check_schema(document, version)
    _warn_of_damage(document, context)
    report_unread(document, context)
    if version.vocabulary is None:
        return documents.read(event, document, context, version)
    try:
        return documents.read(event, version.vocabulary.earlier(document), context, version)
    except FatalError as error:
        raise version.vocabulary.shown(error) from error


def _read_receipt(version: Version, document: Element, context: Context) -> Bundle:
    """Return a receipt as a message; FatalError with every fault against the schema."""
    _check_schema(document, version)
    report_unread(document, context)
    if version.vocabulary is None:
        return documents.read_receipt(document, context, version)
    try:
        return documents.read_receipt(version.vocabulary.earlier(document), context, version)
    except FatalError as error:
        raise version.vocabulary.shown(error) from error


def _write(version: Version, bundle: Bundle, context: Context) -> Element:
    """Return a message as Meddelande; what it cannot carry is reported as losses."""
    outgoing = outgoing_message(bundle, context, version.number)
    document = documents.write(bundles.event(bundle), outgoing, context, version)
    return _checked(document, outgoing, context, version)


def _write_as_text(version: Version, bundle: Bundle, context: Context) -> Element:
    """Return an event that the version has no type for, as a message that tells it."""
    return _write(version, down_to_one.as_text(bundle, context), context)


def _write_receipt(version: Version, bundle: Bundle, context: Context) -> Element:
    """Return a receipt as Kvittens."""
    outgoing = outgoing_message(bundle, context, version.number)
    return _checked(documents.write_receipt(outgoing, context), outgoing, context, version)


def _named(version: Version, document: Element, names: Names) -> Element:
    """Return the document with new ids, and what it replaces unless it says that already."""
    renamed = deepcopy(document)
    renamed.attrib.update({"id": names.content, "kuvert": names.envelope})
    if names.replaces and not attribute(renamed, version.replaces):
        renamed.set(version.replaces, names.replaces)
    return renamed


def _is_same(first: Element, second: Element) -> bool:
    """Whether two documents say the same.

    Their envelope, the time of that, and how they were translated do not count; nor do comments,
    and white space around elements.
    """
    return _said(first, {"Oversatt"}) == _said(second, {"Oversatt"})


def _is_same_elsewhere(first: Element, second: Element) -> bool:
    """Whether two documents say the same, whoever their receivers are."""
    left_out = {"Oversatt", "Mottagare"}
    return _said(first, left_out) == _said(second, left_out)


def _said(document: Element, left_out: Set[str]) -> tuple[Any, ...]:
    """Return an element as comparable values."""
    parts = document.iterchildren(etree.Element)
    inside = [_said(child, left_out) for child in parts if local_name(child) not in left_out]
    fields = {key: text for key, text in document.attrib.items() if key not in _OF_A_SENDING}
    has_parts = next(document.iterchildren(etree.Element), None) is not None
    text = "" if has_parts else "".join(map(str, document.itertext(etree.Element)))
    return document.tag, fields, text, inside


def _checked(
    document: Element, outgoing: OutgoingMessage, context: Context, version: Version
) -> Element:
    """Return the document in its words; FatalError where our own schema refuses it."""
    outgoing.report_losses(context)
    words = version.vocabulary
    written = document if words is None else words.later(document)
    faults = schema.issues(written, version.schema)
    if faults:
        issues = [
            Issue(code="not-written", expression=fault.expression, detail=fault.detail)
            for fault in faults
        ]
        raise FatalError("not-written", issues[0].expression, issues)
    return written


def _check_schema(document: Element, version: Version) -> None:
    faults = schema.issues(document, version.schema)
    if not faults:
        return
    codes = {fault.code for fault in faults}
    code = faults[0].code if len(codes) == 1 else "invalid-document"
    raise FatalError(code, f"{faults[0].expression} {faults[0].detail}", faults)


def _warn_of_damage(document: Element, context: Context) -> None:
    """Warn of U+FFFD: an earlier system decoded the text with the wrong character set."""
    for node in document.iter(etree.Element):
        if "\ufffd" in (node.text or ""):
            context.warn("damaged-text", f"//{local_name(node)}")
