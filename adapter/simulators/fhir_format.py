"""FHIR R4 messages as an independent vendor writes and reads them (docs/message.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from adapter.fhir.canonical import BASE, CASE_ID, EVENT, HSA, MESSAGE_ID, MUNICIPALITY
from adapter.simulators import fhir_planning, fhir_stay
from adapter.simulators.fhir_plan import care_plan
from adapter.simulators.messages import (
    Draft,
    Organisation,
    OutgoingMessage,
    Person,
    ReceivedMessage,
)
from adapter.simulators.published_constants import RECEIPT

Json = dict[str, Any]
_PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"


class FhirFormat:
    """Writes messages from `me`, and reads messages from any sender."""

    content_type = "application/fhir+json"

    def __init__(self, me: Organisation) -> None:
        self.me = me

    def read(self, body: bytes) -> ReceivedMessage:
        """Read a message. ValueError when it cannot be read."""
        try:
            return _received(json.loads(body))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"not a message: {type(error).__name__}") from error

    def receipt(self, message: ReceivedMessage, code: str, at: datetime) -> OutgoingMessage:
        """Write the receipt for a message; where it is not ok, an OperationOutcome says why."""
        outcome = [_outcome(code)] if code != "ok" else []
        response: Json = {"identifier": message.content_id, "code": code}
        if outcome:
            response["details"] = _reference(outcome[0])
        to = Organisation(hsa=message.sender, name="")
        head = self._header(RECEIPT, str(uuid4()), message.case, (to,), at)
        return _outgoing([head | {"response": response}, *outcome, *self._organizations((to,))], at)

    def write(self, draft: Draft) -> OutgoingMessage:
        """Write a message of the party's own."""
        patient = _patient(draft.person) | fhir_stay.death(draft.stay)
        focus, *linked = self._focus(draft, patient)
        head = self._header(draft.event, draft.content_id, draft.case, draft.to, draft.at)
        parts = [
            head | {"focus": [_reference(focus)]},
            focus,
            patient,
            *linked,
            *self._organizations(draft.to),
        ]
        return _outgoing(parts, draft.at)

    def _focus(self, draft: Draft, patient: Json) -> list[Json]:
        """Return the focus, and what it refers to."""
        if draft.stay:
            return [fhir_stay.encounter(draft, patient, _organization(self.me))]
        if draft.planning:
            written = fhir_planning.resource(draft, _reference(patient), self.me)
            return [{"id": str(uuid4())} | written]
        if draft.event == "care-plan":
            return care_plan(draft, _reference(patient), self.me)
        return [_FOCUS[draft.event](draft, patient, _organization(self.me))]

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
            **_non_empty(destination=[_destination(each) for each in to]),
            "sender": _reference(_organization(self.me)),
            "source": {"endpoint": f"urn:hsa:{self.me.hsa}"},
        }

    def _organizations(self, to: Iterable[Organisation]) -> list[Json]:
        return [_organization(each) for each in (self.me, *to)]


def _extension(name: str) -> str:
    return f"{BASE}/StructureDefinition/{name}"


def _reference(resource: Json) -> Json:
    return {"reference": f"urn:uuid:{resource['id']}"}


def _destination(party: Organisation) -> Json:
    return {"endpoint": f"urn:hsa:{party.hsa}", "receiver": _reference(_organization(party))}


def _outgoing(parts: list[Json], at: datetime) -> OutgoingMessage:
    bundle: Json = {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "type": "message",
        "timestamp": at.isoformat(),
        "entry": [{"fullUrl": f"urn:uuid:{p['id']}", "resource": p} for p in parts],
    }
    body = json.dumps(bundle, ensure_ascii=False).encode()
    return OutgoingMessage.of(_received(bundle), body)


def _organization(party: Organisation) -> Json:
    organization: Json = {
        "resourceType": "Organization",
        "id": str(uuid5(NAMESPACE_OID, party.hsa)),
        "identifier": [{"system": HSA, "value": party.hsa}],
    }
    return organization | ({"name": party.name} if party.name else {})


def _hsa(organization: Json) -> str:
    return str(organization["identifier"][0]["value"])


