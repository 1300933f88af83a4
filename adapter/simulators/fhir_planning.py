"""Invitations, discharge information, progress and recalls as a vendor writes them in FHIR.

docs/message.md, "The events of planning". A unit is a logical reference, by its HSA-id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from adapter.fhir.canonical import BASE, HSA, MESSAGE_ID
from adapter.simulators.messages import (
    DischargeInformation,
    Draft,
    Invitation,
    InvitationAnswer,
    Organisation,
    Progress,
    Recall,
)

Json = dict[str, Any]
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_REGION = "SE232100"  # how the HSA-ids of regions begin


def extension(name: str, kind: str, value: Any) -> Json:
    """Return an extension of ours."""
    return {"url": f"{BASE}/StructureDefinition/{name}", f"value{kind}": value}


def unit(organisation: Organisation, kind: str = "HealthcareService") -> Json:
    """Return a logical reference to a unit."""
    identifier = {"system": HSA, "value": organisation.hsa}
    return {"type": kind, "identifier": identifier, "display": organisation.name}


def principal(organisation: Organisation) -> str:
    """Return the code of who answers for a unit (huvudman)."""
    return "region" if organisation.hsa.startswith(_REGION) else "municipality"


def number(kind: str, hsa: str, value: str) -> Json:
    """Return the identifier of a plan or an invitation, in its author's own system."""
    return {"system": f"urn:hsa:{hsa}:{kind}", "value": value}


def follow_up(date: str, text: str, responsible: Organisation) -> Json:
    """Return the extension that says when and by whom the plan is followed up."""
    parts = [
        {"url": "date", "valueDateTime": date},
        {"url": "text", "valueString": text},
        {"url": "responsible", "valueReference": unit(responsible, "Organization")},
    ]
    return {"url": f"{BASE}/StructureDefinition/follow-up", "extension": parts}


def resource(draft: Draft, patient: Json, me: Organisation) -> Json:
    """Return the focus of a draft, without its id; `patient` is a Reference. KeyError for none."""
    return _WRITERS[type(draft.planning)](draft.planning, draft, patient, me)


def _appointment(said: Invitation, draft: Draft, patient: Json, me: Organisation) -> Json:
    caller = {"coding": [{"system": _PARTICIPATION, "code": "PPRF"}]}
    return {
        "resourceType": "Appointment",
        "extension": [
            extension("version", "PositiveInt", said.version),
            extension("meeting-form", "Code", "physical"),
        ],
        "identifier": [number("invitation", me.hsa, said.id)],
        "status": "booked",
        "description": said.question,
        "start": said.start.isoformat(),
        "end": said.end.isoformat(),
        "created": draft.at.isoformat(),
        "comment": said.place,
        "participant": [
            {"type": [caller], "actor": unit(said.caller), "status": "accepted"},
            *(_invited(each) for each in said.invited),
            {"actor": patient, "status": "accepted"},
        ],
    }


def _invited(organisation: Organisation) -> Json:
    return {
        "extension": [extension("principal", "Code", principal(organisation))],
        "actor": unit(organisation),
        "required": "required",
        "status": "needs-action",
    }


def _answer(said: InvitationAnswer, draft: Draft, _patient: Json, me: Organisation) -> Json:
    own = number("invitation", draft.to[0].hsa, said.id)
    other = [extension("other-time", "Period", p) for p in _periods(said)]
    return {
        "resourceType": "AppointmentResponse",
        "extension": [extension("version", "PositiveInt", said.version), *other],
        "identifier": [own],
        "appointment": {"identifier": own},
        "actor": unit(me),
        "participantStatus": said.code,
        **({"comment": said.comment} if said.comment else {}),
    }


def _periods(said: InvitationAnswer) -> Iterable[Json]:
    if said.other_start:
        end = {"end": said.other_end.isoformat()} if said.other_end else {}
        yield {"start": said.other_start.isoformat()} | end


def _communication(at: datetime, patient: Json, me: Organisation) -> Json:
    return {
        "resourceType": "Communication",
        "status": "completed",
        "subject": patient,
        "sent": at.isoformat(),
        "sender": unit(me, "Organization"),
    }


def _transfer(said: DischargeInformation, draft: Draft, patient: Json, me: Organisation) -> Json:
    kind = {"system": f"{BASE}/CodeSystem/communication-kind", "code": "information-transfer"}
    payload = [
        {"extension": [extension("section", "Code", section)], "contentString": text}
        for section, text in said.sections.items()
    ]
    return _communication(draft.at, patient, me) | {
        "extension": [extension("discharged", "DateTime", said.discharged.isoformat())],
        "category": [{"coding": [kind]}],
        "payload": payload,
    }


def _progress(said: Progress, draft: Draft, patient: Json, me: Organisation) -> Json:
    done = {"time": draft.at.isoformat(), "authorString": me.name, "text": said.text}
    detail = {"status": "in-progress", "description": said.effort.text}
    sip = {"system": "https://fhir.inera.se/CodeSystem/typeofcareplan-cs", "code": "SIP"}
    return {
        "resourceType": "CarePlan",
        "extension": [extension("version", "PositiveInt", said.plan.version)],
        "identifier": [number("plan", draft.to[0].hsa, said.plan.id)],
        "status": said.plan.status,
        "intent": "plan",
        "category": [{"coding": [sip]}],
        "subject": patient,
        "activity": [{"id": said.effort.id, "progress": [done], "detail": detail}],
    }


def _recall(said: Recall, draft: Draft, patient: Json, me: Organisation) -> Json:
    reason = {"system": f"{BASE}/CodeSystem/recall", "code": "wrong-receiver"}
    return _communication(draft.at, patient, me) | {
        "status": "entered-in-error",
        "extension": [extension("asked", "Code", "mark")],
        "statusReason": {"coding": [reason], "text": said.reason},
        "about": [{"identifier": {"system": MESSAGE_ID, "value": id_}} for id_ in said.messages],
    }


_WRITERS: Mapping[type, Callable[[Any, Draft, Json, Organisation], Json]] = {
    Invitation: _appointment,
    InvitationAnswer: _answer,
    DischargeInformation: _transfer,
    Progress: _progress,
    Recall: _recall,
}
