"""The shape of FHIR R4 JSON: names, arrays, JSON types, required codes.

fhir.resources is milder than the standard here: it turns "yes" into true, reads a string as an
object, drops null and empty arrays, and lets any status code through.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from fhir_core.constraints import FHIR_PRIMITIVES_MAPS
from fhir_core.fhirabstractmodel import FHIRAbstractModel
from fhir_core.types import FhirBase
from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue
from adapter.core.privacy import shown
from adapter.fhir.required import ONLY_R4, REQUIRED

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "decimal": (int, float),
    "integer": (int,),
    "integer64": (int,),
    "positiveInt": (int,),
    "unsignedInt": (int,),
}
_WORDS = {bool: "true or false", int: "a number", str: "a string"}
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ABSTRACT = frozenset({"Resource", "DomainResource"})
_ENTRY = re.compile(r"(?:^|.*\.)(entry\[\d+\])\.resource")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a type: its FHIRPath name and type, and what JSON may hold there."""

    name: str
    kind: str  # "dateTime", "Period", "EncounterStatusHistory", "Resource"
    repeats: bool = False
    json: tuple[type, ...] = ()  # of a primitive type; () for an object
    codes: frozenset[str] = frozenset()
    reads: Callable[[Any], bool] = bool  # of a primitive type: whether a value is one of it


def is_an_id(value: str) -> bool:
    """Whether it has the form of FHIR's `id`."""
    return _ID.fullmatch(value) is not None


@lru_cache(maxsize=1024)
def model(type_: str) -> type[FHIRAbstractModel] | None:
    """The model of a resource type that can stand alone; None when R4B has no such type."""
    try:
        found = get_fhir_model_class(type_)
    except ValueError:
        return None
    return found if found.has_resource_base() and type_ not in _ABSTRACT else None


@lru_cache(maxsize=1024)
def elements(type_: str) -> dict[str, Element]:
    """The elements of a resource or data type, by JSON name."""
    found = get_fhir_model_class(type_)
    fields = {f.alias or n: f for n, f in found.model_fields.items()}
    known = {name: _element(f"{type_}.{name}", name, fields) for name in fields}
    known.pop("fhir_comments")
    if found.has_resource_base():
        known["resourceType"] = Element(name="resourceType", kind="code", json=(str,))
    return known


def _element(path: str, name: str, fields: dict[str, Any]) -> Element:
    kind, repeats = _unwrapped(fields[name].annotation)
    primitive = FHIR_PRIMITIVES_MAPS.get(kind, "")
    value = name.removeprefix("_")  # `_status` extends `status`, and FHIRPath calls both that
    return Element(
        name=(fields[value].json_schema_extra or {}).get("one_of_many") or value,
        kind=primitive or kind._model_klass.rsplit(".", 1)[1],
        repeats=repeats,
        json=_JSON_TYPES.get(primitive, (str,)) if primitive else (),
        codes=REQUIRED.get(path, frozenset()),
        reads=_reader(kind) if primitive else bool,
    )


@lru_cache(maxsize=64)
def _reader(kind: Any) -> Callable[[Any], bool]:
    """fhir.resources' own validator of a primitive type."""
    read: Callable[[Any], bool] = SchemaValidator(TypeAdapter(kind).core_schema).isinstance_python
    return read


def _unwrapped(annotation: Any) -> tuple[Any, bool]:
    """The type inside Optional and List, and whether there was a List."""
    if annotation in FHIR_PRIMITIVES_MAPS or _is_complex(annotation):
        return annotation, False
    inner = next(a for a in typing.get_args(annotation) if a is not type(None))
    kind, repeats = _unwrapped(inner)
    return kind, repeats or typing.get_origin(annotation) is list


def _is_complex(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, FhirBase)


class Walk:
    """One walk through a document; `issues` and `types` (of resources) are what it found."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.types: list[tuple[str, str]] = []  # resource type, entry
        self._entry = ""

    def resource(self, node: Any, path: str) -> None:
        """A resource where one is expected; paths inside a Bundle's entry begin with its type."""
        entry = _ENTRY.fullmatch(path)
        self._entry = entry[1] if entry else self._entry
        if type(node) is not dict:
            return self._note("invalid-structure", path, "must be an object")
        type_ = node.get("resourceType")
        if type(type_) is not str:
            return self._note("invalid-structure", path, "has no resourceType")
        self.types.append((type_, self._entry))
        if type_ in ONLY_R4:
            return None
        if model(type_) is None:
            return self._note("unknown-resource-type", path, shown(type_))
        return self._object(node, type_, type_ if entry or not path else path)

    def _object(self, node: dict[str, Any], type_: str, path: str) -> None:
        known = elements(type_)
        if not node:
            self._note("invalid-structure", path, "an empty object")
        for key, value in node.items():
            element = known.get(key)
            if element is None:
                self._unknown(key, type_, path)
            elif element.repeats:
                beside = node.get(key.removeprefix("_") if key[0] == "_" else f"_{key}")
                self._array(value, beside, element, f"{path}.{element.name}")
            else:
                self._item(value, element, f"{path}.{element.name}")

    def _array(self, value: Any, beside: Any, element: Element, path: str) -> None:
        if type(value) is not list:
            return self._note("invalid-structure", path, "must be an array")
        if not value:
            return self._note("invalid-structure", path, "an empty array")
        for index, item in enumerate(value):
            if item is not None or not _is_filled(beside, index):
                self._item(item, element, f"{path}[{index}]")
        return None

    def _item(self, value: Any, element: Element, path: str) -> None:
        if element.json:
            self._primitive(value, element, path)
        elif element.kind == "Resource":
            self.resource(value, path)
        elif type(value) is dict:
            self._object(value, element.kind, path)
        else:
            self._note("invalid-structure", path, "must be an object")

    def _primitive(self, value: Any, element: Element, path: str) -> None:
        if type(value) not in element.json:
            self._note("invalid-structure", path, f"must be {_WORDS[element.json[0]]}")
        elif element.json == (str,) and "\0" in value:  # no XML and no database can hold it
            self._note("invalid-structure", path, "a null character")
        elif element.codes and value not in element.codes:
            self._note("unknown-code", path, f"allowed: {', '.join(sorted(element.codes))}")
        elif element.kind == "id" and not is_an_id(value):
            self._note("invalid-structure", path, "an id has 1 to 64 letters, digits, - and .")

    def _unknown(self, key: str, type_: str, path: str) -> None:
        self._note("invalid-structure", path, f"{type_} has no element {shown(key)}")

    def _note(self, code: ErrorCode, path: str, detail: str) -> None:
        self.issues.append(Issue(code=code, expression=path, detail=self.placed(detail)))

    def placed(self, detail: str) -> str:
        """The detail, with the entry that it is about."""
        return f"{self._entry}: {detail}" if self._entry else detail


def _is_filled(beside: Any, index: int) -> bool:
    """Whether `name` has what `_name` has not, or the other way: there null keeps the place."""
    return isinstance(beside, list) and index < len(beside) and beside[index] is not None
