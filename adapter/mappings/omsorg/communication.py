"""Text, to and from the Communication of a message (generellt meddelande) or a reply to one."""

from __future__ import annotations

from adapter.fhir.builders import about, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MESSAGE_ID
from adapter.fhir.parts import present
from adapter.mappings.omsorg.code_tables import PRIORITY, TEXT_STATUS, code_of, word_of
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.parties import write_organisation
from adapter.mappings.omsorg.take_fields import (
    part,
    parts,
    take,
    take_date_or_time,
    take_id,
    take_implied,
)
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    leaf,
    leaves,
    text_of,
    time_or_written,
)


def write(communication: Resource, outgoing: OutgoingMessage) -> Element:
    """Return the Communication as Text."""
    outgoing.take_referenced(part(communication, "subject"), "Patient")
    status = word_of(TEXT_STATUS, take(communication, "status"), "Communication.status")
    priority = word_of(PRIORITY, take(communication, "priority"), "Communication.priority")
    nodes = [
        leaf("Rubrik", take(part(communication, "topic"), "text")),
        write_organisation("Fran", outgoing.take_other_than_sender(part(communication, "sender"))),
        *leaves("Innehall", (take(p, "contentString") for p in parts(communication, "payload"))),
    ]
    return element(
        "Text",
        nodes,
        avser=_write_answered(communication),
        skickad=take_date_or_time(communication, "sent"),
        status="" if status == TEXT_STATUS["completed"] else status,
        prioritet=priority,
    )


def _write_answered(communication: Resource) -> str:
    first = next(iter(parts(communication, "inResponseTo")), {})
    identifier = part(first, "identifier")
    take_implied(identifier, "system", MESSAGE_ID)
    return take_id(identifier, "value")


def read(node: Element, id_: str, incoming: IncomingMessage) -> Resource:
    """Return Text as a Communication; by default it is completed, and from the sender."""
    answered, topic, unit = attribute(node, "avser"), child(node, "Rubrik"), child(node, "Fran")
    sender = reference(new_id("organization", incoming.parties.sender.organization))
    fields = {
        "resourceType": "Communication",
        "id": id_,
        "inResponseTo": [about(answered)] if answered else [],
        "status": code_of(TEXT_STATUS, attribute(node, "status")) or "completed",
        "priority": code_of(PRIORITY, attribute(node, "prioritet")),
        "subject": incoming.patient,
        "topic": present({"text": text_of(topic)}),
        "sent": time_or_written(node, "skickad"),
        "sender": sender if unit is None else incoming.parties.reference(unit),
        "payload": [{"contentString": text_of(n)} for n in children(node, "Innehall")],
    }
    return present(fields)
