"""Drafts of FHIR messages, as the parties of the tests send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, bundles, canonical, codec, rewriting
from adapter.fhir.builders import Party

HOSPITAL = Party(organization="SE2321000001-SUNDBY", endpoint="hospital")
PLANNING = Party(organization="SE2321000001-SIP", endpoint="planning")
LULEA = Party(organization="SE2120000002-LULEA", endpoint="lulea")
UMEA = Party(organization="SE2120000003-UMEA", endpoint="umea")
ADAPTER = Party(organization="SE0000000000-ADAPTER")
T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_REASONED = (Event.PROCESS_ENDED, Event.ADMISSION_CANCELLED)
CLASS = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"


def patient(*, protected: bool = False, municipality: str = "2580") -> dict[str, Any]:
    """Test person Tolvan Tolvansson, with an official test number."""
    coding = {"system": canonical.MUNICIPALITY, "code": municipality}
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001",
        "identifier": [{"system": PERSONNUMMER, "value": "195009072553"}],
        "name": [{"family": "Tolvansson", "given": ["Tolvan"]}],
        "gender": "male",
        "birthDate": "1950-09-07",
        "address": [
            {
                "use": "home",
                "line": ["Storgatan 1"],
                "city": "Luleå",
                "extension": [builders.extension("municipality", "Coding", coding)],
            }
        ],
    }
    label = {"system": canonical.SECURITY, "code": "sekretessmarkering"}
    return resource | ({"meta": {"security": [label]}} if protected else {})


def assessment(*needs: str, withdrawn: bool = False) -> dict[str, Any]:
    """The extension with the physician's assessment."""
    parts: list[dict[str, Any]] = [{"url": "need", "valueCode": need} for need in needs]
    parts.append({"url": "assessed", "valueDateTime": T0.isoformat()})
    if withdrawn:
        parts.append({"url": "withdrawn", "valueBoolean": True})
    return {"url": canonical.extension_url("assessment"), "extension": parts}


def stay(
    event: Event = Event.ADMISSION_NOTICE,
    *,
    sender: Party = HOSPITAL,
    visit: str = "V1",
    minutes: int = 0,
    needs: tuple[str, ...] = ("social-services",),
    status: str = "in-progress",
    planned: str = "2026-03-09T12:00:00+01:00",
    person: dict[str, Any] | None = None,
    receivers: tuple[Party, ...] = (),
    content: str = "",
    consents: tuple[dict[str, Any], ...] = (),
    **more: Any,
) -> Bundle:
    """A message about a stay, recorded so many minutes after T0."""
    extensions = [builders.extension("planned-discharge", "DateTime", planned)]
    if needs:
        extensions.append(assessment(*needs))
    extensions += more.pop("extensions", [])
    encounter = {
        "resourceType": "Encounter",
        "id": "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0002",
        "extension": extensions,
        "status": status,
        "class": CLASS,
        "subject": builders.reference("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001"),
        "period": {"start": T0.isoformat()},
        "serviceProvider": builders.reference(builders.new_id("organization", sender.organization)),
    } | more
    encounter = {name: value for name, value in encounter.items() if value}
    return enveloped(
        builders.message(
            event,
            content=content or str(uuid4()),
            sender=sender,
            receivers=receivers,
            focus=encounter,
            others=[person or patient(), *consents],
            cases=[f"{sender.organization}/{visit}"] if visit else [],
            recorded=T0 + timedelta(minutes=minutes),
            extra={"reason": {"text": "no efforts needed"}} if event in _REASONED else None,
        )
    )


def consent(category: str, status: str = "active", *barred: str) -> dict[str, Any]:
    """A consent to planning, or a bar of secrecy for organisations by HSA-id."""
    coding = {"system": canonical.CONSENT, "code": category}
    role = {"coding": [{"system": PARTICIPATION, "code": "IRCP"}]}
    actors = [{"role": role, "reference": builders.logical(hsa)} for hsa in barred]
    resource: dict[str, Any] = {
        "resourceType": "Consent",
        "id": str(uuid4()),
        "status": status,
        "scope": {"coding": [{"system": CONSENT_SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [coding]}],
        "patient": builders.reference("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001"),
        "dateTime": T0.isoformat(),
        "policyRule": {"text": "OSL 25 kap. 1 §"},
    }
    return resource | ({"provision": {"type": "deny", "actor": actors}} if actors else {})


def ready(minutes: int, **more: Any) -> Bundle:
    """A message that the patient is ready for discharge (utskrivningsklar)."""
    when = (T0 + timedelta(minutes=minutes)).isoformat()
    mark = builders.extension("discharge-ready", "DateTime", when)
    return stay(Event.DISCHARGE_READY, minutes=minutes, needs=(), extensions=[mark], **more)


def note(
    text: str = "Hej",
    *,
    sender: Party = HOSPITAL,
    to: tuple[Party, ...] = (LULEA,),
    visit: str = "V1",
    minutes: int = 0,
    answers: str = "",
    content: str = "",
) -> Bundle:
    """A general message (generellt meddelande), or a reply to one."""
    communication: dict[str, Any] = {
        "resourceType": "Communication",
        "id": "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0003",
        "status": "completed",
        "subject": builders.reference("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001"),
        "sender": builders.reference(builders.new_id("organization", sender.organization)),
        "sent": (T0 + timedelta(minutes=minutes)).isoformat(),
        "payload": [{"contentString": text}],
    }
    if answers:
        communication["inResponseTo"] = [builders.about(answers)]
    return enveloped(
        builders.message(
            Event.REPLY if answers else Event.MESSAGE,
            content=content or str(uuid4()),
            sender=sender,
            receivers=to,
            focus=communication,
            others=[patient()],
            cases=[f"{sender.organization}/{visit}"],
            recorded=T0 + timedelta(minutes=minutes),
        )
    )


def answer(about: str, sender: Party, status: str = "received") -> Bundle:
    """A person's answer (kvittens)."""
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0004",
        "status": status,
        "intent": "order",
        "focus": builders.about(about),
        "for": builders.reference("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001"),
        "owner": builders.reference(builders.new_id("organization", sender.organization)),
        "lastModified": T0.isoformat(),
    }
    if status == "rejected":
        task["statusReason"] = {"text": "Bor inte här"}
    return enveloped(
        builders.message(
            Event.ANSWER,
            content=str(uuid4()),
            sender=sender,
            receivers=[HOSPITAL],
            focus=task,
            others=[patient()],
            cases=[],
            recorded=T0,
        )
    )


def receipt(about: str, sender: Party, code: str = "ok") -> Bundle:
    """A system's receipt (systemkvittens)."""
    outcome = None
    if code != "ok":
        issue = {"severity": "error", "code": "processing", "details": {"text": "no"}}
        outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    bundle = builders.receipt(
        about=about,
        code=code,
        outcome=outcome,
        sender=sender,
        receiver=ADAPTER,
        cases=[],
        at=T0,
    )
    return enveloped(bundle)


def in_case(bundle: Bundle, name: str) -> Bundle:
    """Put a message in the case with this name."""
    for extension in bundles.header(bundle)["extension"]:
        if extension["url"].endswith("/case"):
            extension["valueIdentifier"]["value"] = name
    return bundle


def enveloped(bundle: Bundle) -> Bundle:
    """Put a message in a new envelope."""
    return rewriting.with_envelope(bundle, str(uuid4()), T0)


def dump(bundle: Bundle) -> bytes:
    """The bytes that are sent."""
    return codec.dump("json", bundle)
