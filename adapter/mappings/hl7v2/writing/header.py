"""MessageHeader to MSH and EVN (HL7 v2.5.1 chapters 2 and 3)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id, is_hsa
from adapter.fhir import bundles
from adapter.fhir.canonical import EVENT, MESSAGE_ID
from adapter.mappings import Context
from adapter.mappings.hl7v2.writing import er7
from adapter.mappings.hl7v2.writing.er7 import components, segment
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage

_APPLICATION = "CAREPLAN-ADAPTER"
_VERSION = "2.5.1"


def header(outgoing: OutgoingMessage, trigger: str, structure: str, context: Context) -> str:
    """Return MSH; the control id (MSH-10) is the content id, which the ACK gives back."""
    message = outgoing.header
    message.mark("id")
    coding = message.part("eventCoding")
    coding.mark("display", "code")
    coding.take_implied("system", EVENT)
    receiver = context.receiver or context.sender
    zone = ZoneInfo(receiver.zone)
    own = hsa_id(receiver.organization)
    sender = unit(message.part("sender"), outgoing)
    fields = {
        2: er7.SEPARATORS,
        3: components(_APPLICATION, *_uri(message.part("source"))),
        4: components(sender),
        5: components("", *_uri(_own_destination(outgoing, own))),
        6: components(own),
        7: er7.time_of(context.recorded.astimezone(zone)),
        9: components(structure[:3], trigger, structure),
        10: components(bundles.content_id(outgoing.bundle)),
        11: "P",
        12: _VERSION,
        18: er7.charset_code(receiver.charset),
    }
    return segment("MSH", fields)


def event(outgoing: OutgoingMessage, trigger: str, occurred: er7.Field) -> str:
    """Return EVN: when the source recorded the message, and when it happened."""
    recorded = outgoing.header.extension("recorded")
    whole = Node(value=outgoing.bundle, path=(), outgoing=outgoing)
    at = recorded.take_time("valueInstant") or whole.take_time("timestamp")
    fields: dict[int, er7.Field | str] = {1: trigger, 2: at, 6: occurred}
    return segment("EVN", fields)


def reason(outgoing: OutgoingMessage) -> str:
    """Take the reason of the message in words; "" for none."""
    return outgoing.header.part("reason").take("text")


def concerned(outgoing: OutgoingMessage) -> str:
    """Take the content id of the message that this one replaces; "" for none."""
    identifier = outgoing.header.extension("concerns").part("valueIdentifier")
    identifier.take_implied("system", MESSAGE_ID)
    return identifier.take("value").removeprefix("urn:uuid:")


def _own_destination(outgoing: OutgoingMessage, own: str) -> Node:
    """Return the destination that is the receiver of this copy; the others are losses."""
    for destination in outgoing.header.parts("destination"):
        reference = destination.part("receiver")
        if bundles.referenced_organization(outgoing.bundle, reference.value) == own:
            unit(reference, outgoing)
            return destination
    return outgoing.header.part("destination")


def _uri(place: Node) -> tuple[str, str]:
    """Return the URI of an endpoint as the last components of HD."""
    uri = place.take("endpoint")
    return uri, "URI" if uri else ""


def unit(reference: Node, outgoing: OutgoingMessage) -> str:
    """Take a reference to an organisation; return its HSA-id, else its name, "" for none."""
    resource = outgoing.take_referenced(reference, "Organization", "HealthcareService")
    if resource is None:
        hsa = number(reference.part("identifier"))
        return _typed(reference, hsa) or reference.take("display")
    numbers = [number(i) for i in resource.parts("identifier")[:1]]
    return next(iter(numbers), "") or resource.take("name") or reference.take("display")


def organisation(reference: Node, outgoing: OutgoingMessage) -> tuple[str, str]:
    """Take a reference to an organisation; return its HSA-id and its name, "" for none."""
    resource = outgoing.take_referenced(reference, "Organization", "HealthcareService")
    name = reference.take("display")
    if resource is None:
        return number(reference.part("identifier")), _typed(reference, name)
    resource.take_implied("active", True)  # noqa: FBT003 - the value of the element
    numbers = [number(i) for i in resource.parts("identifier")[:1]]
    return next(iter(numbers), ""), resource.take("name") or name


def _typed(reference: Node, name: str) -> str:
    reference.take_implied(
        "type", "Organization", "HealthcareService", "PractitionerRole", "Practitioner"
    )
    return name


def number(identifier: Node) -> str:
    """Take an HSA-id, or another number as it is, whose system then is a loss."""
    if not is_hsa(str(identifier.peek("system") or "")):
        return identifier.take("value")
    identifier.mark("system")
    return hsa_id(identifier.take("value"))


def required(text: str, expression: str) -> str:
    """Return a text; FatalError `not-written` where it is empty."""
    if not text:
        raise FatalError("not-written", f"{expression} is missing")
    return text
