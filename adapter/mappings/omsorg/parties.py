"""Avsandare, Mottagare and the other organisations of a document, to and from FHIR."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.core.errors import FatalError
from adapter.core.identifiers import HSA, hsa_id, is_hsa
from adapter.fhir.builders import Party, endpoint_url, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import party_of, present
from adapter.mappings import Context
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.take_fields import part, parts, take
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    text_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Sender and receivers of a document, each with the address of its endpoint."""

    sender: Party
    sender_address: str
    receivers: tuple[Party, ...] = ()
    receiver_addresses: tuple[str, ...] = ()

    def reference(self, node: Element) -> Resource:
        """Return a Reference to an organisation: to its resource where the message has one."""
        hsa = hsa_id(attribute(node, "hsaId"))
        if hsa in {p.organization for p in (self.sender, *self.receivers)}:
            return reference(new_id("organization", hsa))
        return logical_reference(node)

    def header(self) -> Resource:
        """Return `source` and `destination` of the MessageHeader."""
        pairs = zip(self.receivers, self.receiver_addresses, strict=True)
        destinations = [
            {"endpoint": address, "receiver": reference(new_id("organization", p.organization))}
            for p, address in pairs
        ]
        return present({"source": {"endpoint": self.sender_address}, "destination": destinations})


def read(document: Element, context: Context) -> Parties:
    """Return sender and receivers; the endpoint is the sender where Avsandare is absent."""
    endpoint = context.sender
    stated = child(document, "Avsandare")
    sender = party_of(endpoint) if stated is None else _party(stated, endpoint.name)
    address = "" if stated is None else attribute(stated, "adress")
    nodes = children(document, "Mottagare")
    receivers = tuple(_party(node, "") for node in nodes)
    addresses = (attribute(node, "adress") for node in nodes)
    return Parties(
        sender=sender,
        sender_address=address or endpoint_url(sender),
        receivers=receivers,
        receiver_addresses=tuple(
            a or endpoint_url(p) for a, p in zip(addresses, receivers, strict=True)
        ),
    )


def _party(node: Element, endpoint: str) -> Party:
    organization = hsa_id(attribute(node, "hsaId"))
    return Party(organization=organization, endpoint=endpoint, display=text_of(node))


def write(outgoing: OutgoingMessage, context: Context) -> list[Element]:
    """Return Avsandare, then every Mottagare, among them the receiver of this copy."""
    sender = outgoing.take_organisation(part(outgoing.header, "sender"))
    if sender is None:
        raise FatalError("not-written", "MessageHeader.sender names no organisation")
    address = take(part(outgoing.header, "source"), "endpoint", forms.URI)
    receivers = _write_receivers(outgoing)
    present_ids = {attribute(node, "hsaId") for node in receivers}
    return [
        _party_element("Avsandare", sender, address),
        *_write_own_receiver(context, present_ids),
        *receivers,
    ]


def _write_receivers(outgoing: OutgoingMessage) -> list[Element]:
    nodes = []
    for destination in parts(outgoing.header, "destination"):
        receiver = outgoing.take_organisation(part(destination, "receiver"))
        if receiver is not None:
            address = take(destination, "endpoint", forms.URI)
            nodes.append(_party_element("Mottagare", receiver, address))
    return nodes


def _write_own_receiver(context: Context, present_ids: set[str]) -> list[Element]:
    """Return the receiver of this copy, where a route chose it and the message does not name it."""
    if context.receiver is None:
        return []
    party = party_of(context.receiver)
    if party.organization in present_ids:
        return []
    return [_party_element("Mottagare", party, endpoint_url(party))]


def _party_element(name: str, party: Party, address: str) -> Element:
    return element(name, text=party.display, hsaId=party.organization, adress=address)


def write_organisation(name: str, party: Party | None) -> Element | None:
    """Return an element for an organisation; None for none."""
    return None if party is None else element(name, text=party.display, hsaId=party.organization)


def write_reference(name: str, reference_: Resource) -> Element | None:
    """Return an element for a logical Reference: its display, its HSA-id, or both."""
    identifier = part(reference_, "identifier")
    hsa = ""
    if is_hsa(str(identifier.get("system", ""))):
        hsa = hsa_id(take(identifier, "value", forms.HSA_ID))
        del identifier["system"]
    display = take(reference_, "display")
    return element(name, text=display, hsaId=hsa) if hsa or display else None


def logical_reference(node: Element) -> Resource:
    """Return a logical Reference to the organisation or person that an element names."""
    hsa = hsa_id(attribute(node, "hsaId"))
    identifier = {"system": HSA, "value": hsa} if hsa else None
    return present({"identifier": identifier, "display": text_of(node)})
