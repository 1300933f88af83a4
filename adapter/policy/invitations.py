"""Invitations to a planning meeting (kallelse, SFS 2017:612 4 kap. 3 §): versions, units. Pure.

An invitation is known by its caller's organisation, its system and value. Its version decides
which message is newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles, references
from adapter.fhir.bundles import Resource
from adapter.policy.efforts import unit_of

CALLS = frozenset(
    {Event.SIP_INVITATION, Event.SIP_INVITATION_CHANGED, Event.SIP_INVITATION_CANCELLED}
)
_CALLER = "PPRF"
"""v3-ParticipationType of the one who calls."""
_PERSON = ("resourceType", "id", "meta", "identifier", "name")
"""What of the Patient goes to a unit that is invited no more: no new address, no relatives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a case keeps of an invitation: no text of it."""

    version: int
    at: str  # when its newest message was recorded, ISO 8601
    caller: str  # endpoint
    content: str = ""  # content id of its newest message, in lower case
    is_cancelled: bool = False
    is_recalled: bool = False  # it may come again under the same version
    sent: tuple[str, ...] = ()  # endpoints that it goes to now
    had: tuple[str, ...] = ()  # endpoints that it ever went to
    answers: Mapping[str, str] = field(default_factory=dict)  # recorded times, by HSA-id


def restored(row: Mapping[str, Any]) -> Invitation:
    """Return an invitation from the JSON that the store keeps."""
    return Invitation(**{**row, "sent": tuple(row["sent"]), "had": tuple(row["had"])})


def key_of(bundle: Bundle) -> str:
    """Return what an invitation is known by."""
    return f"{bundles.sender_id(bundle)} {_name(bundle)}"


def answered(known: Mapping[str, Invitation], bundle: Bundle, mailboxes: set[str]) -> str:
    """Return the key of the invitation that a unit answers; "" where none was sent to it."""
    name = _name(bundle)
    same = (key for key in known if key.partition(" ")[2] == name)
    return next((key for key in same if mailboxes & set(known[key].had)), "")


def _name(bundle: Bundle) -> str:
    identifiers: list[Resource] = (bundles.focus(bundle) or {}).get("identifier") or [{}]
    return f"{identifiers[0].get('system', '')} {identifiers[0].get('value', '')}"


def version_of(bundle: Bundle) -> int:
    """Return the version of an invitation, or the one that is answered; 0 for none."""
    number = bundles.extension_value(bundles.focus(bundle), "version")
    return number if isinstance(number, int) else 0


def is_old(known: Invitation | None, event: Event, version: int) -> bool:
    """Whether a newer message about an invitation is applied. A cancellation keeps its version."""
    if known is None:
        return False
    is_end = event is Event.SIP_INVITATION_CANCELLED
    may_be_same = not known.is_cancelled if is_end else known.is_recalled
    return version < known.version or (version == known.version and not may_be_same)


def recalled(known: Invitation) -> Invitation:
    """Return what is kept of an invitation whose newest message its caller has recalled."""
    return replace(known, is_cancelled=True, is_recalled=True, sent=())


def invited(bundle: Bundle) -> tuple[str, ...]:
    """Return the HSA-ids of the units that an invitation calls or invites."""
    names = references.by_name(bundle)
    called = (p for p in _participants(bundle) if not _is_caller(p))
    units = (unit_of(names, participant.get("actor")) for participant in called)
    return tuple(dict.fromkeys(unit for unit in units if unit))


def _participants(bundle: Bundle) -> list[Resource]:
    every: list[Resource] = (bundles.focus(bundle) or {}).get("participant", [])
    return every


def _is_caller(participant: Resource) -> bool:
    codings = (c for type_ in participant.get("type", ()) for c in type_.get("coding", ()))
    return any(coding.get("code") == _CALLER for coding in codings)


def no_longer_invited(bundle: Bundle, unit: Resource) -> Bundle:
    """Return the cancellation for a unit that an invitation does not name any more.

    It says neither the new time, place and address nor who else comes.
    """
    invitation, names = bundles.focus(bundle) or {}, references.by_name(bundle)
    patient = bundles.patient(bundle)
    kept = [p for p in _participants(bundle) if _is_caller(p) or _actor(names, p) is patient]
    versions = [
        e for e in invitation.get("extension", ()) if str(e.get("url")).endswith("/version")
    ]
    focus = {
        "resourceType": "Appointment",
        "id": invitation.get("id"),
        "extension": versions,
        "identifier": invitation.get("identifier"),
        "status": "cancelled",
        "cancelationReason": {"text": "Enheten är inte längre kallad"},
        "description": invitation.get("description"),
        "participant": [*kept, {"actor": unit, "required": "required", "status": "needs-action"}],
    }
    person = {name: value for name, value in (patient or {}).items() if name in _PERSON}
    header = bundles.header(bundle)
    same = [header, _named(names, header.get("sender", {})), *_callers(names, kept)]
    changed = [(invitation, focus), (patient, person), *((each, each) for each in same)]
    return bundle | {
        "entry": [
            entry | {"resource": new}
            for entry in bundle["entry"]
            for new in [next((new for old, new in changed if old is entry["resource"]), None)]
            if new is not None
        ]
    }


def _actor(names: references.Names, participant: Resource) -> Resource | None:
    return _named(names, participant.get("actor", {}))


def _named(names: references.Names, reference: Resource) -> Resource | None:
    return next(iter(names.get(reference.get("reference", ""), ())), None)


def _callers(names: references.Names, kept: list[Resource]) -> list[Resource | None]:
    """The roles of the participants that are kept, and the persons and organisations in them."""
    roles = [_actor(names, participant) for participant in kept]
    parts = (role.get(name) for role in roles if role for name in ("practitioner", "organization"))
    return [*roles, *(_named(names, part) for part in parts if part)]
