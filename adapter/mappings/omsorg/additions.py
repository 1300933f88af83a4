"""What omsorg/2 adds to the bodies of omsorg/1: contact ways, attachments, reasons, outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adapter.fhir.bundles import Resource, focus
from adapter.mappings.omsorg.code_tables_2 import ANSWER_KIND
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.linked_resources import Refers, Unit, refers_to
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.places import pruned
from adapter.mappings.omsorg.shapes import (
    Alternative,
    Fields,
    Leaf,
    Many,
    many,
    read_fields,
    write_fields,
)
from adapter.mappings.omsorg.shared_shapes import ATTACHMENT, BASE, TELECOMS, Coded
from adapter.mappings.omsorg.take_fields import part, parts
from adapter.mappings.omsorg.version import Body
from adapter.mappings.omsorg.xml_elements import Element, element

TEXT_MORE: Fields = [
    Leaf("Skal", "statusReason.text"),
    Many(
        "payload",
        [
            Alternative(
                "Bilaga",
                [Refers(ATTACHMENT.type, ATTACHMENT.fields, "contentReference")],
                refers_to("contentReference", "DocumentReference"),
            )
        ],
    ),
]
ANSWER_MORE: Fields = [
    Coded("utfall", "businessStatus.coding[]", f"{BASE}/answer-kind", ANSWER_KIND),
    many("Vidarebefordrad", "@forwarded-to", [Unit("HealthcareService", "valueReference")]),
]
_PLAIN = {"system", "value"}


def extended(body: Body, fields: Fields) -> Body:
    """Return a body with more fields after its own."""

    def write(resource: Resource, outgoing: OutgoingMessage) -> Element:
        return write_fields(fields, body.write(resource, outgoing), resource, outgoing)

    def read(node: Element, id_: str, incoming: IncomingMessage) -> Resource:
        return _read(fields, node, body.read(node, id_, incoming), incoming)

    return replace(body, write=write, read=read)


def of_fields(name: str, type_: str, fields: Fields) -> Body:
    """Return the body that an element with these fields is."""

    def write(resource: Resource, outgoing: OutgoingMessage) -> Element:
        return write_fields(fields, element(name), resource, outgoing)

    def read(node: Element, id_: str, incoming: IncomingMessage) -> Resource:
        return _read(fields, node, {"resourceType": type_, "id": id_}, incoming)

    return Body(name=name, type=type_, write=write, read=read)


def _read(fields: Fields, node: Element, target: Resource, incoming: IncomingMessage) -> Resource:
    resource: Resource = pruned(read_fields(fields, node, target, incoming))
    return resource


def with_contact_ways(body: Body) -> Body:
    """Return the body of a stay with every contact way of its unit, not only the first."""
    return replace(body, write=_writer_of_contact_ways(body.write))


def _writer_of_contact_ways(
    write: Callable[[Resource, OutgoingMessage], Element],
) -> Callable[[Resource, OutgoingMessage], Element]:
    def write_all(stay: Resource, outgoing: OutgoingMessage) -> Element:
        provider = part(focus(outgoing.bundle) or {}, "serviceProvider")
        ways = parts(outgoing.referenced(provider), "telecom")
        first = next(iter(ways), {})
        is_plain = set(first) == _PLAIN and first["system"] in ("phone", "email")
        others = element("Vardtillfalle")
        TELECOMS.write(others, {"telecom": ways[1:] if is_plain else ways}, outgoing)
        node = write(stay, outgoing)
        node.extend(list(others))
        return node

    return write_all
