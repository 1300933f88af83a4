"""What FHIR R4 defines: resource types, data types and their elements, as fhir.resources has them.

fhir.resources' R4B models are read here, and nowhere else; R4B and R4 agree on our types.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from fhir_core.constraints import FHIR_PRIMITIVES_MAPS
from fhir_core.fhirabstractmodel import FHIRAbstractModel
from fhir_core.types import FhirBase
from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

from adapter.fhir.required_codes import REQUIRED

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "decimal": (int, float, Decimal),
    "integer": (int,),
    "integer64": (int,),
    "positiveInt": (int,),
    "unsignedInt": (int,),
}
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TIME = re.compile(
    r"[1-9]\d{3}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
    r"(Z|[+-](0\d|1[0-3]):[0-5]\d)",
    re.ASCII,
)
_ABSTRACT = frozenset({"Resource", "DomainResource"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a type: its FHIRPath name and type, and which JSON it takes."""

    name: str
    kind: str  # "dateTime", "Period", "EncounterStatusHistory", "Resource"
    repeats: bool = False
    json: tuple[type, ...] = ()  # the Python types of a primitive's JSON; () for an object
    codes: frozenset[str] = frozenset()  # of a required binding; empty = any
    accepts: Callable[[Any], bool] = bool  # of a primitive type: whether a value has its form


def is_id(value: str) -> bool:
    """Whether a text has the form of FHIR's `id` (R4, datatypes)."""
    return _ID.fullmatch(value) is not None


@lru_cache(maxsize=1024)
def model(type_: str) -> type[FHIRAbstractModel] | None:
    """Return the model of a resource type; None for abstract types and types that R4B lacks."""
    try:
        class_ = get_fhir_model_class(type_)
    except ValueError:
        return None
    return class_ if class_.has_resource_base() and type_ not in _ABSTRACT else None


@lru_cache(maxsize=1024)
def elements(type_: str) -> dict[str, Element]:
    """Return the elements of a resource type or data type, by JSON name."""
    class_ = get_fhir_model_class(type_)
    fields = {field.alias or name: field for name, field in class_.model_fields.items()}
    by_name = {name: _element(f"{type_}.{name}", name, fields) for name in fields}
    by_name.pop("fhir_comments")
    if class_.has_resource_base():
        by_name["resourceType"] = Element(name="resourceType", kind="code", json=(str,))
    return by_name


def _element(path: str, name: str, fields: dict[str, Any]) -> Element:
    kind, repeats = _unwrapped(fields[name].annotation)
    primitive = FHIR_PRIMITIVES_MAPS.get(kind, "")
    value = name.removeprefix("_")  # `_status` extends `status`: FHIRPath has one name for both
    return Element(
        name=(fields[value].json_schema_extra or {}).get("one_of_many") or value,
        kind=primitive or kind._model_klass.rsplit(".", 1)[1],
        repeats=repeats,
        json=_JSON_TYPES.get(primitive, (str,)) if primitive else (),
        codes=REQUIRED.get(path, frozenset()),
        accepts=_validator(kind, primitive) if primitive else bool,
    )


@lru_cache(maxsize=64)
def _validator(kind: Any, primitive: str) -> Callable[[Any], bool]:
    """fhir.resources' own validator of a primitive type, behind a cheaper one for whole times."""
    accepts: Callable[[Any], bool] = SchemaValidator(
        TypeAdapter(kind).core_schema
    ).isinstance_python
    if primitive not in ("instant", "dateTime"):
        return accepts
    return lambda value: is_whole_time(value) or accepts(value)


def is_whole_time(value: Any) -> bool:
    """Whether a value is a time with seconds and zone, as most are; False says nothing else."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:  # no such day
        return False
    return True


def _unwrapped(annotation: Any) -> tuple[Any, bool]:
    """The type inside Optional and List, and whether there was a List."""
    if annotation in FHIR_PRIMITIVES_MAPS or _is_complex(annotation):
        return annotation, False
    inner = next(a for a in typing.get_args(annotation) if a is not type(None))
    kind, repeats = _unwrapped(inner)
    return kind, repeats or typing.get_origin(annotation) is list


def _is_complex(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, FhirBase)
