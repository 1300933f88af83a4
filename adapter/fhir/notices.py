"""Build a message about a stay from plain parts, so that it fits the profile of its event.

A notice is whole: the Encounter has everything that the receiver may know of the stay. The caller
gives the times that an event is about, such as `period.end` of a discharge.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from adapter.core.model import Bundle, Event
from adapter.fhir import event_names
from adapter.fhir.builders import Party, extension, message, new_id, reference
from adapter.fhir.bundles import Resource, header, organization_id
from adapter.fhir.canonical import ENCOUNTER_CLASS, MESSAGE_ID, extension_url
from adapter.fhir.parts import ended_reason, present
from adapter.fhir.rewriting import with_header, with_organization

_STATUS = {
    Event.ADMISSION_CANCELLED: "entered-in-error",
    Event.DECEASED: "finished",
    Event.DISCHARGED: "finished",
    Event.LEAVE_STARTED: "onleave",
}
_ENDED_STATUS = {Event.LEAVE_ENDED: "onleave", Event.DISCHARGE_CANCELLED: "finished"}
_INPATIENT = {"system": ENCOUNTER_CLASS, "code": "IMP"}
_DEATH = frozenset({"deceasedBoolean", "deceasedDateTime"})


def notice(  # noqa: PLR0913 - the parts of a notice, each by name
    *,
    event: Event,
    content: str,
    patient: Resource,
    encounter: Resource,
    organization: Resource | None = None,
    cases: Iterable[str] = (),
    sender: Party,
    receivers: Iterable[Party] = (),
    recorded: datetime,
    reason: str = "",
    reason_text: str = "",
    concerns: str = "",
    provenance: Resource | None = None,
) -> Bundle:
    """Return a message about a stay; `content` is its content id, `recorded` is aware.

    `patient`, `encounter` and `organization` (the service provider; by default the sender) are
    the elements of these resources; any may be {}. Ids, references between them, and what the
    event itself decides are set here: the status, and what it withdraws. `reason` is a code of
    CodeSystem ended, which has a Swedish text unless `reason_text` is given. `concerns` is the
    content id of an earlier message. `provenance` gets this message as its target.
    """
    provider = _provider(organization or {}, sender)
    person = _patient(event, patient) | {"id": new_id(content, "patient")}
    stay = _encounter(event, encounter) | {
        "id": new_id(content, "encounter"),
        "subject": reference(person["id"]),
        "serviceProvider": reference(provider["id"]),
    }
    bundle = message(
        event,
        content=content,
        sender=sender,
        receivers=receivers,
        focus=stay,
        others=[person, *_provenance(provenance, content)],
        cases=cases,
        recorded=recorded,
        extra=_reason(event, reason, reason_text),
    )
    return _with_concerns(with_organization(bundle, provider), concerns)


def status(event: Event, encounter: Resource) -> str:
    """Return the status of the stay in a message of this event.

    The event decides it, or else the Encounter's own status, or else its `period.end`.
    """
    over = "finished" if encounter.get("period", {}).get("end") else "in-progress"
    own = str(encounter.get("status", "")) or over
    return _STATUS.get(event) or ("in-progress" if _ENDED_STATUS.get(event) == own else own)


def _patient(event: Event, patient: Resource) -> Resource:
    is_dead = any(patient.get(key) for key in _DEATH)
    parts = {"resourceType": "Patient", "id": ""} | present(patient)
    if event is Event.DECEASED_WITHDRAWN:
        return {key: value for key, value in parts.items() if key not in _DEATH}
    if event is Event.DECEASED and not is_dead:
        return parts | {"deceasedBoolean": True}
    return parts


def _encounter(event: Event, encounter: Resource) -> Resource:
    kept = _without_withdrawn(event, encounter) | {"status": status(event, encounter)}
    kept["class"] = encounter.get("class") or _INPATIENT
    return {"resourceType": "Encounter", "id": ""} | present(kept)


def _without_withdrawn(event: Event, encounter: Resource) -> Resource:
    """Return the Encounter without what the event says is no longer so."""
    if event is Event.DISCHARGE_READY_WITHDRAWN:
        url = extension_url("discharge-ready")
        kept = [e for e in encounter.get("extension", ()) if e.get("url") != url]
        return encounter | {"extension": kept}
    if event is Event.DISCHARGE_CANCELLED:
        period = encounter.get("period", {})
        return encounter | {"period": {k: v for k, v in period.items() if k != "end"}}
    return encounter


def _provider(organization: Resource, sender: Party) -> Resource:
    """Return the Organization that provides the care, under the id that its HSA-id gives."""
    hsa = organization_id(organization) or sender.organization
    return organization | {"resourceType": "Organization", "id": new_id("organization", hsa)}


def _provenance(provenance: Resource | None, content: str) -> list[Resource]:
    if provenance is None:
        return []
    return [provenance | {"id": new_id(content, "translation"), "target": [reference(content)]}]


def _reason(event: Event, code: str, text: str) -> Resource:
    """Return MessageHeader.reason: of an ending always, of another event where one is given."""
    own = event_names.ended(code) or (
        event_names.swedish(event) if event is Event.PROCESS_ENDED else ""
    )
    reason = ended_reason(code, text or own)
    return {"reason": reason} if reason else {}


def _with_concerns(bundle: Bundle, content: str) -> Bundle:
    if not content:
        return bundle
    named = extension("concerns", "Identifier", {"system": MESSAGE_ID, "value": content})
    return with_header(bundle, extension=[*header(bundle)["extension"], named])
