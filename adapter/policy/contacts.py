"""The named contacts of a case (fast vårdkontakt, SFS 2017:612 2 kap. 5 §). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.bundles import Resource

_PHYSICIAN = "2"
"""Fast läkarkontakt: at most one for each patient (Inera, CareTeam IG 0.9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What a case keeps of a contact: its role, whether it goes on, and its newest time."""

    role: str  # code of kv_typ_av_fast_kontakt
    is_open: bool
    at: str  # recorded, ISO 8601
    content: str = ""  # content id of its newest message, in lower case
    before: Contact | None = None  # what was known before its newest message


def restored(row: Mapping[str, Any]) -> Contact:
    """Return a contact from the JSON that the store keeps."""
    before = row.get("before")
    return Contact(**{**row, "before": Contact(**before) if before else None})


def key_of(bundle: Bundle) -> str:
    """Return what a contact is known by: its sender, its system and value."""
    identifiers: list[Resource] = (bundles.focus(bundle) or {}).get("identifier") or [{}]
    system, value = identifiers[0].get("system", ""), identifiers[0].get("value", "")
    return f"{bundles.sender_id(bundle)} {system} {value}"


def stated(bundle: Bundle) -> Contact:
    """Return the contact that a message has."""
    team, recorded = bundles.focus(bundle) or {}, bundles.recorded(bundle)
    roles = (r for p in team.get("participant", ()) for r in p.get("role", ()))
    codings = (c for role in roles for c in role.get("coding", ()))
    return Contact(
        role=next((str(coding.get("code", "")) for coding in codings), ""),
        is_open=team.get("status") == "active",
        at=recorded.isoformat() if recorded else "",
        content=bundles.content_id(bundle).lower(),
    )


def newer(known: Mapping[str, Contact], bundle: Bundle) -> str | None:
    """Return when the newer word about the same contact was recorded; None: this is the newest."""
    before = known.get(key_of(bundle))
    at, recorded = bundles.instant(before.at if before else ""), bundles.recorded(bundle)
    return before.at if before and at and recorded and recorded < at else None


def with_contact(known: Mapping[str, Contact], bundle: Bundle) -> dict[str, Contact]:
    """Return the contacts, this message counted.

    FatalError `second-contact` for another fast läkarkontakt while one goes on.
    """
    key, new = key_of(bundle), stated(bundle)
    others = [c for k, c in known.items() if k != key and c.is_open and c.role == _PHYSICIAN]
    if new.is_open and new.role == _PHYSICIAN and others:
        raise FatalError("second-contact")
    before = replace(known[key], before=None) if key in known else None
    return {**known, key: replace(new, before=before)}


def without_recalled(known: Mapping[str, Contact], contents: Collection[str]) -> dict[str, Contact]:
    """Return the contacts as they were before the messages with these content ids (lower case)."""
    left = {key: each.before if each.content in contents else each for key, each in known.items()}
    return {key: each for key, each in left.items() if each is not None}
