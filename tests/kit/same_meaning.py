"""Compare two messages by what they say: not by the ids that tie their resources together."""

from __future__ import annotations

import json
from typing import Any

from adapter.core.model import Bundle

_TIED = ("id", "resourceType")
_NAMED = ("Patient", "Organization")


def meaning(bundle: Bundle) -> Any:
    """Return a message as JSON to compare: each reference is what it refers to.

    Left out: the ids of resources, the type of a logical reference, the display of a coding, and
    the Provenance.
    """
    resources = {e["fullUrl"]: e["resource"] for e in bundle["entry"]}
    head = bundle["entry"][0]["resource"]
    patients = [r for r in resources.values() if r["resourceType"] == "Patient"]
    return {
        "id": bundle["id"],
        "timestamp": bundle["timestamp"],
        "header": _said(head | {"resourceType": "", "id": head["id"]}, resources),
        "patient": [_said(p | {"id": ""}, resources) for p in patients],
    }


def _said(value: Any, resources: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_said(item, resources) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get("reference", "")
    target = resources.get(name) if isinstance(name, str) else None
    if target is not None:
        return _of_resource(target, resources)
    left_out = {"type"} if "identifier" in value and "value" not in value else set()
    left_out |= {"display"} if "code" in value and "system" in value else set()
    kept = {k: _said(v, resources) for k, v in value.items() if k not in left_out}
    if "extension" in kept:
        kept["extension"] = sorted(kept["extension"], key=lambda e: json.dumps(e, sort_keys=True))
    return kept


def _of_resource(target: Any, resources: dict[str, Any]) -> Any:
    if target["resourceType"] == "Patient":
        return "the patient"
    if target["resourceType"] == "Organization":
        name = {"display": target["name"]} if "name" in target else {}
        return {"identifier": target["identifier"][0]} | name
    said = {k: v for k, v in target.items() if k != "id"}
    return _said(said, resources)
