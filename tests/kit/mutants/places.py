"""Every place of a FHIR document, with the type that R4's definitions give it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapter.fhir.r4_types import Element, is_resource_type, shape

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An object of a document: where it is, its type, and its path by names, without indexes."""

    pointer: Pointer
    type: str
    kind: str  # "Encounter.participant.individual"
    node: dict[str, Any]
    is_resource: bool


def holders(resource: dict[str, Any], pointer: Pointer = ()) -> Iterator[Holder]:
    """Yield every object of a resource, the outer before the inner; none of what is no R4."""
    type_ = resource.get("resourceType")
    if isinstance(type_, str) and is_resource_type(type_):
        yield from _holders(resource, type_, pointer, type_)


def _holders(node: dict[str, Any], type_: str, pointer: Pointer, kind: str) -> Iterator[Holder]:
    is_resource = "resourceType" in node
    yield Holder(pointer=pointer, type=type_, kind=kind, node=node, is_resource=is_resource)
    for key, value in node.items():
        element = shape(type_).elements.get(key)
        for step, item in _items(value):
            if isinstance(item, dict) and element is not None:
                yield from _inside(item, element, (*pointer, key, *step), f"{kind}.{key}")


def _inside(
    item: dict[str, Any], element: Element, pointer: Pointer, kind: str
) -> Iterator[Holder]:
    if element.kind == "Resource":
        yield from holders(item, pointer)
    elif not element.accepts:
        yield from _holders(item, element.kind, pointer, kind)


def _items(value: Any) -> list[tuple[Pointer, Any]]:
    if isinstance(value, list):
        return [((index,), item) for index, item in enumerate(value)]
    return [((), value)]


def replaced(document: Any, pointer: Pointer, new: Any) -> Any:
    """Return the document with something else at a place; the rest is shared with the old one."""
    if not pointer:
        return new
    key, *rest = pointer
    inner = replaced(document[key], tuple(rest), new)
    if isinstance(document, dict):
        return document | {key: inner}
    return [inner if index == key else item for index, item in enumerate(document)]
