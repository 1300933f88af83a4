"""Compile profiles once from their differentials into rules that need no further look-up.

The compiler reads these parts of a StructureDefinition (R4): cardinality, fixed[x], pattern[x],
types of a choice, required and extensible bindings, constraints, slices of extensions (by url)
and of Bundle entries (by resource type), and references with aggregation `bundled`. Such a
reference must resolve inside the message to one of its target profiles; where the profile speaks
of its `display`, it may have only that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapter.core.errors import Severity
from adapter.fhir import r4_types
from adapter.fhir.profiles import invariants, plan_invariants, planning_invariants
from adapter.fhir.profiles.definitions import OURS, Codes, Definitions
from adapter.fhir.profiles.registry import INVARIANTS, Invariant

RULE_BOOKS = (invariants, plan_invariants, planning_invariants)  # each registers its rules
LabelOf = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """An invariant as a profile uses it, with its severity and its text for people."""

    invariant: Invariant
    severity: Severity
    human: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A whole profile: a type and its rules. Without rules any resource of the type fits."""

    type: str  # "" = any resource
    rules: tuple[Rule, ...] = ()
    constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The rule of one element. `types` are the types of a choice such as `event[x]`; () = any."""

    name: str
    choice: bool = False
    types: tuple[str, ...] = ()
    low: int = 0
    high: float = float("inf")
    fixed: Any = None
    pattern: Any = None
    codes: Codes | None = None
    codes_severity: Severity = Severity.ERROR
    targets: tuple[Shape, ...] = ()
    may_be_named_only: bool = False  # a reference that has only a display
    rules: tuple[Rule, ...] = ()
    slices: tuple[Slice, ...] = ()
    label_of: LabelOf  # what says to which slice an item belongs
    endings: frozenset[str] = field(init=False)  # of the names of a choice, without case
    may_be_absent: bool = field(init=False)  # found once: a message lacks most of the elements
    is_only_counted: bool = field(init=False)  # likewise: its values need not be looked at

    def __post_init__(self) -> None:
        needed = self.low or any(each.low for each in self.slices)
        limits = (self.fixed, self.pattern, self.codes, self.targets or None, self.rules or None)
        object.__setattr__(self, "endings", frozenset(t.casefold() for t in self.types))
        object.__setattr__(self, "may_be_absent", not needed)
        object.__setattr__(self, "is_only_counted", all(limit is None for limit in limits))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """How many items of one kind an element may have, and the shape of each."""

    label: str  # an extension's url, or a resource type
    path: str  # relative to the parent, or absolute for a resource in an entry
    low: int = 0
    high: float = float("inf")
    shape: Shape


@dataclass(slots=True)
class _Node:
    """An element definition and its children, nested by element id."""

    definition: dict[str, Any] = field(default_factory=dict)
    children: dict[str, _Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles definitions to shapes, each once."""

    definitions: Definitions
    done: dict[str, Shape] = field(default_factory=dict)

    def profile(self, canonical: str) -> Shape:
        """Return a profile's shape by canonical URL; for a type of HL7 it checks only the type."""
        if canonical not in self.done:
            self.done[canonical] = self._profile(canonical)
        return self.done[canonical]

    def _profile(self, canonical: str) -> Shape:
        if not canonical.startswith(OURS):
            type_ = canonical.rsplit("/", 1)[1]
            return Shape(type="" if type_ == "Resource" else type_)
        root = _Node()
        for id_, definition in self.definitions.elements(canonical).items():
            node = root
            for part in id_.split("."):
                node = node.children.setdefault(part, _Node())
            node.definition = definition
        ((type_, top),) = root.children.items()
        return self._shape(type_, top)

    def _shape(self, type_: str, node: _Node) -> Shape:
        constraints = node.definition.get("constraint", ())
        return Shape(
            type=type_,
            rules=self._rules(node),
            constraints=tuple(_constraint(c) for c in constraints),
        )

    def _rules(self, node: _Node) -> tuple[Rule, ...]:
        names = (name for name in node.children if ":" not in name)
        return tuple(self._rule(name, node) for name in names)

    def _rule(self, name: str, parent: _Node) -> Rule:
        node = parent.children[name]
        definition = node.definition
        stem = name.removesuffix("[x]")
        types = tuple(t["code"] for t in definition.get("type", ()))
        binding = definition.get("binding")
        strength = binding["strength"] if binding else ""
        slices = (n for n in parent.children if n.startswith(f"{name}:"))
        return Rule(
            name=stem,
            choice=stem != name,
            types=types if stem != name else (),
            low=definition.get("min", _least(definition)),
            high=_high(definition),
            fixed=_value(definition, "fixed"),
            pattern=_value(definition, "pattern"),
            codes=self.definitions.codes(binding["valueSet"]) if binding else None,
            codes_severity=Severity.ERROR if strength == "required" else Severity.WARNING,
            targets=self._targets(definition),
            may_be_named_only="display" in node.children,
            rules=self._rules(node),
            slices=tuple(self._slice(parent.children[n]) for n in slices),
            label_of=_resource_type if _is_entry(node) else _url,
        )

    def _targets(self, definition: dict[str, Any]) -> tuple[Shape, ...]:
        bundled = [t for t in definition.get("type", ()) if t.get("aggregation") == ["bundled"]]
        profiles = [p for t in bundled for p in t["targetProfile"]]
        return tuple(self.profile(p) for p in profiles)

    def _slice(self, node: _Node) -> Slice:
        return self._entry(node) if _is_entry(node) else self._extension(node)

    def _entry(self, node: _Node) -> Slice:
        (type_,) = node.children["resource"].definition["type"]
        code = type_["code"]
        profiles = [self.profile(p) for p in type_.get("profile", ())]
        return Slice(
            label=code,
            path=code,
            low=node.definition.get("min", 0),
            high=_high(node.definition),
            shape=next(iter(profiles), Shape(type=code)),
        )

    def _extension(self, node: _Node) -> Slice:
        profiles = [p for t in node.definition.get("type", ()) for p in t.get("profile", ())]
        inside = Shape(type="Extension", rules=self._rules(node))
        url = profiles[0] if profiles else _value(node.children["url"].definition, "fixed")
        return Slice(
            label=url,
            path=f"extension('{url}')",
            low=node.definition.get("min", 0),
            high=_high(node.definition),
            shape=self.profile(profiles[0]) if profiles else inside,
        )


def _constraint(definition: dict[str, str]) -> Constraint:
    severity = Severity(definition["severity"])
    return Constraint(
        invariant=INVARIANTS[definition["key"]], severity=severity, human=definition["human"]
    )


def _is_entry(node: _Node) -> bool:
    return node.definition.get("path") == "Bundle.entry"


def _url(extension: dict[str, Any]) -> Any:
    return extension.get("url")


def _resource_type(entry: dict[str, Any]) -> Any:
    resource = entry.get("resource")
    return resource.get("resourceType") if isinstance(resource, dict) else None


def _least(definition: dict[str, Any]) -> int:
    """R4's own minimum of an element: what a profile speaks of, it wants to read.

    For R4 an extension may stand for a value. A check by a profile counts values only.
    """
    parent, _, name = str(definition.get("path")).removesuffix("[x]").rpartition(".")
    required = r4_types.required(parent)
    return int(name in required)


def _high(definition: dict[str, Any]) -> float:
    high = definition.get("max", "*")
    return float("inf") if high == "*" else int(high)


def _value(definition: dict[str, Any], prefix: str) -> Any:
    """Return fixed[x] or pattern[x], of any type."""
    return next((v for k, v in definition.items() if k.startswith(prefix)), None)
