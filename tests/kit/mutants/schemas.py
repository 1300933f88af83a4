"""HL7's XML schemas of R4 as a judge of JSON: its form (json.html), then the XML that it means.

Everything is read from the schemas: nothing here knows the adapter's own definitions.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lxml import etree

from tests.kit import oracle

_XS = "{http://www.w3.org/2001/XMLSchema}"
_NUMBERS = {"integer": int, "positiveInt": int, "unsignedInt": int, "decimal": (int, float)}


def refuse(document: Any) -> bool:
    """Whether the document is no JSON of R4, or means XML that the schemas do not allow."""
    if not _is_resource(document):
        return True
    try:
        return bool(oracle.schema_problems(document))
    except (ValueError, etree.XMLSyntaxError):  # XML cannot hold it: a control character, a tag
        return True


def _is_resource(node: Any) -> bool:
    if not isinstance(node, dict) or node.get("resourceType") not in _resource_types():
        return False
    rest = {key: value for key, value in node.items() if key != "resourceType"}
    return _is_object(rest, node["resourceType"])


@lru_cache
def _resource_types() -> frozenset[str]:
    container = oracle.types()["ResourceContainer"]
    return frozenset(str(e.get("ref")) for e in container.iter(f"{_XS}element"))


def _is_object(node: Any, type_: str) -> bool:
    """Whether a node is an object with known names, none empty, each of its JSON type."""
    if not isinstance(node, dict) or not node:
        return False
    attributes, elements = _parts(type_)
    for key, value in node.items():
        name = key.removeprefix("_")
        if key in attributes:
            if not isinstance(value, str) or not value:
                return False
        elif name not in elements or not _is_element(node, key, value, *elements[name]):
            return False
    return True


@lru_cache
def _parts(type_: str) -> tuple[set[str], dict[str, tuple[str, bool]]]:
    """The attributes of a type, and of each element its type and whether it repeats."""
    attributes, elements = oracle.definition(type_)
    many = _repeating(type_)
    return attributes, {name: (kind, name in many) for name, kind in elements}


@lru_cache
def _repeating(type_: str) -> frozenset[str]:
    complex_type = oracle.types()[type_]
    base = complex_type.find(f"{_XS}complexContent/{_XS}extension")
    inherited = _repeating(base.get("base")) if base is not None else frozenset()
    own = [e for e in complex_type.iter(f"{_XS}element") if e.get("maxOccurs") == "unbounded"]
    return inherited | {str(e.get("name")) for e in own}


def _is_element(node: Any, key: str, value: Any, kind: str, many: bool) -> bool:
    if not many:
        return _is_item(key, value, kind)
    if not isinstance(value, list) or not value:
        return False
    beside = node.get(key.removeprefix("_") if key.startswith("_") else f"_{key}")
    others = beside if isinstance(beside, list) else []
    filled = [index < len(others) and others[index] is not None for index in range(len(value))]
    return all(
        _is_item(key, item, kind) or (item is None and fill)
        for item, fill in zip(value, filled, strict=True)
    )


def _is_item(key: str, value: Any, kind: str) -> bool:
    if kind == "ResourceContainer":
        return _is_resource(value)
    if not kind:  # the div of a Narrative: XHTML, which has no extensions
        return key == "div" and isinstance(value, str) and bool(value)
    if not _is_primitive(kind):
        return not key.startswith("_") and _is_object(value, kind)
    if key.startswith("_"):
        return _is_object(value, kind)
    return _is_of_json_type(value, kind)


def _is_of_json_type(value: Any, kind: str) -> bool:
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    if kind in _NUMBERS:
        return isinstance(value, _NUMBERS[kind])
    return isinstance(value, str) and bool(value)


@lru_cache
def _is_primitive(kind: str) -> bool:
    attributes = oracle.types()[kind].iter(f"{_XS}attribute")
    return any(a.get("name") == "value" for a in attributes)
