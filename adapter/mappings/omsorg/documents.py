"""Meddelande and Kvittens as wholes: what every document begins with, around its body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapter.core.model import Bundle, Event, Kind
from adapter.fhir import builders
from adapter.fhir.bundles import Resource, header
from adapter.fhir.canonical import CASE_ID, EVENT, MESSAGE_ID
from adapter.mappings import Context
from adapter.mappings.omsorg import (
    code_tables,
    communication,
    encounter,
    parties,
    patient,
    plan,
    provenance,
    receipt,
    take_fields,
    task,
)
from adapter.mappings.omsorg.outgoing_message import Source
from adapter.mappings.omsorg.parties import Parties
from adapter.mappings.omsorg.take_fields import extension, extensions, fixed, part, take, take_time
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    kind,
    leaf,
    moment,
    present,
    prose,
    refusal,
    token,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What one kind of message is about: its element, its resource, and both ways between."""

    name: str
    type: str
    write: Callable[[Resource, Source], Element]
    read: Callable[[Element, str, Resource, Parties], Resource]


_ENCOUNTER = Body(
    name="Vardtillfalle", type="Encounter", write=encounter.write, read=encounter.read
)
_TEXT = Body(name="Text", type="Communication", write=communication.write, read=communication.read)
_BODIES = dict.fromkeys((e for e in Event if e.kind is Kind.ENCOUNTER), _ENCOUNTER) | {
    Event.CARE_PLAN: Body(name="Plan", type="CarePlan", write=plan.write, read=plan.read),
    Event.MESSAGE: _TEXT,
    Event.REPLY: _TEXT,
    Event.ANSWER: Body(name="Svar", type="Task", write=task.write_answer, read=task.read_answer),
    Event.DELIVERY_REPORT: Body(
        name="Leveransrapport", type="Task", write=task.write_report, read=task.read_report
    ),
}


def write(event: Event, source: Source, context: Context) -> Element:
    """A message as Meddelande."""
    body = _BODIES[event]
    head, attributes = _head(source, context)
    person = source.patient()
    on = context.recorded.date()
    found = [
        *head,
        leaf("Orsak", take(part(source.header, "reason"), "text")),
        None if person is None else patient.write(person, source.marked(), on),
        body.write(source.focus(body.type), source),
    ]
    replaced = part(extension(source.header, "concerns"), "valueIdentifier")
    fixed(replaced, "system", MESSAGE_ID)
    ersatter = take_fields.take_id(replaced, "value")
    return element(
        "Meddelande", found, **attributes, typ=code_tables.EVENT[event], ersatter=ersatter
    )


def write_receipt(source: Source, context: Context) -> Element:
    """A receipt as Kvittens."""
    head, attributes = _head(source, context)
    faults, answer = receipt.write(source, context)
    return element("Kvittens", [*head, *faults], **attributes, **answer)


def _head(source: Source, context: Context) -> tuple[list[Element | None], dict[str, str]]:
    header_ = source.header
    coding = part(header_, "eventCoding")
    fixed(coding, "system", EVENT)
    take(coding, "code")
    cases = [_written_case(e) for e in extensions(header_, "case")]
    attributes = {
        "id": take_fields.take_id(header_, "id"),
        "kuvert": take_fields.take_id(source.rest, "id"),
        "skapad": take_time(source.rest, "timestamp"),
        "registrerad": take_time(extension(header_, "recorded"), "valueInstant"),
    }
    return [*parties.write(source, context), *cases, provenance.write(source)], attributes


def _written_case(found: Resource) -> Element | None:
    identifier = part(found, "valueIdentifier")
    fixed(identifier, "system", CASE_ID)
    return leaf("Arende", take(identifier, "value", take_fields.TOKEN))


def read(event: Event, document: Element, context: Context) -> Bundle:
    """Meddelande as a message."""
    body = _BODIES[event]
    content = attribute(document, "id")
    node = _body(document, event, body)
    found = parties.read(document, context)
    person = patient.read(_required(document, "Patient"), content, context)
    subject = builders.reference(person["id"])
    focus = body.read(node, builders.new_id(content, "focus"), subject, found)
    origin = provenance.read(document, context)
    extra = present({"reason": present({"text": prose(child(document, "Orsak"))})})
    bundle = _bundle(event, document, found, [person, origin], extra, focus)
    return _replacing(bundle, attribute(document, "ersatter"))


def read_receipt(document: Element, context: Context) -> Bundle:
    """Kvittens as a receipt message."""
    response, outcome = receipt.read(document, attribute(document, "id"))
    found = parties.read(document, context)
    origin = provenance.read(document, context)
    others = [origin] if outcome is None else [outcome, origin]
    return _bundle(Event.RECEIPT, document, found, others, {"response": response}, None)


def _bundle(
    event: Event,
    document: Element,
    found: Parties,
    others: list[Resource],
    extra: dict[str, Any],
    focus: Resource | None,
) -> Bundle:
    created = moment(document, "skapad")
    if created is None:
        raise refusal("required", f"/{kind(document)}/@skapad")
    content = attribute(document, "id")
    bundle = builders.message(
        event,
        content=content,
        sender=found.sender,
        receivers=found.receivers,
        focus=focus,
        others=others,
        cases=[token(n) for n in children(document, "Arende")],
        recorded=moment(document, "registrerad") or created,
        extra=found.header() | extra,
    )
    return builders.enveloped(bundle, attribute(document, "kuvert") or content, created)


def _replacing(bundle: Bundle, earlier: str) -> Bundle:
    if not earlier:
        return bundle
    value = {"system": MESSAGE_ID, "value": earlier}
    changed = builders.with_extension(header(bundle), "concerns", "Identifier", value)
    return builders.with_header(bundle, extension=changed["extension"])


def _body(document: Element, event: Event, body: Body) -> Element:
    """The body that the type asks for, with what it must say of an earlier message."""
    node = _required(document, body.name)
    if event is Event.REPLY and not attribute(node, "avser"):
        raise refusal("required", "/Meddelande/Text/@avser")
    if event is Event.ANSWER and attribute(node, "status") == "avvisad":
        _required(node, "Orsak")
    return node


def _required(node: Element, name: str) -> Element:
    found = child(node, name)
    if found is None:
        path = "" if kind(node) == "Meddelande" else f"/{kind(node)}"
        raise refusal(
            "required", f"/Meddelande{path}/{name}", "the type of the message asks for it"
        )
    return found
