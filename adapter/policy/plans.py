"""What is kept of the plans of a case: which message about each is the newest. Pure.

A plan with versions is known by its author's organisation, system and value; its version decides
which is newer (`plan_versions`). One without is known by its sender; the time decides.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from adapter.policy.contacts import Contact
from adapter.policy.contacts import restored as contact_of
from adapter.policy.efforts import Effort
from adapter.policy.invitations import Invitation, restored

_LISTS = ("accepted", "sent", "recalled")
ENDED = frozenset({"completed", "revoked", "entered-in-error"})
"""CarePlan.status of a plan that is over: it is read-only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The newest version of a plan that is applied. No text of it: its efforts are digests."""

    number: int  # 0 where every version is recalled
    content: str  # the content id of its message
    writer: str  # HSA-id of the organisation that wrote it
    at: str  # when it was recorded, ISO 8601
    status: str
    keeper: str  # HSA-id of the organisation that coordinates the plan
    rest: str  # digest of everything but efforts and status
    efforts: Mapping[str, Effort] = field(default_factory=dict)  # by element id
    contents: Mapping[str, int] = field(default_factory=dict)  # versions by content id
    accepted: tuple[str, ...] = ()  # HSA-ids of the units that have adjusted this version
    is_adjusted_first: bool = False  # active only when each unit has accepted it
    name: str = ""  # the key under which it is known: author, system, value
    terms: str = ""  # digest of its period and the consents beside it
    until: str = ""  # when the consent beside it ends, ISO 8601; "" for no end
    narrative: str = ""  # digest of the texts for people to read; "" for none
    sent: tuple[str, ...] = ()  # content ids of the messages of its writer that have it
    is_proposed: bool = False  # a draft in the name of another organisation, which has not written
    spent: int = 0  # the highest number that a version has had, recalled ones too
    recalled: tuple[str, ...] = ()  # content ids
    earlier: tuple[Version, ...] = ()  # the versions before, oldest first

    @property
    def highest(self) -> int:
        """The highest number that any version has had."""
        return max(self.number, self.spent)

    @property
    def is_in_force(self) -> bool:
        """Whether there is a version, and the plan has not ended."""
        return self.number > 0 and self.status not in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """The plans of a case, and the invitations to make one."""

    applied: Mapping[str, str] = field(default_factory=dict)  # without versions: newest time
    versions: Mapping[str, Version] = field(default_factory=dict)
    invitations: Mapping[str, Invitation] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    recalls: tuple[str, ...] = ()  # digests of what recalls said

    @property
    def any_in_force(self) -> bool:
        """Whether the case has a plan that has not ended, as far as its versions say."""
        in_force = any(version.is_in_force for version in self.versions.values())
        return bool(self.applied) or in_force


def load(text: str) -> Plans:
    """Return what the store keeps of the plans of a case."""
    kept = json.loads(text or "{}")
    versions = {key: _version(row, key) for key, row in kept.get("versions", {}).items()}
    called = {key: restored(row) for key, row in kept.get("invitations", {}).items()}
    contacts = {key: contact_of(row) for key, row in kept.get("contacts", {}).items()}
    return Plans(
        applied=kept.get("applied", {}),
        versions=versions,
        invitations=called,
        contacts=contacts,
        recalls=tuple(kept.get("recalls", ())),
    )


def _version(row: Mapping[str, Any], name: str) -> Version:
    efforts = {id_: Effort(**each) for id_, each in row.get("efforts", {}).items()}
    lists = {key: tuple(row.get(key, ())) for key in _LISTS}
    earlier = tuple(_version(each, name) for each in row.get("earlier", ()))
    return Version(**{"name": name, **row, **lists, "efforts": efforts, "earlier": earlier})


def is_of_an_earlier_version(text: str) -> bool:
    """Whether a case's text is from the version that kept the whole stay in it."""
    return '"known"' in text and "known" in json.loads(text)


def dump(plans: Plans) -> str:
    """Return the JSON that the store keeps; "" for no plans."""
    kept = {name: value for name, value in _row(plans).items() if value}
    return json.dumps(kept, separators=(",", ":"), default=_row) if kept else ""


def _row(kept: Plans | Version | Invitation | Contact | Effort) -> dict[str, Any]:
    """The fields of a part by name; no asdict(): it copies everything inside first."""
    return {field.name: getattr(kept, field.name) for field in fields(kept)}


def plan_key(event: Event, bundle: Bundle) -> str:
    """Return what a plan without versions is known by; "" for no plan."""
    if event is not Event.CARE_PLAN:
        return ""
    identifiers = (bundles.focus(bundle) or {}).get("identifier") or [{}]
    system, value = (identifiers[0].get(key, "") for key in ("system", "value"))
    return f"care-plan {bundles.sender_id(bundle)} {system} {value}"


def is_superseded(plans: Plans, event: Event, bundle: Bundle) -> bool:
    """Whether a newer message about the same plan without versions is applied already."""
    newest, recorded = newest_of(plans, event, bundle), bundles.recorded(bundle)
    return newest is not None and recorded is not None and recorded < newest


def newest_of(plans: Plans, event: Event, bundle: Bundle) -> datetime | None:
    """Return when the newest message about the same plan was recorded; None for none."""
    return bundles.instant(plans.applied.get(plan_key(event, bundle), ""))


def with_message(plans: Plans, event: Event, bundle: Bundle) -> Plans:
    """Return what is applied, a message about a plan without versions counted."""
    key, recorded = plan_key(event, bundle), bundles.recorded(bundle)
    if not key or recorded is None or is_superseded(plans, event, bundle):
        return plans
    return replace(plans, applied={**plans.applied, key: recorded.isoformat()})


def without_recalled(plans: Plans, recalled: Collection[tuple[str, str]]) -> Plans:
    """Return what is applied without messages by these senders, recorded then.

    Of a plan without versions only the time is known: without it, any message is the newest.
    """
    gone = {f"{sender} {at}" for sender, at in recalled}
    left = {key: at for key, at in plans.applied.items() if f"{key.split()[1]} {at}" not in gone}
    return replace(plans, applied=left)
