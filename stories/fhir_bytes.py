"""FHIR message Bundles as a vendor writes them (docs/message.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from stories import fhir_planning
from stories.fhir_consents import consents
from stories.fhir_parts import BASE, HSA, Json, extension, patient, period
from stories.people import Number
from stories.truth import Assessment, Discharge, Ward
from stories.world import Party

ACT_CODES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DISPOSITIONS = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
CONTENT_TYPE = "application/fhir+json"
_STATUS = {
    "leave-started": "onleave",
    "discharged": "finished",
    "deceased": "finished",
    "admission-cancelled": "entered-in-error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a party writes. `says` as in `truth.Word`; `extra` is what depends on the event."""

    content: str
    event: str
    sender: Party
    made: datetime
    cases: Sequence[str] = ()
    to: Sequence[str] = ()  # HSA-ids
    number: Number | None = None
    born: date | None = None
    says: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    about: str = ""
    code: str = ""
    version: int = 1  # of an invitation or a plan
    reason: str = ""


def content_id(*parts: object) -> str:
    """Return a content id that follows from the parts."""
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, parts))))


def write(draft: Draft) -> bytes:
    """Return the message in UTF-8."""
    entries = [_header(draft)]
    focus = _focus(draft)
    if focus is not None:
        entries.append(focus)
    if draft.event != "receipt":
        person = patient(_id(draft, "patient"), draft.number, draft.born, draft.says)
        entries.append(person)
    if draft.event == "care-contact":
        entries += fhir_planning.contact_person(draft.sender)
    said = consents(draft.says, draft.made, _ref(draft, "patient"))
    entries += [c | {"id": _id(draft, f"consent {number}")} for number, c in enumerate(said)]
    entries += [_organization(draft, hsa) for hsa in (draft.sender.organization, *draft.to)]
    bundle = {
        "resourceType": "Bundle",
        "id": content_id(draft.content, "envelope"),
        "type": "message",
        "timestamp": draft.made.isoformat(),
        "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in entries],
    }
    return json.dumps(bundle, ensure_ascii=False).encode()


def _id(draft: Draft, what: str) -> str:
    return content_id(draft.content, what)


def _ref(draft: Draft, what: str) -> Json:
    return {"reference": f"urn:uuid:{_id(draft, what)}"}


def _header(draft: Draft) -> Json:
    extensions = [
        extension("case", "Identifier", {"system": f"{BASE}/sid/case", "value": case})
        for case in draft.cases
    ]
    extensions.append(extension("recorded", "Instant", draft.made.isoformat()))
    extensions += [
        extension("deleted", "Code", _DELETED[name])
        for name, value in draft.says.items()
        if value is None and name in _DELETED
    ]
    header: Json = {
        "resourceType": "MessageHeader",
        "id": draft.content,
        "extension": extensions,
        "eventCoding": {"system": f"{BASE}/CodeSystem/event", "code": draft.event},
        "sender": _ref(draft, draft.sender.organization),
        "source": {"endpoint": f"urn:stories:{draft.sender.name}"},
    }
    if draft.to:
        header["destination"] = [
            {"endpoint": f"urn:stories:{hsa}", "receiver": _ref(draft, hsa)} for hsa in draft.to
        ]
    if draft.event == "receipt":
        header["response"] = {"identifier": draft.about, "code": draft.code}
    else:
        header["focus"] = [_ref(draft, "focus")]
    if draft.event == "person-updated":
        header["focus"] = [_ref(draft, "patient")]
    if draft.reason:
        header["reason"] = {"text": draft.reason}
    return header


_DELETED = {
    "planned": "planned-discharge",
    "ready": "discharge-ready",
    "leave": "leave",
    "ward": "ward",
    "address": "address",
    "name": "name",
    "admitted": "admitted",
    "listed": "listed",
}


def _focus(draft: Draft) -> Json | None:
    if draft.event in fhir_planning.EVENTS:
        return _planning(draft)
    match draft.event:
        case "receipt" | "person-updated":
            return None
        case "message" | "reply":
            return _communication(draft)
        case "answer":
            return _task(draft)
    return _encounter(draft)


def _base(draft: Draft, type_: str) -> Json:
    return {"resourceType": type_, "id": _id(draft, "focus")}


