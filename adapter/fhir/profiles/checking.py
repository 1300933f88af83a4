"""Check one message against compiled profiles. Takes any JSON and raises nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue, Severity
from adapter.fhir.bundles import Resource
from adapter.fhir.profiles.definitions import Codes
from adapter.fhir.profiles.rules import Rule, Shape, Slice

_OTHER = object()  # marks a choice of types that has a type which is not allowed
_SHORT = 12  # a detail lists at most this many allowed codes

Member = tuple[int, dict[str, Any]]
"""An item of a slice, with its index in the array."""


class Check:
    """Collects the `issues` of one message, shape by shape."""

    def __init__(self, bundle: Any) -> None:
        self.issues: list[Issue] = []
        self._seen: set[tuple[int, int]] = set()
        self._place = ""
        self._entries = _index(bundle)

    def element(self, node: Any, shape: Shape, path: str) -> None:
        """Check a resource or element against a shape; `path` is its FHIRPath."""
        if not isinstance(node, dict):
            return
        self._rules(node, shape.rules, path)
        for constraint in shape.constraints:
            invariant = constraint.invariant
            if not invariant.holds(node):
                detail = f"{invariant.key}: {constraint.human}"
                self._note(invariant.code, invariant.expression, detail, constraint.severity)

    def focus(self, index: int, header: Resource, shape: Shape) -> None:
        """Check the resource that the header, entry `index`, points to as its focus."""
        references = header.get("focus")
        for place, reference in enumerate(references if isinstance(references, list) else ()):
            self._place = f"entry[{index}]: "
            self.target(reference, (shape,), f"MessageHeader.focus[{place}]")

    def target(self, reference: Any, shapes: tuple[Shape, ...], path: str) -> None:
        """Check that a Reference resolves in the message to a resource of one of the shapes.

        A logical reference (only an identifier) names no entry, and passes.
        """
        if not isinstance(reference, dict) or _is_logical(reference):
            return
        entry = self._entries.get(str(reference.get("reference")))
        if entry is None:
            self._note("unresolved-reference", path, "no such entry")
            return
        place, resource = entry
        type_ = resource.get("resourceType")
        fitting = [s for s in shapes if not s.type or s.type == type_]
        if not fitting:
            self._note("profile", path, f"must be {_either(s.type for s in shapes)}")
        for shape in fitting[:1]:
            self.resource(resource, shape, place)

    def resource(self, resource: Resource, shape: Shape, place: str) -> None:
        """Check a resource of an entry against a shape, once."""
        if (id(resource), id(shape)) in self._seen:
            return
        self._seen.add((id(resource), id(shape)))
        before, self._place = self._place, place
        self.element(resource, shape, str(resource.get("resourceType")))
        self._place = before

    def _rules(self, node: dict[str, Any], rules: Iterable[Rule], parent: str) -> None:
        for rule in rules:
            content = _chosen(node, rule) if rule.choice else node.get(rule.name)
            if content is not None or not rule.may_be_absent:
                self._rule(content, rule, f"{parent}.{rule.name}")

    def _rule(self, content: Any, rule: Rule, path: str) -> None:
        if content is _OTHER:
            return self._note("profile", path, f"must be {_either(rule.types)}")
        values = content if isinstance(content, list) else [] if content is None else [content]
        if not rule.low <= len(values) <= rule.high:
            self._count(values, rule, path)
        if not rule.is_only_counted:
            for index, value in enumerate(values):
                self._value(value, rule, f"{path}[{index}]" if values is content else path)
        if rule.slices:
            self._slices(values, rule, path)
        return None

    def _count(self, values: list[Any], rule: Rule, path: str) -> None:
        if len(values) < rule.low:
            self._note("required", path, "missing")
        else:
            self._note("profile", path, _at_most(rule.high))

    def _value(self, value: Any, rule: Rule, path: str) -> None:
        if rule.fixed is not None and value != rule.fixed:
            self._note("profile", path, f"must be {_json(rule.fixed)}")
        if rule.pattern is not None and not _fits(value, rule.pattern):
            self._note("profile", path, f"must have {_json(rule.pattern)}")
        if rule.codes and not _coded(value, rule.codes):
            self._note("unknown-code", path, _allowed(rule.codes), rule.codes_severity)
        if rule.targets and not (rule.may_be_named_only and _is_display_only(value)):
            self.target(value, rule.targets, path)
        if rule.rules and isinstance(value, dict):
            self._rules(value, rule.rules, path)

    def _slices(self, items: list[Any], rule: Rule, path: str) -> None:
        members = _by_label(items, rule)
        for slice_ in rule.slices:
            if slice_.low or slice_.label in members:
                self._slice(members.get(slice_.label, ()), slice_, path)

    def _slice(self, members: Sequence[Member], slice_: Slice, path: str) -> None:
        of_entry = slice_.path == slice_.label
        where = slice_.path if of_entry else f"{path.removesuffix('extension')}{slice_.path}"
        if len(members) < slice_.low:
            self._note("required", where, "missing")
        elif len(members) > slice_.high:
            self._note("profile", where, _at_most(slice_.high))
        for index, item in members:
            if of_entry:
                self.resource(item["resource"], slice_.shape, f"entry[{index}]: ")
            else:
                self.element(item, slice_.shape, where)

    def _note(
        self, code: ErrorCode, path: str, detail: str, severity: Severity = Severity.ERROR
    ) -> None:
        issue = Issue(code=code, expression=path, detail=self._place + detail, severity=severity)
        self.issues.append(issue)


def _by_label(items: list[Any], rule: Rule) -> dict[str, list[Member]]:
    """Return the items of each slice."""
    members: dict[str, list[Member]] = {}
    for index, item in enumerate(items):
        label = rule.label_of(item) if isinstance(item, dict) else None
        if isinstance(label, str):
            members.setdefault(label, []).append((index, item))
    return members


def _is_logical(reference: dict[str, Any]) -> bool:
    identifier = reference.get("identifier")
    named = isinstance(identifier, dict) and bool(identifier.get("value"))
    return named and "reference" not in reference


def _is_display_only(reference: Any) -> bool:
    return isinstance(reference, dict) and "reference" not in reference and "display" in reference


def _index(bundle: Any) -> dict[str, tuple[str, Resource]]:
    """Return place and resource by each name of it; the first wins, as in adapter.fhir.bundles."""
    entries_by_name: dict[str, tuple[str, Resource]] = {}
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            id_ = resource.get("id")
            names = (
                entry.get("fullUrl"),
                f"{resource.get('resourceType')}/{id_}",
                f"urn:uuid:{id_}",
            )
            for name in names:
                if isinstance(name, str):
                    entries_by_name.setdefault(name, (f"entry[{index}]: ", resource))
    return entries_by_name


def _chosen(node: dict[str, Any], rule: Rule) -> Any:
    """Return the value of a choice of types; _OTHER when its type is not allowed."""
    size = len(rule.name)
    for name, value in node.items():
        if name.startswith(rule.name) and name[size : size + 1].isupper():
            is_other = rule.endings and name[size:].casefold() not in rule.endings
            return _OTHER if is_other else value
    return None


def _fits(value: Any, pattern: Any) -> bool:
    """Whether a value has all that a pattern has (R4, ElementDefinition.pattern[x])."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_fits(value.get(k), p) for k, p in pattern.items())
    if isinstance(pattern, list):
        items = value if isinstance(value, list) else []
        return all(any(_fits(item, p) for item in items) for p in pattern)
    return bool(value == pattern)


def _coded(value: Any, codes: Codes) -> bool:
    """Whether a code, Coding or CodeableConcept is in a value set."""
    if isinstance(value, str):
        return value in codes.plain
    if not isinstance(value, dict):
        return False
    codings = value.get("coding", [value])
    items = codings if isinstance(codings, list) else [codings]
    return any(_pair(item) in codes.pairs for item in items)


def _pair(coding: Any) -> tuple[str, str]:
    fields = coding if isinstance(coding, dict) else {}
    return str(fields.get("system", "")), str(fields.get("code", ""))


def _allowed(codes: Codes) -> str:
    few = len(codes.plain) <= _SHORT
    return f"allowed: {', '.join(sorted(codes.plain))}" if few else f"see the value set {codes.id}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _at_most(high: float) -> str:
    return f"at most {high:.0f}" if high else "must not be there"


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
