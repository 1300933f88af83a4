"""Organisations: who sends, who receives, and the units that a body names."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.core.errors import FatalError
from adapter.core.identifiers import HSA, hsa_id, is_hsa
from adapter.fhir.builders import Party, endpoint_url, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.mappings import Context
from adapter.mappings.omsorg import take_fields
from adapter.mappings.omsorg.outgoing_message import Source
from adapter.mappings.omsorg.take_fields import part, parts, take
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    present,
    prose,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Sender and receivers of a document, each with the address of its connection."""

    sender: Party
    sender_address: str
    receivers: tuple[Party, ...] = ()
    receiver_addresses: tuple[str, ...] = ()

    def reference(self, node: Element) -> Resource:
        """A Reference to an organisation: to its resource where the message has one."""
        hsa = hsa_id(attribute(node, "hsaId"))
        if hsa in {p.organization for p in (self.sender, *self.receivers)}:
            return reference(new_id("organization", hsa))
        return named(node)

    def header(self) -> Resource:
        """What MessageHeader says of them besides the sender's organisation."""
        pairs = zip(self.receivers, self.receiver_addresses, strict=True)
        destinations = [
            {"endpoint": address, "receiver": reference(new_id("organization", p.organization))}
            for p, address in pairs
        ]
        found = {"source": {"endpoint": self.sender_address}, "destination": destinations}
        return present(found)


def read(document: Element, context: Context) -> Parties:
    """Who the document says that it is from and for; the connection's own where it is silent."""
    endpoint = context.sender
    own = Party(
        organization=endpoint.organization, endpoint=endpoint.name, display=endpoint.display
    )
    stated = child(document, "Avsandare")
    sender = own if stated is None else _party(stated, endpoint.name)
    address = "" if stated is None else attribute(stated, "adress")
    receivers = children(document, "Mottagare")
    parties = tuple(_party(node, "") for node in receivers)
    addresses = (attribute(node, "adress") for node in receivers)
    return Parties(
        sender=sender,
        sender_address=address or endpoint_url(sender),
        receivers=parties,
        receiver_addresses=tuple(
            a or endpoint_url(p) for a, p in zip(addresses, parties, strict=True)
        ),
    )


def _party(node: Element, endpoint: str) -> Party:
    organization = hsa_id(attribute(node, "hsaId"))
    return Party(organization=organization, endpoint=endpoint, display=prose(node))


def write(source: Source, context: Context) -> list[Element]:
    """Avsandare, then every Mottagare; the receiver of this copy is among them."""
    sender = source.organisation(part(source.header, "sender"))
    if sender is None:
        raise FatalError("not-written", "MessageHeader.sender names no organisation")
    address = take(part(source.header, "source"), "endpoint", take_fields.URI)
    receivers = _written_receivers(source)
    named_ = {attribute(node, "hsaId") for node in receivers}
    return [_party_element("Avsandare", sender, address), *_own(context, named_), *receivers]


def _written_receivers(source: Source) -> list[Element]:
    found = []
    for destination in parts(source.header, "destination"):
        receiver = source.organisation(part(destination, "receiver"))
        if receiver is not None:
            address = take(destination, "endpoint", take_fields.URI)
            found.append(_party_element("Mottagare", receiver, address))
    return found


def _own(context: Context, named_: set[str]) -> list[Element]:
    """The receiver of this copy, where the message does not name it: routes chose it."""
    endpoint = context.receiver
    if endpoint is None or hsa_id(endpoint.organization) in named_:
        return []
    party = Party(
        organization=hsa_id(endpoint.organization), endpoint=endpoint.name, display=endpoint.display
    )
    return [_party_element("Mottagare", party, endpoint_url(party))]


def _party_element(name: str, party: Party, address: str) -> Element:
    return element(name, text=party.display, hsaId=party.organization, adress=address)


def write_organisation(name: str, party: Party | None) -> Element | None:
    """An element for an organisation that was taken; None for none."""
    return None if party is None else element(name, text=party.display, hsaId=party.organization)


def write_named(name: str, reference_: Resource) -> Element | None:
    """An element for a logical Reference: its display, its HSA-id, or both."""
    identifier = part(reference_, "identifier")
    hsa = ""
    if is_hsa(str(identifier.get("system", ""))):
        hsa = hsa_id(take(identifier, "value", take_fields.HSA_ID))
        del identifier["system"]
    display = take(reference_, "display")
    return element(name, text=display, hsaId=hsa) if hsa or display else None


def named(node: Element) -> Resource:
    """A logical Reference to what an element names."""
    hsa = hsa_id(attribute(node, "hsaId"))
    identifier = {"system": HSA, "value": hsa} if hsa else None
    return present({"identifier": identifier, "display": prose(node)})
