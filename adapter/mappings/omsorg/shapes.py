"""Elements as rows of fields: one row says how a value is written, and how it is read.

A field writes into an element what it takes from an object of FHIR, and reads the element into
such an object. What no field takes remains, and is a loss. `places` has the paths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import extension_url
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.places import at, made, pruned, split
from adapter.mappings.omsorg.take_fields import parts, take_all, take_extensions, take_implied
from adapter.mappings.omsorg.values import TEXT, Value
from adapter.mappings.omsorg.xml_elements import (
    Element,
    child,
    children,
    element,
    is_empty,
    leaf,
    local_name,
    text_of,
)


class Field(Protocol):
    """A part of an element, in both directions."""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        """Take the part from the source, and write it into the node."""

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        """Read the part from the node into the target."""


Fields = Sequence[Field]
Condition = Callable[[Resource, OutgoingMessage], bool]


def _always(item: Resource, outgoing: OutgoingMessage) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute for the value at a path."""

    name: str
    path: str
    value: Value = TEXT

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        above, key = split(self.path)
        text = self.value.take(at(source, above), key)
        if text:
            node.set(self.name, text)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        _put(target, self.path, self.value.read(str(node.get(self.name, ""))))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A child with the text of the value at a path."""

    name: str
    path: str
    value: Value = TEXT

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        above, key = split(self.path)
        _append(node, leaf(self.name, self.value.take(at(source, above), key)))

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        _put(target, self.path, self.value.read(text_of(child(node, self.name))))


@dataclass(frozen=True, slots=True)
class Own:
    """The text of the element itself."""

    path: str
    value: Value = TEXT

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        above, key = split(self.path)
        node.text = self.value.take(at(source, above), key) or None

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        _put(target, self.path, self.value.read(text_of(node)))


@dataclass(frozen=True, slots=True)
class Strings:
    """A child for each string of a list."""

    name: str
    key: str

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        node.extend(
            [n for n in (leaf(self.name, s) for s in take_all(source, self.key)) if n is not None]
        )

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        target[self.key] = [text_of(n) for n in children(node, self.name)]


@dataclass(frozen=True, slots=True)
class Implied:
    """A value that the element itself says; another value is a loss."""

    path: str
    value: Any

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        above, key = split(self.path)
        take_implied(at(source, above), key, self.value)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        _put(target, self.path, self.value)


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A value that presence alone says, in the source too; another value is a loss."""

    path: str
    value: Any

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        above, key = split(self.path)
        take_implied(at(source, above), key, self.value)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Person:
    """A reference to the patient, which every body has."""

    path: str

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        outgoing.take_referenced(at(source, self.path), "Patient")

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        made(target, self.path).update(incoming.patient)


@dataclass(frozen=True, slots=True)
class Child:
    """A child for the object at a path; absent where nothing of it is carried."""

    name: str
    path: str
    fields: Fields

    def stands(self, node: Element) -> bool:
        """Whether the element has the child, with something in it."""
        inside = child(node, self.name)
        return inside is not None and not is_empty(inside)

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        _append(node, _filled(self.name, self.fields, at(source, self.path), outgoing))

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        inside = child(node, self.name)
        if inside is not None:
            read_fields(self.fields, inside, made(target, self.path), incoming)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A child for an item of a list, under a condition."""

    name: str
    fields: Fields
    when: Condition = _always


@dataclass(frozen=True, slots=True)
class Many:
    """The children for the items of a list, in their order. `@name` lists our extensions."""

    path: str
    alternatives: Sequence[Alternative]

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        for item in self._items(source):
            chosen = next((a for a in self.alternatives if a.when(item, outgoing)), None)
            if chosen is not None:
                _append(node, _filled(chosen.name, chosen.fields, item, outgoing))

    def _items(self, source: Resource) -> list[Resource]:
        above, key = split(self.path)
        holder = at(source, above)
        return take_extensions(holder, key[1:]) if key[0] == "@" else parts(holder, key)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        by_name = {a.name: a.fields for a in self.alternatives}
        items = []
        for inside in children(node, *by_name):
            item: Resource = {}
            read_fields(by_name[local_name(inside)], inside, item, incoming)
            items.append(item)
        if items:
            self._put(target, items)

    def _put(self, target: Resource, items: list[Resource]) -> None:
        above, key = split(self.path)
        holder = made(target, above)
        if key[0] == "@":
            url = {"url": extension_url(key[1:])}
            holder.setdefault("extension", []).extend(url | item for item in items)
        else:
            holder.setdefault(key, []).extend(items)


def many(name: str, path: str, fields: Fields, when: Condition = _always) -> Many:
    """Return the children of one name for the items of a list."""
    return Many(path, [Alternative(name, fields, when)])


def write_fields(
    fields: Fields, node: Element, source: Resource, outgoing: OutgoingMessage
) -> Element:
    """Write each field into an element, and return it."""
    for each in fields:
        each.write(node, source, outgoing)
    return node


def read_fields(
    fields: Fields, node: Element, target: Resource, incoming: IncomingMessage
) -> Resource:
    """Read each field of an element into an object, and return it."""
    for each in fields:
        each.read(node, target, incoming)
    return target


def read_resource(type_: str, fields: Fields, node: Element, incoming: IncomingMessage) -> Resource:
    """Return the resource that an element says, without an id."""
    resource: Any = pruned(read_fields(fields, node, {"resourceType": type_}, incoming))
    checked: Resource = resource
    return checked


def _filled(
    name: str, fields: Fields, source: Resource, outgoing: OutgoingMessage
) -> Element | None:
    node = write_fields(fields, element(name), source, outgoing)
    return node if len(node) or node.text or node.attrib else None


def _append(node: Element, inside: Element | None) -> None:
    if inside is not None:
        node.append(inside)


def _put(target: Resource, path: str, value: object) -> None:
    if value not in ("", None):
        above, key = split(path)
        made(target, above)[key] = value
