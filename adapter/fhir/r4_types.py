"""What FHIR R4 (4.0.1) defines: resource types, data types, their elements, and their codes.

The facts are compiled from HL7's definitions into `r4_definitions.json`; the file names its source
(`python -m tools.r4_definitions` writes it). An inner type is named by its path:
`Encounter.statusHistory`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from adapter.fhir import (
    r4_conformance_invariants,
    r4_measure_invariants,
    r4_plain,
    r4_profile_invariants,
    r4_questionnaire_invariants,
    r4_resource_invariants,
    r4_type_invariants,
)
from adapter.fhir.r4_bindings import STANDARDS
from adapter.fhir.r4_plain import Pairs
from adapter.fhir.r4_rules import INVARIANTS, Invariant
from adapter.fhir.r4_values import Accepts, accepts

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
_LEADING = frozenset({"id", "Extension", "Reference", "Resource"})  # not judged by themselves
_LINKS = frozenset({"reference", "type"})  # of a Reference, likewise
_EXTENSION_OF_PRIMITIVE = "Element"  # what `_status` holds: an id and extensions
Facts = dict[str, dict[str, Any]]
"""What R4 says of each element of a type, by its JSON name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a type, by its JSON name."""

    name: str  # in FHIRPath: `value` for the JSON name `valueString`
    kind: str  # "dateTime", "Period", "Encounter.statusHistory", "Resource"
    choice: str = ""  # the name of a choice of types such as value[x]; "" for any other element
    repeats: bool = False
    accepts: Accepts | None = None  # whether a value has the form of the primitive type
    plain: Accepts | None = None  # whether all that the JSON holds is right, see `r4_plain.py`
    codes: frozenset[str] = frozenset()  # of a required binding; empty = any
    pairs: Pairs = frozenset()  # the same, each with its code system
    targets: frozenset[str] = frozenset()  # the types that a reference may point to; empty = any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A type: its elements by JSON name, and the names of which each group needs one."""

    elements: dict[str, Element]
    plain: dict[str, Accepts]  # what says of an element whether it is plainly right
    required: tuple[tuple[str, frozenset[str]], ...]
    choices: tuple[tuple[str, frozenset[str]], ...]  # of each value[x], the names of its types
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
    for name, fact in facts.items():
        elements[name] = _element(name, fact)
        if elements[name].accepts and not _is_attribute(type_, name):
            elements[f"_{name}"] = _beside(elements[name])
    if is_resource_type(type_):
        elements["resourceType"] = _RESOURCE_TYPE
    return Shape(
        elements=elements,
        plain={name: element.plain for name, element in elements.items() if element.plain},
        choices=tuple(_groups(type_, facts, "name").items()),
        required=tuple(_groups(type_, facts, "min").items()),
        invariants=INVARIANTS.get(type_, ()),
    )


def _is_attribute(type_: str, name: str) -> bool:
    """Whether an element is an id, XHTML, or an attribute in XML: none has extensions."""
    return name == "id" or (type_, name) in (("Extension", "url"), ("Narrative", "div"))


def _groups(type_: str, facts: Facts, key: str) -> dict[str, frozenset[str]]:
    """Return the JSON names of what has `min` or `name` among its facts, by name in FHIRPath."""
    groups: dict[str, frozenset[str]] = {}
    for name, fact in facts.items():
        if key in fact:
            is_extended = _is_primitive(fact["type"]) and not _is_attribute(type_, name)
            names = {name, f"_{name}"} if is_extended else {name}
            group = fact.get("name", name)
            groups[group] = groups.get(group, frozenset()) | names
    return groups


_EXTENDED: Facts = {
    "id": {"type": "string"},
    "extension": {"type": "Extension", "many": True},
}
_RESOURCE_TYPE = Element(  # the walk has looked at it before it knows the elements
    name="resourceType", kind="code", accepts=accepts("code"), plain=lambda _: True
)


@lru_cache(maxsize=1)
def _definitions() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return facts | {"resources": frozenset(facts["resources"])}


def _is_primitive(kind: str) -> bool:
    return kind in _definitions()["primitives"]


def _element(name: str, fact: dict[str, Any]) -> Element:
    kind = fact["type"]
    pairs = _pairs(fact["codes"]) if "codes" in fact else frozenset()
    codes = frozenset(code for _, code in pairs)
    accepts_value = _grammar(fact) if _is_primitive(kind) else None
    accepts_one = _one_of(codes) if accepts_value and codes else accepts_value
    plain = accepts_one or _plain_object(kind, pairs)
    return Element(
        name=fact.get("name", name),
        kind=kind,
        choice=fact.get("name", ""),
        repeats="many" in fact,
        accepts=accepts_one,
        plain=r4_plain.array_of(plain) if plain and "many" in fact else plain,
        codes=codes,
        pairs=pairs,
        targets=frozenset(fact.get("targets", ())),
    )


def _grammar(fact: dict[str, Any]) -> Accepts:
    return STANDARDS[fact["standard"]] if "standard" in fact else accepts(fact["type"])


@lru_cache(maxsize=256)
def _plain_object(kind: str, pairs: Pairs) -> Accepts | None:
    """Return what says whether an object is plainly right; None for a type that never is."""
    facts = _definitions()["types"].get(kind)
    if facts is None or is_resource_type(kind) or "resource" in facts or kind == "Attachment":
        return None  # `attachments` looks at an Attachment as well
    leading = _LEADING | (_LINKS if kind == "Reference" else set())
    inside = {name: fact for name, fact in facts.items() if not leading & {name, fact["type"]}}
    if "." in kind:  # inner types may go round in circles
        inside = {name: fact for name, fact in inside.items() if "." not in fact["type"]}
    members = {name: _element(name, fact).plain for name, fact in inside.items()}
    rules = [r4_plain.one_or_more(names) for names in _groups(kind, facts, "min").values()]
    rules += [r4_plain.one_at_most(names) for names in _groups(kind, inside, "name").values()]
    rules += [invariant.holds for invariant in INVARIANTS.get(kind, ())]
    rules += [r4_plain.one_of_codes(pairs)] if pairs else []
    return r4_plain.object_of({n: plain for n, plain in members.items() if plain}, rules)


def _beside(element: Element) -> Element:
    """The element `_status` beside `status`: FHIRPath has one name for both."""
    return Element(name=element.name, kind=_EXTENSION_OF_PRIMITIVE, repeats=element.repeats)


@lru_cache(maxsize=256)
def _pairs(key: str) -> Pairs:
    systems: dict[str, str] = _definitions()["codes"][key]
    return frozenset((system, code) for system, codes in systems.items() for code in codes.split())


def _one_of(codes: frozenset[str]) -> Accepts:
    return lambda value: type(value) is str and value in codes