def _communication(draft: Draft) -> Json:
    body = _base(draft, "Communication") | {
        "status": "completed",
        "subject": _ref(draft, "patient"),
        "sender": _ref(draft, draft.sender.organization),
        "sent": draft.made.isoformat(),
        "payload": [{"contentString": draft.text}],
    }
    if draft.event == "reply":
        body["inResponseTo"] = [{"identifier": _message(draft.about)}]
    return body


def _message(about: str) -> Json:
    return {"system": f"{BASE}/sid/message", "value": about}


def _planning(draft: Draft) -> Json:
    said = fhir_planning.Said(
        event=draft.event,
        sender=draft.sender,
        made=draft.made,
        patient=_ref(draft, "patient"),
        to=draft.to,
        mark=draft.text,
        code=draft.code,
        version=draft.version,
        about=draft.about,
        consent=_ref(draft, "consent 0") if "consent" in draft.says else None,
    )
    return fhir_planning.focus(said) | {"id": _id(draft, "focus")}


def _task(draft: Draft) -> Json:
    task = _base(draft, "Task") | {
        "status": draft.code,
        "intent": "order",
        "for": _ref(draft, "patient"),
        "focus": {"identifier": _message(draft.about)},
        "owner": _ref(draft, draft.sender.organization),
        "lastModified": draft.made.isoformat(),
    }
    if draft.text:
        task["statusReason"] = {"text": draft.text}
    return task


def _encounter(draft: Draft) -> Json:
    says = draft.says
    encounter = _base(draft, "Encounter") | {
        "status": _STATUS.get(draft.event, "in-progress"),
        "class": {"system": ACT_CODES, "code": says.get("class", "IMP")},
        "subject": _ref(draft, "patient"),
        "serviceProvider": _ref(draft, draft.sender.organization),
    }
    if draft.cases:
        visit = draft.cases[0].partition("/")[2]
        encounter["identifier"] = [{"system": f"{BASE}/sid/visit", "value": visit}]
    discharge: Discharge | None = says.get("discharged")
    encounter |= _stay_period(says.get("admitted"), discharge)
    if discharge is not None:
        coding = [{"system": DISPOSITIONS, "code": discharge.to}]
        encounter["hospitalization"] = {"dischargeDisposition": {"coding": coding}}
    if extensions := _stay_extensions(says):
        encounter["extension"] = extensions
    ward: Ward | None = says.get("ward")
    if ward is not None:
        encounter["location"] = [{"location": {"display": ward.name}}]
    if "reason" in draft.secrets:
        encounter["reasonCode"] = [{"text": draft.secrets["reason"]}]
    return encounter


def _stay_extensions(says: Mapping[str, Any]) -> list[Json]:
    extensions = [
        extension(name, "DateTime", _moment(says[key]))
        for name, key in (("planned-discharge", "planned"), ("discharge-ready", "ready"))
        if says.get(key)
    ]
    if says.get("leave"):
        extensions.append(extension("leave", "Period", period(*says["leave"])))
    if says.get("assessment"):
        extensions.append(_assessment(says["assessment"]))
    return extensions


def _stay_period(admitted: datetime | None, discharge: Discharge | None) -> Json:
    stay = period(admitted, discharge.at if discharge else None)
    return {"period": stay} if stay else {}


def _moment(value: date | datetime) -> str:
    return value.isoformat()


def _assessment(assessment: Assessment) -> Json:
    parts: list[Json] = [
        {"url": "need", "valueCode": str(need)} for need in sorted(assessment.needs)
    ]
    parts.append({"url": "assessed", "valueDateTime": assessment.at.isoformat()})
    parts += [
        {"url": "unit", "valueIdentifier": {"system": HSA, "value": unit}}
        for unit in assessment.units
    ]
    if assessment.withdrawn:
        parts.append({"url": "withdrawn", "valueBoolean": True})
    return {"url": f"{BASE}/StructureDefinition/assessment", "extension": parts}


def _organization(draft: Draft, hsa: str) -> Json:
    return {
        "resourceType": "Organization",
        "id": _id(draft, hsa),
        "identifier": [{"system": HSA, "value": hsa}],
    }
