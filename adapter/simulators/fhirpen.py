"""FHIR R4 messages as an independent vendor writes and reads them (docs/message.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from adapter.simulators.letters import Draft, Letter, Organisation, Outgoing, Person, Plan
from adapter.simulators.words import (
    BASE,
    CASE_ID,
    EVENT,
    HSA,
    MESSAGE_ID,
    MUNICIPALITY,
    PERSONNUMMER,
    RECEIPT,
)

Json = dict[str, Any]
_PLAN_TYPE = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"


class FhirPen:
    """Writes as `me`, reads whoever wrote."""

    content_type = "application/fhir+json"

    def __init__(self, me: Organisation) -> None:
        self.me = me

    def read(self, body: bytes) -> Letter:
        """What came; ValueError when it is no message that we understand."""
        try:
            return _letter(json.loads(body))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"not a message: {type(error).__name__}") from error

    def receipt(self, letter: Letter, code: str, at: datetime) -> Outgoing:
        """The receipt for a message; where it is not ok, an OperationOutcome tells why."""
        outcome = [_outcome(code)] if code != "ok" else []
        response: Json = {"identifier": letter.content_id, "code": code}
        if outcome:
            response["details"] = _reference(outcome[0])
        to = Organisation(hsa=letter.sender, name="")
        head = self._header(RECEIPT, str(uuid4()), letter.case, (to,), at)
        return _outgoing([head | {"response": response}, *outcome, *self._everybody((to,))], at)

    def write(self, draft: Draft) -> Outgoing:
        """A message of our own."""
        patient = _patient(draft.person)
        focus = _FOCUS[draft.event](draft, patient, self.me)
        head = self._header(draft.event, draft.content_id, draft.case, draft.to, draft.at)
        parts = [head | {"focus": [_reference(focus)]}, focus, patient, *self._everybody(draft.to)]
        return _outgoing(parts, draft.at)

    def _header(
        self, event: str, content_id: str, case: str, to: Iterable[Organisation], at: datetime
    ) -> Json:
        named = [{"system": CASE_ID, "value": case}] if case else []
        return {
            "resourceType": "MessageHeader",
            "id": content_id,
            "extension": [
                *({"url": _extension("case"), "valueIdentifier": each} for each in named),
                {"url": _extension("recorded"), "valueInstant": at.isoformat()},
            ],
            "eventCoding": {"system": EVENT, "code": event},
            **_filled(destination=[_destination(each) for each in to]),
            "sender": _reference(_organization(self.me)),
            "source": {"name": self.me.name, "endpoint": f"urn:hsa:{self.me.hsa}"},
        }

    def _everybody(self, to: Iterable[Organisation]) -> list[Json]:
        return [_organization(each) for each in (self.me, *to)]


def _extension(name: str) -> str:
    return f"{BASE}/StructureDefinition/{name}"


def _reference(resource: Json) -> Json:
    return {"reference": f"urn:uuid:{resource['id']}"}


def _destination(party: Organisation) -> Json:
    return {"endpoint": f"urn:hsa:{party.hsa}", "receiver": _reference(_organization(party))}


def _outgoing(parts: list[Json], at: datetime) -> Outgoing:
    bundle: Json = {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "type": "message",
        "timestamp": at.isoformat(),
        "entry": [{"fullUrl": f"urn:uuid:{p['id']}", "resource": p} for p in parts],
    }
    letter = _letter(bundle)
    return Outgoing(
        event=letter.event,
        content_id=letter.content_id,
        envelope_id=letter.envelope_id,
        case=letter.case,
        about=letter.about,
        code=letter.code,
        body=json.dumps(bundle, ensure_ascii=False).encode(),
    )


def _organization(party: Organisation) -> Json:
    found: Json = {
        "resourceType": "Organization",
        "id": str(uuid5(NAMESPACE_OID, party.hsa)),
        "identifier": [{"system": HSA, "value": party.hsa}],
    }
    return found | ({"name": party.name} if party.name else {})


def _patient(person: Person) -> Json:
    coding = {"system": MUNICIPALITY, "code": person.municipality}
    local = [{"url": _extension("municipality"), "valueCoding": coding}]
    where = _filled(
        line=[person.street] if person.street else [],
        postalCode=person.postcode,
        city=person.city,
        extension=local if person.municipality else [],
    )
    return {
        "resourceType": "Patient",
        "id": str(uuid4()),
        "identifier": [{"system": PERSONNUMMER, "value": person.number}],
        "name": [_filled(family=person.family, given=person.given.split())],
        **_filled(address=[{"use": "home"} | where] if where else []),
    }


def _filled(**members: Any) -> Json:
    """Only what has a value: FHIR allows no empty text, list or object."""
    return {name: value for name, value in members.items() if value}


def _outcome(code: str) -> Json:
    kind = "processing" if code == "fatal-error" else "transient"
    issue = {"severity": "error", "code": kind, "diagnostics": "the simulated party was told to"}
    return {"resourceType": "OperationOutcome", "id": str(uuid4()), "issue": [issue]}


def _care_plan(draft: Draft, patient: Json, me: Organisation) -> Json:
    plan = draft.plan or Plan(id="", version=0, status="draft", title="", activities=())
    activities = [
        {"detail": {"status": "scheduled", "description": each}} for each in plan.activities
    ]
    return {
        "resourceType": "CarePlan",
        "id": str(uuid4()),
        "meta": {"versionId": str(plan.version)},
        "identifier": [{"system": f"urn:hsa:{me.hsa}:plan", "value": plan.id}],
        "status": plan.status,
        "intent": "plan",
        "category": [{"coding": [{"system": _PLAN_TYPE, "code": "SIP"}]}],
        "title": plan.title,
        "subject": _reference(patient),
        "created": draft.at.isoformat(),
        **_filled(activity=activities),
    }


def _communication(draft: Draft, patient: Json, me: Organisation) -> Json:
    found: Json = {
        "resourceType": "Communication",
        "id": str(uuid4()),
        "status": "completed",
        "subject": _reference(patient),
        "sent": draft.at.isoformat(),
        "recipient": [_reference(_organization(each)) for each in draft.to],
        "sender": _reference(_organization(me)),
        "payload": [{"contentString": draft.text}],
    }
    return found | ({"inResponseTo": [_earlier(draft.about)]} if draft.about else {})


def _task(draft: Draft, patient: Json, me: Organisation) -> Json:
    return {
        "resourceType": "Task",
        "id": str(uuid4()),
        "status": draft.code,
        "intent": "order",
        "focus": _earlier(draft.about),
        "for": _reference(patient),
        "lastModified": draft.at.isoformat(),
        "owner": _reference(_organization(me)),
    }


def _earlier(content_id: str) -> Json:
    return {"identifier": {"system": MESSAGE_ID, "value": content_id}}


_FOCUS = {
    "care-plan": _care_plan,
    "message": _communication,
    "reply": _communication,
    "answer": _task,
}


def _letter(bundle: Json) -> Letter:
    parts = [e["resource"] for e in bundle["entry"]]
    head = parts[0]
    names = [e["valueIdentifier"]["value"] for e in _named(head, "case")]
    about, code = _concern(head, _focus(bundle, head))
    return Letter(
        event=head["eventCoding"]["code"],
        content_id=head["id"],
        envelope_id=bundle["id"],
        sender=_resolved(bundle, head["sender"])["identifier"][0]["value"],
        case=next(iter(names), ""),
        about=about,
        code=code,
        person=next((_person(p) for p in parts if p["resourceType"] == "Patient"), None),
    )


def _named(resource: Json, name: str) -> list[Json]:
    return [e for e in resource.get("extension", ()) if e["url"] == _extension(name)]


def _focus(bundle: Json, head: Json) -> Json:
    return _resolved(bundle, head["focus"][0]) if "focus" in head else {}


def _resolved(bundle: Json, reference: Json) -> Json:
    wanted = reference["reference"]
    for entry in bundle["entry"]:
        resource: Json = entry["resource"]
        if wanted in (entry.get("fullUrl"), f"{resource['resourceType']}/{resource.get('id')}"):
            return resource
    raise KeyError(wanted)


def _concern(head: Json, focus: Json) -> tuple[str, str]:
    """What a receipt, an answer, a report or a reply speaks of, and what the first ones say."""
    if "response" in head:
        return head["response"]["identifier"], head["response"]["code"]
    earlier = [focus.get("focus", {}), *focus.get("inResponseTo", ())]
    about = next((e["identifier"]["value"] for e in earlier if "identifier" in e), "")
    return about, focus.get("status", "") if about else ""


def _person(patient: Json) -> Person:
    name = patient.get("name", [{}])[0]
    home: Json = next(iter(patient.get("address", ())), {})
    codes = [e["valueCoding"]["code"] for e in _named(home, "municipality")]
    return Person(
        number=next((i["value"] for i in patient.get("identifier", ())), ""),
        family=name.get("family", ""),
        given=" ".join(name.get("given", ())),
        street=next(iter(home.get("line", ())), ""),
        postcode=home.get("postalCode", ""),
        city=home.get("city", ""),
        municipality=next(iter(codes), ""),
    )
