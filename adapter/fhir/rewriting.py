"""Change one thing in a FHIR message. Each function returns a new Bundle and keeps the old."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from adapter.core.model import Bundle
from adapter.fhir.builders import Party, destination, entry, extension, organization
from adapter.fhir.bundles import Resource, header, organization_id, resources
from adapter.fhir.canonical import MESSAGE_ID, extension_url


def with_envelope(bundle: Bundle, envelope_id: str, at: datetime) -> Bundle:
    """Return the same content in a new envelope: `Bundle.id` and `timestamp` (aware)."""
    head = {"resourceType": "Bundle", "id": envelope_id, "type": "message"}
    return head | {"timestamp": at.isoformat(), "entry": bundle["entry"]}


def with_header(bundle: Bundle, **changes: Any) -> Bundle:
    """Return the message with changed elements of its MessageHeader.

    When the header's id changes, a Provenance of the header is changed to point to the new id.
    """
    first, *rest = bundle["entry"]
    changed = entry(first["resource"] | changes)
    old, new = first.get("fullUrl", ""), changed["fullUrl"]
    return bundle | {"entry": [changed, *(_with_target(e, old, new) for e in rest)]}


def _with_target(item: Resource, old: str, new: str) -> Resource:
    targets = item.get("resource", {}).get("target")
    if old == new or not isinstance(targets, list):
        return item
    moved = [{"reference": new} if t.get("reference") == old else t for t in targets]
    return item | {"resource": item["resource"] | {"target": moved}}


def with_concerned(bundle: Bundle, old: str, new: str) -> Bundle:
    """Return the message with another content id, `new`, for the earlier message it concerns."""
    changed: Bundle = _renamed(bundle, old, new)
    return changed


def _renamed(node: Any, old: str, new: str) -> Any:
    if isinstance(node, list):
        return [_renamed(item, old, new) for item in node]
    if not isinstance(node, dict):
        return node
    is_named = node.get("system") == MESSAGE_ID and str(node.get("value")).endswith(old)
    return {k: new if is_named and k == "value" else _renamed(v, old, new) for k, v in node.items()}


def with_recorded(bundle: Bundle, at: datetime) -> Bundle:
    """Return the message with another time of recording (aware)."""
    changed = with_extension(header(bundle), "recorded", "Instant", at.isoformat())
    return with_header(bundle, extension=changed["extension"])


def with_resource(bundle: Bundle, resource: Resource) -> Bundle:
    """Return the message with `resource` in place of the one that has its type and id."""
    key = (resource["resourceType"], resource.get("id"))
    entries = [
        e | {"resource": resource}
        if (e["resource"]["resourceType"], e["resource"].get("id")) == key
        else e
        for e in bundle["entry"]
    ]
    return bundle | {"entry": entries}


def with_organization(bundle: Bundle, resource: Resource) -> Bundle:
    """Return the message with an Organization; one with its id is kept, and gets its elements."""
    earlier = [r for r in resources(bundle) if r["id"] == resource["id"]]
    if earlier:
        return with_resource(bundle, earlier[0] | resource)
    return bundle | {"entry": [*bundle["entry"], entry(resource)]}


def with_extension(resource: Resource, name: str, value: str, content: Any) -> Resource:
    """Return a resource with our extension set; an earlier one of that name is replaced."""
    url = extension_url(name)
    others = [e for e in resource.get("extension", ()) if e.get("url") != url]
    return resource | {"extension": [*others, extension(name, value, content)]}


def with_receivers(bundle: Bundle, receivers: Iterable[Party]) -> Bundle:
    """Return the message with these receivers, and the Organization of each in the message."""
    parties = list(receivers)
    changed = with_header(bundle, destination=[destination(p) for p in parties])
    present = {organization_id(r) for r in resources(bundle) if r["resourceType"] == "Organization"}
    new = [organization(p.organization, p.display) for p in parties]
    missing = [entry(o) for o in new if organization_id(o) not in present]
    return changed | {"entry": [*changed["entry"], *missing]}
