"""Text: a message from person to person (generellt meddelande), and the reply to one."""

from __future__ import annotations

from adapter.fhir.builders import about, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MESSAGE_ID
from adapter.mappings.omsorg.code_tables import PRIORITY, TEXT_STATUS, code, word
from adapter.mappings.omsorg.outgoing_message import Source
from adapter.mappings.omsorg.parties import Parties, write_organisation
from adapter.mappings.omsorg.take_fields import fixed, part, parts, take, take_id, take_when
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    happened,
    leaf,
    leaves,
    present,
    prose,
)


def write(communication: Resource, source: Source) -> Element:
    """The Communication as Text."""
    source.follow(part(communication, "subject"), "Patient")
    status = word(TEXT_STATUS, take(communication, "status"), "Communication.status")
    priority = word(PRIORITY, take(communication, "priority"), "Communication.priority")
    found = [
        leaf("Rubrik", take(part(communication, "topic"), "text")),
        write_organisation("Fran", source.other_than_sender(part(communication, "sender"))),
        *leaves("Innehall", (take(p, "contentString") for p in parts(communication, "payload"))),
    ]
    return element(
        "Text",
        found,
        avser=_write_answered(communication),
        skickad=take_when(communication, "sent"),
        status="" if status == TEXT_STATUS["completed"] else status,
        prioritet=priority,
    )


def _write_answered(communication: Resource) -> str:
    first = next(iter(parts(communication, "inResponseTo")), {})
    identifier = part(first, "identifier")
    fixed(identifier, "system", MESSAGE_ID)
    return take_id(identifier, "value")


def read(node: Element, id_: str, patient: Resource, parties: Parties) -> Resource:
    """Text as Communication; it is completed and from the sender unless it says otherwise."""
    answered, topic, unit = attribute(node, "avser"), child(node, "Rubrik"), child(node, "Fran")
    sender = reference(new_id("organization", parties.sender.organization))
    found = {
        "resourceType": "Communication",
        "id": id_,
        "inResponseTo": [about(answered)] if answered else [],
        "status": code(TEXT_STATUS, attribute(node, "status")) or "completed",
        "priority": code(PRIORITY, attribute(node, "prioritet")),
        "subject": patient,
        "topic": present({"text": prose(topic)}),
        "sent": happened(node, "skickad"),
        "sender": sender if unit is None else parties.reference(unit),
        "payload": [{"contentString": prose(n)} for n in children(node, "Innehall")],
    }
    return present(found)
