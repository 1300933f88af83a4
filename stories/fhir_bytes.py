"""FHIR message Bundles as a vendor writes them (docs/message.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from stories.people import Address, Number
from stories.truth import Assessment, Discharge, Ward
from stories.world import Party

BASE = "https://careplan-adapter.example/fhir"
HSA = "urn:oid:1.2.752.29.4.19"
KOMMUN = "urn:oid:1.2.752.129.2.2.1.17"
LABELS = "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel"
ACT_CODES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DISPOSITIONS = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
PLAN_TYPES = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"
CONTENT_TYPE = "application/fhir+json"
NUMBER_SYSTEMS = {
    "pnr": "http://electronichealth.se/identifier/personnummer",
    "snr": "http://electronichealth.se/identifier/samordningsnummer",
    "lma": "http://electronichealth.se/identifier/LMA-nummer",
    "reserve": "urn:oid:1.2.752.97.3.1.3",
}
Json = dict[str, Any]
_STATUS = {"leave-started": "onleave", "discharged": "finished", "deceased": "finished"}


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
        entries.append(_patient(draft))
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


def _extension(name: str, kind: str, value: Any) -> Json:
    return {"url": f"{BASE}/StructureDefinition/{name}", f"value{kind}": value}


def _header(draft: Draft) -> Json:
    extensions = [
        _extension("case", "Identifier", {"system": f"{BASE}/sid/case", "value": case})
        for case in draft.cases
    ]
    extensions.append(_extension("recorded", "Instant", draft.made.isoformat()))
    extensions += [
        _extension("deleted", "Code", _DELETED[name])
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
    match draft.event:
        case "receipt" | "person-updated":
            return None
        case "message" | "reply":
            return _communication(draft)
        case "care-plan":
            return _plan(draft)
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


def _plan(draft: Draft) -> Json:
    return _base(draft, "CarePlan") | {
        "identifier": [{"system": f"urn:stories:plan:{draft.sender.name}", "value": draft.code}],
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": PLAN_TYPES, "code": "SIP"}]}],
        "title": draft.text,
        "subject": _ref(draft, "patient"),
    }


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
    extensions = [
        _extension(name, "DateTime", _moment(says[key]))
        for name, key in (("planned-discharge", "planned"), ("discharge-ready", "ready"))
        if says.get(key)
    ]
    if says.get("leave"):
        extensions.append(_extension("leave", "Period", _period(*says["leave"])))
    if says.get("assessment"):
        extensions.append(_assessment(says["assessment"]))
    encounter = _base(draft, "Encounter") | {
        "status": _STATUS.get(draft.event, "in-progress"),
        "class": {"system": ACT_CODES, "code": says.get("class", "IMP")},
        "subject": _ref(draft, "patient"),
        "serviceProvider": _ref(draft, draft.sender.organization),
    }
    if draft.event == "admission-cancelled":
        encounter["status"] = "entered-in-error"
    if draft.cases:
        visit = draft.cases[0].partition("/")[2]
        encounter["identifier"] = [{"system": f"{BASE}/sid/visit", "value": visit}]
    discharge: Discharge | None = says.get("discharged")
    encounter |= _stay_period(says.get("admitted"), discharge)
    if discharge is not None:
        coding = [{"system": DISPOSITIONS, "code": discharge.to}]
        encounter["hospitalization"] = {"dischargeDisposition": {"coding": coding}}
    if extensions:
        encounter["extension"] = extensions
    ward: Ward | None = says.get("ward")
    if ward is not None:
        encounter["location"] = [{"location": {"display": ward.name}}]
    if "reason" in draft.secrets:
        encounter["reasonCode"] = [{"text": draft.secrets["reason"]}]
    return encounter


def _stay_period(admitted: datetime | None, discharge: Discharge | None) -> Json:
    period = _period(admitted, discharge.at if discharge else None)
    return {"period": period} if period else {}


def _period(start: datetime | None, end: datetime | None) -> Json:
    return {name: t.isoformat() for name, t in (("start", start), ("end", end)) if t}


def _moment(value: date | datetime) -> str:
    return value.isoformat()


def _assessment(assessment: Assessment) -> Json:
    parts = [{"url": "need", "valueCode": str(need)} for need in sorted(assessment.needs)]
    parts.append({"url": "assessed", "valueDateTime": assessment.at.isoformat()})
    parts += [
        {"url": "unit", "valueIdentifier": {"system": HSA, "value": unit}}
        for unit in assessment.units
    ]
    if assessment.withdrawn:
        parts.append({"url": "withdrawn", "valueBoolean": True})
    return {"url": f"{BASE}/StructureDefinition/assessment", "extension": parts}


def _patient(draft: Draft) -> Json:
    says = draft.says
    patient: Json = {"resourceType": "Patient", "id": _id(draft, "patient")}
    if draft.number is not None:
        patient["identifier"] = [_number(draft.number)]
    if says.get("old"):
        patient["identifier"].append({"use": "old"} | _number(says["old"]))
    if says.get("name"):
        family, given = says["name"]
        patient["name"] = [{"family": family, "given": [given]}]
    if draft.born:
        patient["birthDate"] = draft.born.isoformat()
    if says.get("address"):
        patient["address"] = [_address(a) for a in says["address"]]
    if says.get("listed"):
        patient["generalPractitioner"] = [{"identifier": {"system": HSA, "value": says["listed"]}}]
    if says.get("protection"):
        patient["meta"] = {"security": [_label(says["protection"])]}
    dead = says.get("deceased")
    if dead is not None:
        patient |= {"deceasedDateTime": dead.isoformat()} if dead else {"deceasedBoolean": False}
    return patient


def _label(level: str) -> Json:
    system = f"{BASE}/CodeSystem/protection" if level == "none" else LABELS
    return {"system": system, "code": level}


def _number(number: Number) -> Json:
    return {"system": NUMBER_SYSTEMS[number.kind], "value": number.value}


def _address(a: Address) -> Json:
    address: Json = {"use": "home" if a.kind == "H" else "temp", "line": [a.street]}
    address |= {"city": a.city, "postalCode": a.postcode}
    if a.kommun:
        coding = {"system": KOMMUN, "code": a.kommun}
        address["extension"] = [_extension("municipality", "Coding", coding)]
    period = _period(a.since, a.until)
    return address | ({"period": period} if period else {})


def _organization(draft: Draft, hsa: str) -> Json:
    return {
        "resourceType": "Organization",
        "id": _id(draft, hsa),
        "identifier": [{"system": HSA, "value": hsa}],
    }
