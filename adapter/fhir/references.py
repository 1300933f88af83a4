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
    for entry in bundle.get("entry", ()) if target else ():
        resource: Resource = entry.get("resource", {})
        if target == entry.get("fullUrl") or _is_named(resource, target):
            yield resource


def _is_named(resource: Resource, target: str) -> bool:
    id_ = str(resource.get("id"))
    if not target.endswith(id_):  # so it is for nearly all: most resources are passed
        return False
    return target in (f"{resource.get('resourceType')}/{id_}", f"urn:uuid:{id_}")
