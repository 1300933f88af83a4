"""The resources of planning as a vendor writes them: contacts, invitations, basis, recall."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stories.fhir_parts import BASE, HSA, Json, extension
from stories.world import Party

PLAN_TYPES = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"
_CONTACTS = "https://fhir.inera.se/ig/careteam/CodeSystem/typ-av-careteam-cs"
_CONTACT_KINDS = (
    "https://terminologitjansten.inera.se/inera-kodverksforvaltning/kodverk/kv_typ_av_fast_kontakt"
)
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an event of planning says. `mark` is its text; `code` names the thing (plan, K-…)."""

    event: str
    sender: Party
    made: datetime
    patient: Json  # a Reference
    to: Sequence[str]  # HSA-ids
    mark: str
    code: str
    version: int = 1
    about: str = ""  # the message recalled
    consent: Json | None = None  # a Reference to the Consent in the message


def focus(said: Said) -> Json:
    """Return the focus, without its id."""
    return _FOCUS[said.event](said)


def _unit(hsa: str, kind: str = "HealthcareService") -> Json:
    return {"type": kind, "identifier": {"system": HSA, "value": hsa}}


def _identifier(said: Said) -> Json:
    return {"system": "urn:stories:planning", "value": said.code}


def _contact(said: Said) -> Json:
    role = {"coding": [{"system": _CONTACT_KINDS, "code": "1"}]}
    return {
        "resourceType": "CareTeam",
        "identifier": [_identifier(said)],
        "status": "active",
        "category": [{"coding": [{"system": _CONTACTS, "code": "fast-kontakt"}]}],
        "subject": said.patient,
        "period": {"start": said.made.date().isoformat()},
        "participant": [{"role": [role], "member": {"reference": "urn:uuid:" + PERSON}}],
        "managingOrganization": [_unit(said.sender.organization, "Organization")],
        "note": [{"text": said.mark}],
    }


PERSON = "5b0d3a2e-1c5f-4c11-9a44-2a2f0c9d1e01"
_NURSE = "5b0d3a2e-1c5f-4c11-9a44-2a2f0c9d1e02"
"""The ids of the one who is the contact, as employed and as a person, in each such message."""


def contact_person(sender: Party) -> list[Json]:
    """Return the nurse at a sender's unit."""
    role = {
        "resourceType": "PractitionerRole",
        "id": PERSON,
        "practitioner": {"reference": "urn:uuid:" + _NURSE},
        "organization": _unit(sender.organization, "Organization"),
        "code": [{"text": "Distriktssköterska"}],
    }
    name = {"family": "Lindqvist", "given": ["Anna"]}
    return [role, {"resourceType": "Practitioner", "id": _NURSE, "name": [name]}]


def _invitation(said: Said) -> Json:
    begins = (said.made + timedelta(days=2)).replace(microsecond=0)
    caller = {"coding": [{"system": _PARTICIPATION, "code": "PPRF"}]}
    cancelled = said.event == "sip-invitation-cancelled"
    appointment: Json = {
        "resourceType": "Appointment",
        "extension": [extension("version", "PositiveInt", said.version)],
        "identifier": [_identifier(said)],
        "status": "cancelled" if cancelled else "booked",
        "description": said.mark,
        "start": begins.isoformat(),
        "end": (begins + timedelta(hours=1)).isoformat(),
        "participant": [
            {"type": [caller], "actor": _unit(said.sender.organization), "status": "accepted"},
            *(_invited(hsa) for hsa in said.to),
            {"actor": said.patient, "status": "accepted"},
        ],
    }
    if cancelled:
        appointment["cancelationReason"] = {"text": said.mark}
    if said.consent:
        appointment["supportingInformation"] = [said.consent]
    return appointment


def _invited(hsa: str) -> Json:
    principal = "municipality" if hsa.startswith("SE2120") else "region"
    return {
        "extension": [extension("principal", "Code", principal)],
        "actor": _unit(hsa),
        "required": "required",
        "status": "needs-action",
    }


def _invitation_answer(said: Said) -> Json:
    return {
        "resourceType": "AppointmentResponse",
        "extension": [extension("version", "PositiveInt", said.version)],
        "identifier": [_identifier(said)],
        "appointment": {"identifier": _identifier(said)},
        "actor": _unit(said.sender.organization),
        "participantStatus": "declined",
        "comment": said.mark,
    }


def _communication(said: Said) -> Json:
    return {
        "resourceType": "Communication",
        "status": "completed",
        "subject": said.patient,
        "sent": said.made.isoformat(),
        "sender": _unit(said.sender.organization, "Organization"),
    }


def _kind(system: str, code: str) -> Json:
    return {"category": [{"coding": [{"system": f"{BASE}/CodeSystem/{system}", "code": code}]}]}


def _basis(said: Said) -> Json:
    about = {"about": [said.consent]} if said.consent else {}
    return (
        _communication(said)
        | _kind("basis-kind", "admission-information")
        | about
        | {
            "extension": [extension("basis-status", "Code", "preliminary")],
            "payload": [{"contentString": said.mark}],
        }
    )


def _transfer(said: Said) -> Json:
    summary = {"extension": [extension("section", "Code", "summary")], "contentString": said.mark}
    return (
        _communication(said)
        | _kind("communication-kind", "information-transfer")
        | {
            "extension": [extension("discharged", "DateTime", said.made.isoformat())],
            "payload": [summary],
        }
    )


def _recall(said: Said) -> Json:
    reason = {"system": f"{BASE}/CodeSystem/recall", "code": "wrong-content"}
    earlier = {"system": f"{BASE}/sid/message", "value": said.about}
    return _communication(said) | {
        "status": "entered-in-error",
        "extension": [extension("asked", "Code", "mark")],
        "statusReason": {"coding": [reason], "text": said.mark},
        "about": [{"identifier": earlier}],
    }


def _plan(said: Said) -> Json:
    return {
        "resourceType": "CarePlan",
        "extension": [extension("version", "PositiveInt", said.version)],
        "identifier": [_identifier(said)],
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": PLAN_TYPES, "code": "SIP"}]}],
        "subject": said.patient,
    }


def _care_plan(said: Said) -> Json:
    plan = _plan(said)
    plan["extension"].append(extension("main-responsible", "Code", "municipality"))
    who = _unit([*said.to, said.sender.organization][0])
    effort = {"status": "scheduled", "description": "Hemtjänst", "performer": [who]}
    detail = {"extension": [extension("principal", "Code", "municipality")]} | effort
    return plan | {"title": said.mark, "activity": [{"id": "e1", "detail": detail}]}


def _progress(said: Said) -> Json:
    progress = {"time": said.made.isoformat(), "text": said.mark}
    detail = {"status": "in-progress", "description": "Hemtjänst"}
    return _plan(said) | {"activity": [{"id": "e1", "progress": [progress], "detail": detail}]}


_FOCUS: Mapping[str, Callable[[Said], Json]] = {
    "care-contact": _contact,
    "sip-invitation": _invitation,
    "sip-invitation-changed": _invitation,
    "sip-invitation-cancelled": _invitation,
    "sip-invitation-answer": _invitation_answer,
    "planning-basis": _basis,
    "information-transfer": _transfer,
    "care-plan": _care_plan,
    "progress": _progress,
    "recall": _recall,
}
EVENTS = frozenset(_FOCUS)
"""The events that this module writes."""
