"""Contained resources: FHIR R4's invariants dom-2 to dom-5 (4.0.1, references.html#contained)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from adapter.core.errors import Severity
from adapter.fhir.labels import protects
from adapter.fhir.r4_references import Found


def types(resource: Any) -> dict[str, str]:
    """Return the type of each contained resource by its id."""
    if not isinstance(resource, dict) or "contained" not in resource:
        return {}
    return {
        str(inner.get("id")): str(inner.get("resourceType"))
        for inner in _all(resource)
        if "id" in inner
    }


def found(resource: Mapping[str, Any], path: str) -> Iterator[Found]:
    """Yield what is wrong with the contained resources of a resource. Takes any JSON."""
    if ".contained[" in path:
        yield "invariant", f"{path}.contained", "dom-2: a contained resource contains others"
        return
    outside = set(_fragments({k: v for k, v in resource.items() if k != "contained"}))
    inside = [set(_fragments(inner)) for inner in _all(resource)]
    yield from _twice(_all(resource), path)
    uses = Counter(link for links in inside for link in links)
    for index, (inner, links) in enumerate(zip(_all(resource), inside, strict=True)):
        place, name = f"{path}.contained[{index}]", f"#{inner.get('id')}"
        is_used = name in outside or uses[name] > (name in links)
        if "#" not in links and not is_used:
            yield "invariant", place, "dom-3: nothing refers to it"
        yield from _meta_found(inner.get("meta"), place)


def _twice(inside: list[dict[str, Any]], path: str) -> Iterator[Found]:
    """Yield each id that an earlier contained resource has: a reference would lead to both."""
    before = set[str]()
    for index, inner in enumerate(inside):
        id_ = inner.get("id")
        if isinstance(id_, str):
            if id_ in before:
                yield "invariant", f"{path}.contained[{index}].id", "the id of another one"
            before.add(id_)


def _meta_found(meta: Any, place: str) -> Iterator[Found]:
    """Yield dom-4 and dom-5. A label that protects the patient is read, and only warned of.

    A message that is refused is not applied: the label would be lost with it.
    """
    if not isinstance(meta, dict):
        return
    for name in ("versionId", "lastUpdated"):
        if name in meta:
            yield "invariant", f"{place}.meta.{name}", "dom-4: not in a contained resource"
    if "security" in meta:
        severity = Severity.WARNING if protects(meta["security"]) else Severity.ERROR
        yield "invariant", f"{place}.meta.security", "dom-5: not in a contained resource", severity


def _all(resource: Any) -> list[dict[str, Any]]:
    inside = resource.get("contained") if isinstance(resource, dict) else None
    items = inside if isinstance(inside, list) else []
    return [item if isinstance(item, dict) else {} for item in items]


def _fragments(node: Any) -> Iterator[str]:
    """Yield each text inside a node that begins with `#`."""
    if isinstance(node, str):
        if node.startswith("#"):
            yield node
    elif isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _fragments(value)
