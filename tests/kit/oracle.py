"""Validate our FHIR with HL7's own R4 schemas and with fhir.resources.

`problems(resource)` is empty for a resource that both accept. The schemas may be beside the
checkout; `needs_schemas` skips a test when they are not.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from lxml import etree
from pydantic import ValidationError

from tests.kit.places import SHARED
from tests.kit.shared import ABSENT

SCHEMAS = SHARED / "fhir-r4-xsd"
needs_schemas = pytest.mark.skipif(not SCHEMAS.is_dir(), reason=ABSENT)
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)

_XS = "{http://www.w3.org/2001/XMLSchema}"
_FHIR = "{http://hl7.org/fhir}"


def problems(resource: dict[str, Any]) -> list[str]:
    """The problems that the schemas and fhir.resources report; skips without schemas."""
    if not SCHEMAS.is_dir():
        pytest.skip(ABSENT)
    return [*schema_problems(resource), *model_problems(resource)]


def schema_problems(resource: dict[str, Any]) -> list[str]:
    """The problems that the R4 schemas report, with names that they do not define."""
    writer = Writer()
    document = writer.resource(resource)
    schema = _schema()
    schema.validate(document)
    return [*writer.unknown, *(f"{e.path}: {e.message}" for e in schema.error_log)]


def model_problems(resource: dict[str, Any]) -> list[str]:
    """The problems that fhir.resources reports."""
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError as error:
        return [str(error)]
    except KeyError as error:  # how fhir.resources says that it knows no such resource type
        return [f"unknown resource type {error}"]
    return []


class Writer:
    """Writes FHIR JSON as FHIR XML, in schema order. `unknown` has the names left out."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def resource(self, node: dict[str, Any]) -> etree._Element:
        """A whole resource as its XML element."""
        type_ = str(node.get("resourceType"))
        element = etree.Element(_FHIR + type_, nsmap={None: _FHIR[1:-1]})
        if type_ in types():
            rest = {k: v for k, v in node.items() if k != "resourceType"}
            self._content(element, rest, type_)
        return element

    def _content(self, parent: etree._Element, node: dict[str, Any], type_: str) -> None:
        attributes, elements = definition(type_)
        left = set(node)
        for name in attributes & left:
            parent.set(name, str(node[name]))
        for name, kind in elements:
            for value, extra in _pairs(node.get(name), node.get(f"_{name}")):
                self._element(parent, name, kind, value, extra)
            left -= {name, f"_{name}"}
        self.unknown += [f"{type_}.{name}: unknown" for name in sorted(left - attributes)]

    def _element(
        self, parent: etree._Element, name: str, kind: str, value: Any, extra: Any
    ) -> None:
        if name == "div":
            parent.append(etree.fromstring(value))
            return
        element = etree.SubElement(parent, _FHIR + name)
        if kind == "ResourceContainer":
            element.append(self.resource(value))
        elif isinstance(value, dict):
            self._content(element, value, kind)
        elif value is not None:
            element.set("value", _text(value))
        if extra:
            self._content(element, extra, kind)


def _pairs(value: Any, extra: Any) -> list[tuple[Any, Any]]:
    """Each value of an element with its extension (`_name`), null for null."""
    if value is None and extra is None:
        return []
    values = value if isinstance(value, list) else [value]
    extras = extra if isinstance(extra, list) else [extra]
    size = max(len(values), len(extras))
    pad = [None] * size
    return list(zip([*values, *pad][:size], [*extras, *pad][:size], strict=True))


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


@lru_cache
def definition(type_: str) -> tuple[set[str], list[tuple[str, str]]]:
    """The attributes of a type, and its elements in order, each with its type."""
    complex_type = types()[type_]
    base = complex_type.find(f"{_XS}complexContent/{_XS}extension")
    inherited = definition(base.get("base")) if base is not None else (set(), [])
    own = [_named(e) for e in complex_type.iter(_XS + "element")]
    attributes = {a.get("name") for a in complex_type.iter(_XS + "attribute")} - {"value"}
    return inherited[0] | attributes, [*inherited[1], *own]


@lru_cache
def repeating(type_: str) -> set[str]:
    """The elements of a type that may occur more than once."""
    complex_type = types()[type_]
    base = complex_type.find(f"{_XS}complexContent/{_XS}extension")
    inherited = repeating(base.get("base")) if base is not None else set()
    own = {
        _named(e)[0]
        for e in complex_type.iter(_XS + "element")
        if e.get("maxOccurs") == "unbounded"
    }
    return inherited | own


def _named(element: etree._Element) -> tuple[str, str]:
    return element.get("name") or element.get("ref").split(":")[-1], element.get("type", "")


@lru_cache
def types() -> dict[str, etree._Element]:
    """Every complex type of the schemas, by name."""
    roots = [etree.parse(f).getroot() for f in sorted(SCHEMAS.glob("*.xsd"))]
    return {
        t.get("name"): t for root in roots for t in root.iter(_XS + "complexType") if t.get("name")
    }


@lru_cache
def enumerations() -> dict[str, set[str]]:
    """The codes of each code type of the schemas, by the type's name."""
    roots = [etree.parse(f).getroot() for f in sorted(SCHEMAS.glob("*.xsd"))]
    lists = [t for root in roots for t in root.iter(_XS + "simpleType") if t.get("name")]
    return {
        t.get("name").removesuffix("-list"): {e.get("value") for e in t.iter(_XS + "enumeration")}
        for t in lists
        if t.get("name").endswith("-list")
    }


@lru_cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "fhir-all.xsd"))
