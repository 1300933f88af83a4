"""Resolve references inside a message, by fullUrl or Type/id."""

from __future__ import annotations

from typing import Any

from adapter.core.model import Bundle

Resource = dict[str, Any]
Names = dict[str, list[Resource]]


def resolve(bundle: Bundle, reference: Resource | None) -> Resource | None:
    """Return the resource that a Reference names in the message, by fullUrl or Type/id."""
    target = (reference or {}).get("reference", "")
    type_, id_ = _parts(target)
    for entry in bundle.get("entry", ()) if target else ():
        resource: Resource = entry.get("resource", {})
        has_id = id_ and resource.get("id") == id_
        if target == entry.get("fullUrl") or (
            has_id and (not type_ or resource.get("resourceType") == type_)
        ):
            return resource
    return None


def _parts(target: str) -> tuple[str, str]:
    """Return type and id of `Type/id`; only the id of `urn:uuid:id`; nothing of another form."""
    if target.startswith("urn:uuid:"):
        return "", target[9:]
    type_, _, id_ = target.partition("/")
    return (type_, id_) if id_ else ("", "")


def by_name(bundle: Bundle) -> Names:
    """Return the resources of a message by what a Reference may call them.

    Several have one name where names are not distinct. For many references: `resolve` looks
    through every entry for each.
    """
    names: Names = {}
    for entry in bundle.get("entry", ()):
        resource: Resource = entry.get("resource", {})
        id_ = resource.get("id")
        url, own = entry.get("fullUrl") or "", f"urn:uuid:{id_}"
        for name in (url, f"{resource.get('resourceType')}/{id_}", own)[: 2 if url == own else 3]:
            names.setdefault(name, []).append(resource)
    return names
