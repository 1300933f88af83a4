"""What one element of an object can have wrong: removed, of another JSON type, wrong inside …

A mutation is a name and what stands in the object's place. Nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from adapter.fhir.r4_types import Element, shape
from tests.kit.mutants.wrong_values import NARRATIVES, SOUND, WRONG

Mutation: TypeAlias = tuple[str, Any]
_NO_EXTENSION = {"extension": [{"valueCode": "unknown"}]}
_ABSENT = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}
_JSON = {"number": 7, "text": "x", "true": True, "object": {"id": "a"}}


def of_element(node: dict[str, Any], key: str, type_: str) -> Iterator[Mutation]:
    """Yield each mutation of an element that the object has."""
    element = shape(type_).elements[key]
    rest = {k: v for k, v in node.items() if k not in (key, f"_{key}")}
    yield "removed", rest
    yield "other-name", rest | {f"{key}X": node[key]}
    yield "capital", rest | {key[:1].upper() + key[1:]: node[key]}
    for name, value in _values(node[key], element):
        yield name, node | {key: value}
    if element.accepts:
        yield from _beside(node, key, element)
    if element.choice:
        yield from _of_choice(node, key, element, type_)


def _values(value: Any, element: Element) -> Iterator[Mutation]:
    yield "null", None
    yield "empty-text", ""
    yield "empty-array", []
    yield "empty-object", {}
    yield from ((name, other) for name, other in _JSON.items() if type(other) is not type(value))
    if not element.repeats:
        yield "array", [value]
        yield from _inside(value, element)
        return
    yield "alone", value[0] if value else 7
    yield "member-null", [*value, None]
    yield "member-number", [*value, 7]
    yield "member-empty", [*value, "" if element.accepts else {}]
    yield "member-array", [*value, value]
    for name, item in _inside(value[0], element):
        yield name, [item, *value[1:]]


def _inside(value: Any, element: Element) -> Iterator[Mutation]:
    if element.accepts:
        yield from _of_primitive(value, element)
    elif isinstance(value, dict):
        yield from _of_object(value, element)


def _of_primitive(value: Any, element: Element) -> Iterator[Mutation]:
    yield from WRONG[element.kind].items()
    if element.kind == "xhtml":
        yield from NARRATIVES.items()
    if element.codes:
        yield "unknown-code", "nonsense"
        yield "code-in-capitals", str(value).upper()


def _of_object(value: dict[str, Any], element: Element) -> Iterator[Mutation]:
    yield "unknown-inside", value | {"ward": "x"}
    yield "only-an-id", {"id": "a"}
    if "resourceType" not in value:
        yield "id-with-blank", value | {"id": "a b"}
        yield "id-number", value | {"id": 3}
    yield "extension-without-url", value | _NO_EXTENSION
    yield "extension-without-value", value | {"extension": [{"url": "urn:x"}]}
    both = {"url": "urn:x", "valueCode": "a", "extension": [{"url": "urn:y", "valueCode": "b"}]}
    yield "extension-with-both", value | {"extension": [both]}
    if element.kind == "Reference":
        yield from _of_reference(value, element)
    if element.pairs:
        coding = {"system": "https://a.example/x", "code": "nonsense"}
        is_concept = element.kind == "CodeableConcept"
        yield "unknown-code", value | ({"coding": [coding]} if is_concept else coding)


def _of_reference(value: dict[str, Any], element: Element) -> Iterator[Mutation]:
    yield "no-contained", value | {"reference": "#gone"}
    yield "unknown-uuid", {"reference": "urn:uuid:0d0d0d0d-0000-4000-8000-000000000000"}
    yield "unknown-type", {"reference": "Ward/1"}
    yield "type-is-none", value | {"type": "Ward"}
    if element.targets:
        foreign = next(t for t in ("Slot", "Patient", "Account") if t not in element.targets)
        yield "foreign-type", {"reference": f"{foreign}/1"}
        yield "foreign-type-absolute", {"reference": f"https://a.example/fhir/{foreign}/1"}
        yield "foreign-type-declared", {"type": foreign, "display": "x"}
    yield "two-types", {"reference": "Patient/1", "type": "Device"}


def _beside(node: dict[str, Any], key: str, element: Element) -> Iterator[Mutation]:
    """What can be wrong in `_name`, where a primitive element has its extensions."""

    def sided(extra: Any) -> Any:
        return [extra] if element.repeats else extra

    beside = f"_{key}"
    yield "beside-empty", node | {beside: sided({})}
    yield "beside-text", node | {beside: "x"}
    yield "beside-other-form", node | {beside: {"id": "a"} if element.repeats else [{"id": "a"}]}
    yield "beside-unknown", node | {beside: sided({"fhir_comments": ["x"]})}
    yield "beside-without-url", node | {beside: sided(_NO_EXTENSION)}
    yield "beside-without-value", node | {beside: sided({"extension": [{"url": "urn:x"}]})}
    yield "beside-longer", node | {beside: [None, None, None, {"id": "a"}]}
    absent = {"extension": [_ABSENT | {"valueCode": "unknown"}]}
    yield "absent", {k: v for k, v in node.items() if k != key} | {beside: sided(absent)}


def _of_choice(node: dict[str, Any], key: str, element: Element, type_: str) -> Iterator[Mutation]:
    rest = {k: v for k, v in node.items() if k != key}
    others = {
        name: other
        for name, other in shape(type_).elements.items()
        if other.choice == element.choice and name != key and other.kind in SOUND
    }
    yield "type-is-none", rest | {f"{element.choice}Ward": node[key]}
    yield "no-type", rest | {element.choice: node[key]}
    for name, other in [*others.items()][:2]:
        yield f"also-{name}", node | {name: SOUND[other.kind]}
        yield f"content-of-{name}", rest | {name: node[key]}
