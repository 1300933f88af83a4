"""Fields for references: to a resource that stands inside the element, a unit, the patient."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.core.identifiers import HSA, hsa_id, is_hsa
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MESSAGE_ID
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.places import at, made, split
from adapter.mappings.omsorg.shapes import Child, Condition, Fields, read_resource, write_fields
from adapter.mappings.omsorg.take_fields import part, parts, take, take_id, take_implied
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    refusal,
    text_of,
    token_of,
)


def refers_to(path: str, *types: str) -> Condition:
    """Return the condition that the reference at a path is to a resource of one of the types."""
    return lambda item, outgoing: outgoing.type_of(at(item, path)) in types


def names_unit(path: str) -> Condition:
    """Return the condition that the reference at a path is logical: an HSA-id, or only a name."""
    return lambda item, _: "reference" not in at(item, path) and bool(at(item, path))


@dataclass(frozen=True, slots=True)
class Refers:
    """The fields of the resource that is referred to; it stands inside the element."""

    type: str
    fields: Fields
    path: str = ""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        resource = outgoing.take_inlined(at(source, self.path), self.type)
        if resource is not None:
            write_fields(self.fields, node, resource, outgoing)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        resource = read_resource(self.type, self.fields, node, incoming)
        made(target, self.path).update(incoming.add(resource))


@dataclass(frozen=True, slots=True)
class Anchored:
    """As Refers, with a local name in `id` that other elements of the document point to."""

    refers: Refers
    prefix: str

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        node.set("id", outgoing.anchor(source, self.prefix))
        self.refers.write(node, source, outgoing)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        self.refers.read(node, target, incoming)
        name = attribute(node, "id")
        if name:
            incoming.anchors[name] = {"reference": target["reference"]}


@dataclass(frozen=True, slots=True)
class Pointers:
    """An attribute with the local names of the resources in a list of references."""

    name: str
    path: str

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        above, key = split(self.path)
        names = [outgoing.take_anchored(r) for r in parts(at(source, above), key)]
        text = " ".join(name for name in names if name)
        if text:
            node.set(self.name, text)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        names = attribute(node, self.name).split()
        if not all(name in incoming.anchors for name in names):
            raise refusal("invalid-document", f"//@{self.name}", "names no id of the document")
        above, key = split(self.path)
        made(target, above)[key] = [dict(incoming.anchors[name]) for name in names]


_UNIT_TYPES = ("Organization", "HealthcareService")


@dataclass(frozen=True, slots=True)
class Unit:
    """`hsaId` and a text for a logical reference to a unit or organisation."""

    type: str
    path: str = ""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        reference = at(source, self.path)
        party = outgoing.take_organisation(reference)
        hsa, display = (party.organization, party.display) if party else _take_logical(reference)
        if hsa or display:
            for type_ in _UNIT_TYPES:  # which of them is what the element of FHIR allows
                take_implied(reference, "type", type_)
            node.text = display or None
        if hsa:
            node.set("hsaId", hsa)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        hsa = hsa_id(attribute(node, "hsaId"))
        identifier = {"system": HSA, "value": hsa} if hsa else {}
        unit = {"type": self.type, "identifier": identifier, "display": text_of(node)}
        if hsa or unit["display"]:
            made(target, self.path).update(unit)


def _take_logical(reference: Resource) -> tuple[str, str]:
    """Take HSA-id and display; nothing where the reference is to a resource."""
    if "reference" in reference:
        return "", ""
    return take_hsa(part(reference, "identifier")), take(reference, "display")


def take_hsa(identifier: Resource) -> str:
    """Take the HSA-id of an identifier; "" for another."""
    if not is_hsa(str(identifier.get("system", ""))):
        return ""
    hsa = take(identifier, "value", forms.HSA_ID)
    if hsa:
        del identifier["system"]
    return hsa_id(hsa)


@dataclass(frozen=True, slots=True)
class WhenPatient:
    """An attribute with a word, where the reference is to the patient."""

    name: str
    word: str
    path: str = ""

    def stands(self, node: Element) -> bool:
        """Whether the attribute has the word."""
        return attribute(node, self.name) == self.word

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        if outgoing.take_referenced(at(source, self.path), "Patient") is not None:
            node.set(self.name, self.word)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        if self.stands(node):
            made(target, self.path).update(incoming.patient)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An attribute with the content id in the identifier of an earlier message."""

    name: str
    path: str

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        identifier = at(source, self.path)
        take_implied(identifier, "system", MESSAGE_ID)
        node.attrib.update(
            {self.name: content} if (content := take_id(identifier, "value")) else {}
        )

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        content = attribute(node, self.name)
        if content:
            made(target, self.path).update({"system": MESSAGE_ID, "value": content})


@dataclass(frozen=True, slots=True)
class Sender:
    """`Fran`, the unit that writes; where it is left out, the sender of the message."""

    key: str

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        Child("Fran", self.key, [Unit("Organization")]).write(node, source, outgoing)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        Child("Fran", self.key, [Unit("Organization")]).read(node, target, incoming)
        sender = incoming.parties.sender
        if not target.get(self.key):
            unit = {
                "type": "Organization",
                "identifier": {"system": HSA, "value": sender.organization},
            }
            target[self.key] = unit | ({"display": sender.display} if sender.display else {})


@dataclass(frozen=True, slots=True)
class Author:
    """`av` and `avHsaId`: who wrote a note, by name or by HSA-id."""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        reference = part(source, "authorReference")
        hsa, display = _take_logical(reference) if "authorString" not in source else ("", "")
        name = display or take(source, "authorString")
        stated = {"av": name, "avHsaId": hsa}
        node.attrib.update({key: text for key, text in stated.items() if text})

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        name, hsa = str(node.get("av", "")), hsa_id(attribute(node, "avHsaId"))
        if hsa:
            identifier = {"system": HSA, "value": hsa}
            target["authorReference"] = {"identifier": identifier, "display": name}
        elif name:
            target["authorString"] = name


@dataclass(frozen=True, slots=True)
class Same:
    """The logical reference at `path`, whose identifier is the one in the child `name`."""

    name: str
    path: str
    type: str

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        reference, written = at(source, self.path), child(node, self.name)
        if written is not None and reference.get("identifier") == _identifier(written):
            del reference["identifier"]
            take_implied(reference, "type", self.type)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        written = child(node, self.name)
        if written is not None:
            made(target, self.path).update({"type": self.type, "identifier": _identifier(written)})


def _identifier(node: Element) -> Resource:
    """Return the identifier that an element with `system` says."""
    system = attribute(node, "system")
    return ({"system": system} if system else {}) | {"value": token_of(node)}
