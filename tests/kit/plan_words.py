"""What units write of a plan: versions, efforts, its end, and the consent beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, bundles
from adapter.fhir.canonical import HSA
from tests.kit import drafts
from tests.kit.drafts import Party
from tests.kit.statute_county import CASE, CENTRE, NURSING, SOCIAL, StatuteCounty

PLAN_TYPES = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"
PATIENT = drafts.patient()["id"]
PLAN_ID = {"system": "urn:oid:1.2.3.4", "value": "sip-7"}
EFFORTS = {"e-home": (SOCIAL, "Hemtjänst"), "e-wound": (NURSING, "Omläggning")}
"""By element id: the unit that does it, and what it is."""
NOTHING: Mapping[str, Any] = {}


def unit(party: Party) -> dict[str, Any]:
    """A unit, as a logical Reference."""
    return {
        "type": "HealthcareService",
        "identifier": {"system": HSA, "value": party.organization},
    }


def consent(status: str = "active", until: str = "") -> dict[str, Any]:
    """The consent to planning that a plan or an invitation carries."""
    resource = drafts.consent("planning", status)
    limits = {"provision": {"type": "permit", "period": {"end": until}}} if until else {}
    return resource | limits


def effort(id_: str, party: Party, text: str) -> dict[str, Any]:
    """An effort of a unit."""
    return {
        "id": id_,
        "detail": {
            "extension": [builders.extension("principal", "Code", "municipality")],
            "status": "in-progress",
            "description": text,
            "performer": [unit(party)],
        },
    }


def resource(type_: str, **parts: Any) -> dict[str, Any]:
    """A resource of this type, with a new id."""
    return {"resourceType": type_, "id": str(uuid4())} | parts


def plan(
    county: StatuteCounty,
    sender: Party,
    *to: Party,
    version: int | None = 1,
    author: Party | None = CENTRE,
    status: str = "active",
    type_: str = "SIP",
    efforts: Mapping[str, tuple[Party, str]] = EFFORTS,
    title: str = "SIP",
    read: str = "",
    recorded: datetime | None = None,
    consents: tuple[dict[str, Any], ...] = (),
    value: str = PLAN_ID["value"],
    beside: tuple[dict[str, Any], ...] = (),
    more: Mapping[str, Any] = NOTHING,
) -> Bundle:
    """A plan about the patient of the stories, in the hospital's case.

    `value` is that of its identifier, `beside` further resources, `more` elements of the CarePlan.
    """
    extensions = [builders.extension("main-responsible", "Code", "municipality")]
    if version is not None:
        extensions.append(builders.extension("version", "PositiveInt", version))
    if status in ("completed", "revoked"):
        extensions.append(builders.extension("end-reason", "String", "Målen är nådda"))
    author_part = {"author": unit(author) | {"type": "Organization"}} if author else {}
    focus: dict[str, Any] = {
        "resourceType": "CarePlan",
        "id": str(uuid4()),
        "extension": extensions,
        "identifier": [PLAN_ID | {"value": value}],
        "status": status,
        "intent": "plan",
        "title": title,
        "category": [{"coding": [{"system": PLAN_TYPES, "code": type_}]}],
        "subject": builders.reference(PATIENT),
        "period": {"start": "2026-03-02"},
        "activity": [effort(id_, party, text) for id_, (party, text) in efforts.items()],
    } | author_part
    focus = {name: part for name, part in (focus | more).items() if part}
    bundle = builders.message(
        Event.CARE_PLAN,
        content=str(uuid4()),
        sender=sender,
        receivers=to,
        focus=focus,
        others=[drafts.patient(), *consents, *beside],
        cases=[CASE],
        recorded=recorded or county.now,
    )
    if read:
        about = {"system": "https://careplan-adapter.example/fhir/sid/message", "value": read}
        bundles.header(bundle)["extension"].append(
            builders.extension("concerns", "Identifier", about)
        )
    return drafts.enveloped(bundle)


def writes(county: StatuteCounty, sender: Party, *to: Party, **parts: Any) -> str:
    """Let a unit write a plan; return the content id of its message."""
    content = county.tells(sender.endpoint, plan(county, sender, *to, **parts))
    county.later(minutes=1)
    return content


def answered(county: StatuteCounty, name: str) -> list[str]:
    """Codes and details in the receipts that a party has got since the last call."""
    outcomes = [bundles.of_type(b, "OperationOutcome") or {} for b in county.inbox(name)]
    issues: list[dict[str, Any]] = [i for each in outcomes for i in each.get("issue", ())]
    return [f"{_code(issue)} {issue.get('diagnostics', '')}".strip() for issue in issues]


def codes(county: StatuteCounty, name: str) -> list[str]:
    """Codes in the receipts that a party has got since the last call."""
    return [text.partition(" ")[0] for text in answered(county, name)]


def _code(issue: dict[str, Any]) -> str:
    return str(issue["details"]["coding"][0]["code"])


def plans(county: StatuteCounty) -> dict[str, list[str]]:
    """Which parties got a plan since the last call, and nothing else."""
    words = county.words()
    return {name: events for name, events in words.items() if "care-plan" in events}
