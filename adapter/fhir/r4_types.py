"""What FHIR R4 (4.0.1) defines: resource types, data types, their elements, and their codes.

The facts are compiled from HL7's definitions into `r4_definitions.json`; the file names its source
(`python -m tools.r4_definitions` writes it). An inner type is named by its path:
`Encounter.statusHistory`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from adapter.fhir import (
    r4_conformance_invariants,
    r4_measure_invariants,
    r4_profile_invariants,
    r4_questionnaire_invariants,
    r4_resource_invariants,
    r4_type_invariants,
)
from adapter.fhir.r4_rules import INVARIANTS, Invariant
from adapter.fhir.r4_values import accepts

for _invariants in (
    r4_type_invariants,
    r4_resource_invariants,
    r4_measure_invariants,
    r4_questionnaire_invariants,
    r4_conformance_invariants,
    r4_profile_invariants,
):
    _invariants.add_all()

_FILE = Path(__file__).with_name("r4_definitions.json")
_EXTENSION_OF_PRIMITIVE = "Element"  # what `_status` holds: an id and extensions
Accepts = Callable[[Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a type, by its JSON name."""

    name: str  # in FHIRPath: `value` for the JSON name `valueString`
    kind: str  # "dateTime", "Period", "Encounter.statusHistory", "Resource"
    choice: str = ""  # the name of a choice of types such as value[x]; "" for any other element
    repeats: bool = False
    accepts: Accepts | None = None  # whether a value has the form of the primitive type
    plain: Accepts | None = None  # the same, where nothing else need be looked at
    codes: frozenset[str] = frozenset()  # of a required binding; empty = any
    pairs: frozenset[tuple[str, str]] = frozenset()  # the same, each with its code system
    targets: frozenset[str] = frozenset()  # the types that a reference may point to; empty = any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A type: its elements by JSON name, and the names of which each group needs one."""

    elements: dict[str, Element]
    required: tuple[tuple[str, frozenset[str]], ...]
    invariants: tuple[Invariant, ...] = ()


def is_resource_type(name: str) -> bool:
    """Whether a name is a resource type of R4; abstract types are not."""
    return name in _definitions()["resources"]


def required(type_: str) -> frozenset[str]:
    """The FHIRPath names of the elements that a type needs; none of a name that is no type."""
    facts = _definitions()["types"].get(type_, {})
    return frozenset(fact.get("name", name) for name, fact in facts.items() if "min" in fact)


@lru_cache(maxsize=1024)
def shape(type_: str) -> Shape:
    """Return a type of R4, compiled once; KeyError for a name that is no type."""
    facts = _EXTENDED if type_ == _EXTENSION_OF_PRIMITIVE else _definitions()["types"][type_]
    elements: dict[str, Element] = {}
    required: dict[str, set[str]] = {}
    for name, fact in facts.items():
        elements[name] = _element(name, fact)
        names = {name}
        if elements[name].accepts and not _is_attribute(type_, name):
            elements[f"_{name}"] = _beside(elements[name])
            names.add(f"_{name}")
        if "min" in fact:
            required.setdefault(elements[name].name, set()).update(names)
    if is_resource_type(type_):
        is_code = accepts("code")
        elements["resourceType"] = Element(
            name="resourceType", kind="code", accepts=is_code, plain=is_code
        )
    needs = tuple((name, frozenset(names)) for name, names in required.items())
    return Shape(elements=elements, required=needs, invariants=INVARIANTS.get(type_, ()))


def _is_attribute(type_: str, name: str) -> bool:
    """Whether an element is an id, XHTML, or an attribute in XML: none has extensions."""
    return name == "id" or (type_, name) in (("Extension", "url"), ("Narrative", "div"))


_EXTENDED: dict[str, dict[str, Any]] = {
    "id": {"type": "string"},
    "extension": {"type": "Extension", "many": True},
}


@lru_cache(maxsize=1)
def _definitions() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return facts | {"resources": frozenset(facts["resources"])}


def _element(name: str, fact: dict[str, Any]) -> Element:
    kind = fact["type"]
    pairs = _pairs(fact["codes"]) if "codes" in fact else frozenset()
    codes = frozenset(code for _, code in pairs)
    accepts_value = accepts(kind) if kind in _definitions()["primitives"] else None
    is_alone = "many" not in fact and "name" not in fact
    accepts_one = _one_of(codes) if accepts_value and codes else accepts_value
    return Element(
        name=fact.get("name", name),
        kind=kind,
        choice=fact.get("name", ""),
        repeats="many" in fact,
        accepts=accepts_one,
        plain=accepts_one if is_alone else None,
        codes=codes,
        pairs=pairs,
        targets=frozenset(fact.get("targets", ())),
    )


def _beside(element: Element) -> Element:
    """The element `_status` beside `status`: FHIRPath has one name for both."""
    return Element(name=element.name, kind=_EXTENSION_OF_PRIMITIVE, repeats=element.repeats)


@lru_cache(maxsize=256)
def _pairs(key: str) -> frozenset[tuple[str, str]]:
    systems: dict[str, str] = _definitions()["codes"][key]
    return frozenset((system, code) for system, codes in systems.items() for code in codes.split())


def _one_of(codes: frozenset[str]) -> Accepts:
    return lambda value: type(value) is str and value in codes