def _patient(person: Person) -> Json:
    coding = {"system": MUNICIPALITY, "code": person.municipality}
    local = [{"url": _extension("municipality"), "valueCoding": coding}]
    where = _non_empty(
        line=[person.street] if person.street else [],
        postalCode=person.postcode,
        city=person.city,
        extension=local if person.municipality else [],
    )
    return {
        "resourceType": "Patient",
        "id": str(uuid4()),
        "identifier": [{"system": _PERSONNUMMER, "value": person.number}],
        "name": [_non_empty(family=person.family, given=person.given.split())],
        **_non_empty(address=[{"use": "home"} | where] if where else []),
    }


def _non_empty(**members: Any) -> Json:
    """Return the members that have a value: FHIR allows no empty text, list or object."""
    return {name: value for name, value in members.items() if value}


def _outcome(code: str) -> Json:
    kind = "processing" if code == "fatal-error" else "transient"
    issue = {"severity": "error", "code": kind, "diagnostics": "simulated fault"}
    return {"resourceType": "OperationOutcome", "id": str(uuid4()), "issue": [issue]}


def _communication(draft: Draft, patient: Json, me: Json) -> Json:
    communication: Json = {
        "resourceType": "Communication",
        "id": str(uuid4()),
        "status": "completed",
        "subject": _reference(patient),
        "sent": draft.at.isoformat(),
        "recipient": [_reference(_organization(each)) for each in draft.to],
        "sender": _reference(me),
        "payload": [{"contentString": draft.text}],
    }
    return communication | ({"inResponseTo": [_earlier(draft.about)]} if draft.about else {})


def _task(draft: Draft, patient: Json, me: Json) -> Json:
    return {
        "resourceType": "Task",
        "id": str(uuid4()),
        "status": draft.code,
        "intent": "order",
        "focus": _earlier(draft.about),
        "for": _reference(patient),
        "lastModified": draft.at.isoformat(),
        "owner": _reference(me),
    }


def _earlier(content_id: str) -> Json:
    return {"identifier": {"system": MESSAGE_ID, "value": content_id}}


_FOCUS = {
    "message": _communication,
    "reply": _communication,
    "answer": _task,
}


def _received(bundle: Json) -> ReceivedMessage:
    parts = [e["resource"] for e in bundle["entry"]]
    head = parts[0]
    names = [e["valueIdentifier"]["value"] for e in _named(head, "case")]
    about, code = _about(head, _focus(bundle, head))
    return ReceivedMessage(
        event=head["eventCoding"]["code"],
        content_id=head["id"],
        envelope_id=bundle["id"],
        sender=_resolved(bundle, head["sender"])["identifier"][0]["value"],
        case=next(iter(names), ""),
        about=about,
        code=code,
        person=next((_person(p) for p in parts if p["resourceType"] == "Patient"), None),
        stay=fhir_stay.told(parts, _focus(bundle, head)),
        reason=fhir_stay.ended_reason(head),
        recalled=_recalled(head, _focus(bundle, head)),
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


def _about(head: Json, focus: Json) -> tuple[str, str]:
    """Return the content id that the message is about, and the code of a receipt or an answer."""
    if "response" in head:
        return head["response"]["identifier"], head["response"]["code"]
    earlier = [focus.get("focus", {}), *focus.get("inResponseTo", ())]
    about = next((e["identifier"]["value"] for e in earlier if "identifier" in e), "")
    return about, focus.get("status", "") if about else ""


def _recalled(head: Json, focus: Json) -> tuple[str, ...]:
    """Return the content ids that a recall is about; none for another event."""
    if head["eventCoding"]["code"] != "recall":
        return ()
    return tuple(each["identifier"]["value"] for each in focus["about"])


def _person(patient: Json) -> Person:
    name = patient.get("name", [{}])[0]
    home: Json = next(iter(patient.get("address", ())), {})
    codes = [e["valueCoding"]["code"] for e in _named(home, "municipality")]
    numbers = patient.get("identifier", ())
    return Person(
        number=next((i["value"] for i in numbers if i.get("use") != "old"), ""),
        family=name.get("family", ""),
        given=" ".join(name.get("given", ())),
        street=next(iter(home.get("line", ())), home.get("text", "")),
        postcode=home.get("postalCode", ""),
        city=home.get("city", ""),
        municipality=next(iter(codes), ""),
        old_number=next((i["value"] for i in numbers if i.get("use") == "old"), ""),
        protection=tuple(label["code"] for label in patient.get("meta", {}).get("security", ())),
    )
