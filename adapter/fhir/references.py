"""Resolve references inside a message, by fullUrl or Type/id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapter.core.model import Bundle

Resource = dict[str, Any]


def resolve(bundle: Bundle, reference: Resource | None) -> Resource | None:
    """Return the resource that a Reference names in the message, by fullUrl or Type/id."""
    return next(_named(bundle, reference), None)


def every_named(bundle: Bundle, reference: Resource | None) -> list[Resource]:
    """Return every resource that a Reference names: several where names are not distinct."""
    return list(_named(bundle, reference))


def _named(bundle: Bundle, reference: Resource | None) -> Iterator[Resource]:
    target = (reference or {}).get("reference", "")
    type_, id_ = _parts(target)
    for entry in bundle.get("entry", ()) if target else ():
        resource: Resource = entry.get("resource", {})
        has_id = id_ and resource.get("id") == id_
        if target == entry.get("fullUrl") or (
            has_id and (not type_ or resource.get("resourceType") == type_)
        ):
            yield resource


def _parts(target: str) -> tuple[str, str]:
    """Return type and id of `Type/id`; only the id of `urn:uuid:id`; nothing of another form."""
    if target.startswith("urn:uuid:"):
        return "", target[9:]
    type_, _, id_ = target.partition("/")
    return (type_, id_) if id_ else ("", "")
