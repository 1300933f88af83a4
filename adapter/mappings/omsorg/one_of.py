"""Fields of which one stands in an element, such as those that say who somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapter.fhir.bundles import Resource
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.shapes import Field
from adapter.mappings.omsorg.xml_elements import Element, path_of, refusal


class Identity(Field, Protocol):
    """A field that says who somebody is."""

    def stands(self, node: Element) -> bool:
        """Whether the element says it."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Fields of which one stands in an element; two are a contradiction."""

    fields: Sequence[Identity]

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        for each in self.fields:
            each.write(node, source, outgoing)
            if each.stands(node):
                return

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        standing = [each for each in self.fields if each.stands(node)]
        if len(standing) > 1:
            raise refusal("contradiction", path_of(node), "more than one is named; keep one")
        for each in standing:
            each.read(node, target, incoming)
