"""R4's invariants as HL7 writes them, in FHIRPath, run by fhirpathpy: no function of ours decides.

The expressions stand in the compiled definitions. Those that fhirpathpy cannot run are in SKIPPED.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from fhirpathpy import compile as compiled
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from adapter.fhir import r4_types
from tests.kit.mutants.places import Holder, holders

SKIPPED = {
    "txt-1": "htmlChecks() is no function of fhirpathpy",
    "txt-2": "htmlChecks() is no function of fhirpathpy",
    "ctm-1": "resolve() is no function of fhirpathpy",
    "dom-3": "fhirpathpy raises for `as(canonical)`",
}
_TRACE = re.compile(r"\.trace\('\w+'\)")  # prints, and changes nothing
Broken = tuple[str, str]
"""Path of the holder, and the key of the invariant that it breaks."""


def broken(document: Any) -> Iterator[Broken]:
    """Yield each invariant of severity error that a document breaks, by fhirpathpy.

    What entries hold is remembered, because a mutant changes one of them.
    """
    for entry in _entries(document):
        yield from _broken_in(json.dumps(entry))
    for resource, whole, holder in _placed(document):
        if "resource" not in holder.pointer:
            yield from _broken(resource, whole, holder)


def _entries(document: Any) -> list[Any]:
    entries = document.get("entry") if document.get("resourceType") == "Bundle" else None
    items = entries if isinstance(entries, list) else []
    inside = [entry.get("resource") for entry in items if isinstance(entry, dict)]
    return [resource for resource in inside if isinstance(resource, dict)]


@lru_cache(maxsize=4096)
def _broken_in(text: str) -> tuple[Broken, ...]:
    return tuple(b for placed in _placed(json.loads(text)) for b in _broken(*placed))


def _broken(resource: Any, whole: Any, holder: Holder) -> Iterator[Broken]:
    around = {"resource": resource, "rootResource": whole}
    for key, expression in _rules(holder.type, holder.is_resource):
        if key == "ele-1" and any(name.startswith("_") for name in holder.node):
            continue  # fhirpathpy does not count a child that has extensions and no value
        if not _holds(expression, holder, around):
            yield holder.kind, key


def _placed(document: Any) -> Iterator[tuple[Any, Any, Holder]]:
    """Each holder of the document with its resource, and the resource that contains that one."""
    inside: list[Holder] = []
    for holder in holders(document):
        inside = [h for h in inside if holder.pointer[: len(h.pointer)] == h.pointer]
        if holder.is_resource:
            inside.append(holder)
        wholes = [h for h in inside if "contained" not in h.pointer]
        yield inside[-1].node, wholes[-1].node, holder


@lru_cache
def _rules(type_: str, is_resource: bool) -> list[tuple[str, str]]:
    """Key and expression of each invariant on a type, or on an inner type, by its path."""
    tops = {type_, "DomainResource"} if is_resource else {type_, "Element"}
    invariants = r4_types._definitions()["invariants"]
    return [
        (name.split()[1], fact["expression"])
        for name, fact in invariants.items()
        if fact["on"] in tops and fact["severity"] == "error" and name.split()[1] not in SKIPPED
    ]


def _holds(expression: str, holder: Holder, around: dict[str, Any]) -> bool:
    if "%" in expression:
        return _evaluated(expression, holder.type, holder.node, around)
    return _remembered(expression, holder.type, json.dumps(holder.node))


@lru_cache(maxsize=200_000)
def _remembered(expression: str, type_: str, node: str) -> bool:
    return _evaluated(expression, type_, json.loads(node), {})


def _evaluated(expression: str, type_: str, node: Any, around: dict[str, Any]) -> bool:
    return verdict(expression, type_, node, around) is not False


def verdict(expression: str, type_: str, node: Any, around: dict[str, Any]) -> bool | None:
    """Return what an expression says of a node; None where it says neither yes nor no."""
    try:
        result = _program(expression)(ResourceNode.create_node(node, type_), around)
    except Exception:  # it raises for JSON of other types, which is for others to judge
        return None
    return bool(result[0]) if result in ([True], [False]) else None


@lru_cache
def _program(expression: str) -> Callable[..., Any]:
    program: Callable[..., Any] = compiled(
        _TRACE.sub("", expression), models["r4"], {"userInvocationTable": _TABLE}
    )
    return program


def _is_value(node: Any) -> bool:
    return not isinstance(getattr(node, "data", node), dict | list | None)


_TABLE = {
    "hasValue": {
        "fn": lambda inputs: [len(inputs) == 1 and _is_value(inputs[0])],
        "arity": {0: []},
    }
}
