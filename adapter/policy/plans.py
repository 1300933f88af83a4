"""Which of two messages about a plan is the newer word. Messages arrive in any order. Pure."""

from __future__ import annotations

import json
from datetime import datetime

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles


def load(text: str) -> dict[str, str]:
    """Return what the store keeps of a case: by plan, when its newest message was recorded."""
    applied: dict[str, str] = json.loads(text or "{}").get("applied", {})
    return applied


def is_of_an_earlier_version(text: str) -> bool:
    """Whether a case's text is from the version that kept the whole stay in it."""
    return "known" in json.loads(text or "{}")


def dump(applied: dict[str, str]) -> str:
    """Return the JSON that the store keeps."""
    return json.dumps({"applied": applied}, separators=(",", ":")) if applied else ""


def plan_key(event: Event, bundle: Bundle) -> str:
    """Return what a plan is known by: its author's organisation, system and value; "" for none."""
    if event is not Event.CARE_PLAN:
        return ""
    identifiers = (bundles.focus(bundle) or {}).get("identifier") or [{}]
    system, value = (identifiers[0].get(key, "") for key in ("system", "value"))
    return f"care-plan {bundles.sender_id(bundle)} {system} {value}"


def is_superseded(applied: dict[str, str], event: Event, bundle: Bundle) -> bool:
    """Whether a newer message about the same plan is applied already."""
    newest, recorded = newest_of(applied, event, bundle), bundles.recorded(bundle)
    return newest is not None and recorded is not None and recorded < newest


def newest_of(applied: dict[str, str], event: Event, bundle: Bundle) -> datetime | None:
    """Return when the newest message about the same plan was recorded; None for none."""
    return bundles.instant(applied.get(plan_key(event, bundle), ""))


def with_message(applied: dict[str, str], event: Event, bundle: Bundle) -> dict[str, str]:
    """Return what is applied, this message counted."""
    key, recorded = plan_key(event, bundle), bundles.recorded(bundle)
    if not key or recorded is None or is_superseded(applied, event, bundle):
        return applied
    return applied | {key: recorded.isoformat()}
