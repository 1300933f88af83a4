"""Meddelande and Kvittens: the whole document, its head and its one body."""

from __future__ import annotations

from datetime import date
from typing import Any

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, rewriting
from adapter.fhir.bundles import Resource, header
from adapter.fhir.canonical import CASE_ID, ENDED, EVENT, MESSAGE_ID
from adapter.fhir.parts import ended_reason, present
from adapter.mappings import Context
from adapter.mappings.omsorg import (
    code_tables,
    encounter,
    forms,
    parties,
    patient,
    provenance,
    receipt,
    shared_shapes,
)
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.parties import Parties
from adapter.mappings.omsorg.places import pruned
from adapter.mappings.omsorg.shapes import read_fields, write_fields
from adapter.mappings.omsorg.take_fields import (
    part,
    parts,
    take,
    take_extension,
    take_extensions,
    take_id,
    take_implied,
    take_time,
)
from adapter.mappings.omsorg.version import Body, Version
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    leaf,
    local_name,
    moment,
    refusal,
    text_of,
    token_of,
)


def write(event: Event, outgoing: OutgoingMessage, context: Context, version: Version) -> Element:
    """Return a message as Meddelande."""
    body = version.bodies[event]
    head, attributes = _write_head(outgoing, context)
    person = outgoing.take_first("Patient")
    on = context.recorded.date()
    nodes = [
        *head,
        _write_reason(part(outgoing.header, "reason")),
        None if person is None else _write_person(person, outgoing, on, version),
        body.write(outgoing.take_focus(body.type), outgoing),
    ]
    replaced = part(take_extension(outgoing.header, "concerns"), "valueIdentifier")
    take_implied(replaced, "system", MESSAGE_ID)
    ersatter = take_id(replaced, "value")
    return element("Meddelande", nodes, **attributes, typ=version.events[event], ersatter=ersatter)


def _write_person(
    person: Resource, outgoing: OutgoingMessage, on: date, version: Version
) -> Element:
    node = patient.write(person, outgoing.labelled(), on)
    return write_fields(version.person, node, person, outgoing)


def _write_reason(reason: Resource) -> Element | None:
    """Return Orsak; a code without a text is a loss."""
    text = take(reason, "text")
    ours = (c for c in parts(reason, "coding") if c.get("system") == ENDED)
    coding = next((c for c in ours if c.get("code") in code_tables.ENDED), {}) if text else {}
    take_implied(coding, "system", ENDED)
    return leaf("Orsak", text, kod=code_tables.ENDED.get(take(coding, "code"), ""))


def write_receipt(outgoing: OutgoingMessage, context: Context) -> Element:
    """Return a receipt as Kvittens."""
    head, attributes = _write_head(outgoing, context)
    faults, answer = receipt.write(outgoing, context)
    return element("Kvittens", [*head, *faults], **attributes, **answer)


def _write_head(
    outgoing: OutgoingMessage, context: Context
) -> tuple[list[Element | None], dict[str, str]]:
    """Return the elements before the body, and the attributes of the document."""
    header_ = outgoing.header
    coding = part(header_, "eventCoding")
    take_implied(coding, "system", EVENT)
    take(coding, "code")
    cases = [_write_case(e) for e in take_extensions(header_, "case")]
    attributes = {
        "id": take_id(header_, "id"),
        "kuvert": take_id(outgoing.rest, "id"),
        "skapad": take_time(outgoing.rest, "timestamp"),
        "registrerad": take_time(take_extension(header_, "recorded"), "valueInstant"),
    }
    return [*parties.write(outgoing, context), *cases, provenance.write(outgoing)], attributes


def _write_case(extension: Resource) -> Element | None:
    identifier = part(extension, "valueIdentifier")
    take_implied(identifier, "system", CASE_ID)
    return leaf("Arende", take(identifier, "value", forms.TOKEN))


def read(event: Event, document: Element, context: Context, version: Version) -> Bundle:
    """Return a Meddelande as a message."""
    body = version.bodies[event]
    content = attribute(document, "id")
    node = _body(document, event, body)
    organisations = parties.read(document, context)
    patient_node = _required(document, "Patient")
    person = patient.read(patient_node, content, context)
    subject = builders.reference(person["id"])
    incoming = IncomingMessage(content=content, patient=subject, parties=organisations)
    if version.person:
        person = pruned(read_fields(version.person, patient_node, person, incoming))
    focus = body.read(node, builders.new_id(content, "focus"), incoming)
    others = [person, provenance.read(document, context, version.number), *incoming.others]
    extra = present({"reason": _read_reason(child(document, "Orsak"))})
    bundle = _bundle(event, document, organisations, others, extra, focus)
    bundle = encounter.with_contact(bundle, node, _read_contact_ways(node, incoming))
    return _with_replaced(bundle, attribute(document, "ersatter"))


def _read_contact_ways(node: Element, incoming: IncomingMessage) -> list[Resource]:
    """Return the further contact ways of the unit of a stay, which omsorg/2 has."""
    if not children(node, "Kontaktvag"):
        return []
    unit: Resource = {}
    shared_shapes.TELECOMS.read(node, unit, incoming)
    ways: list[Resource] = pruned(unit.get("telecom", []))
    return ways


def _read_reason(node: Element | None) -> Resource:
    kod = "" if node is None else attribute(node, "kod")
    return ended_reason(code_tables.code_of(code_tables.ENDED, kod), text_of(node))


def read_receipt(document: Element, context: Context, version: Version) -> Bundle:
    """Return a Kvittens as a receipt message."""
    response, outcome = receipt.read(document, attribute(document, "id"))
    organisations = parties.read(document, context)
    others = [*outcome, provenance.read(document, context, version.number)]
    return _bundle(Event.RECEIPT, document, organisations, others, {"response": response}, None)


def _bundle(
    event: Event,
    document: Element,
    organisations: Parties,
    others: list[Resource],
    extra: dict[str, Any],
    focus: Resource | None,
) -> Bundle:
    created = moment(document, "skapad")
    if created is None:
        raise refusal("required", f"/{local_name(document)}/@skapad")
    content = attribute(document, "id")
    bundle = builders.message(
        event,
        content=content,
        sender=organisations.sender,
        receivers=organisations.receivers,
        focus=focus,
        others=others,
        cases=[token_of(n) for n in children(document, "Arende")],
        recorded=moment(document, "registrerad") or created,
        extra=organisations.header() | extra,
    )
    return rewriting.with_envelope(bundle, attribute(document, "kuvert") or content, created)


def _with_replaced(bundle: Bundle, earlier: str) -> Bundle:
    if not earlier:
        return bundle
    value = {"system": MESSAGE_ID, "value": earlier}
    changed = rewriting.with_extension(header(bundle), "concerns", "Identifier", value)
    return rewriting.with_header(bundle, extension=changed["extension"])


def _body(document: Element, event: Event, body: Body) -> Element:
    """Return the body of the event; FatalError `required` where a part of it is absent."""
    node = _required(document, body.name)
    if event is Event.REPLY and not attribute(node, "avser"):
        raise refusal("required", "/Meddelande/Text/@avser")
    if event is Event.ANSWER and attribute(node, "status") == "avvisad":
        _required(node, "Orsak")
    return node


def _required(node: Element, name: str) -> Element:
    required = child(node, name)
    if required is None:
        path = "" if local_name(node) == "Meddelande" else f"/{local_name(node)}"
        raise refusal(
            "required", f"/Meddelande{path}/{name}", "the type of the message asks for it"
        )
    return required
