"""What parties say in the hospital's case: any event, and information at discharge."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from adapter.core.model import Bundle, Event
from adapter.fhir import builders
from adapter.fhir.canonical import BASE, HSA
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, Party
from tests.kit.plan_words import PATIENT, PLAN_ID, PLAN_TYPES
from tests.kit.statute_county import CASE, StatuteCounty


def says(
    county: StatuteCounty,
    event: Event,
    focus: dict[str, Any],
    sender: Party,
    *to: Party,
    others: tuple[dict[str, Any], ...] = (),
    cases: tuple[str, ...] = (CASE,),
) -> str:
    """Let a party send a message in the hospital's case; return the content id."""
    bundle: Bundle = builders.message(
        event,
        content=str(uuid4()),
        sender=sender,
        receivers=to,
        focus={"id": str(uuid4())} | focus,
        others=[drafts.patient(), *others],
        cases=cases,
        recorded=county.now,
    )
    content = county.tells(sender.endpoint, drafts.enveloped(bundle))
    county.later(minutes=1)
    return content


def informs(county: StatuteCounty, *to: Party, discharged: str, sender: Party = HOSPITAL) -> None:
    """Let the hospital send its information at discharge."""
    section = builders.extension("section", "Code", "summary")
    focus = {
        "resourceType": "Communication",
        "extension": [builders.extension("discharged", "DateTime", discharged)],
        "status": "completed",
        "category": [
            {
                "coding": [
                    {
                        "system": f"{BASE}/CodeSystem/communication-kind",
                        "code": "information-transfer",
                    }
                ]
            }
        ],
        "subject": builders.reference(PATIENT),
        "sent": county.now.isoformat(),
        "sender": {
            "type": "Organization",
            "identifier": {"system": HSA, "value": sender.organization},
        },
        "payload": [{"extension": [section], "contentString": "Vårdad för lunginflammation."}],
    }
    says(county, Event.INFORMATION_TRANSFER, focus, sender, *to)


def progresses(county: StatuteCounty, sender: Party, *to: Party, version: int = 1) -> None:
    """Let a unit report what it has done of a plan."""
    focus = {
        "resourceType": "CarePlan",
        "extension": [builders.extension("version", "PositiveInt", version)],
        "identifier": [PLAN_ID],
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": PLAN_TYPES, "code": "SIP"}]}],
        "subject": builders.reference(PATIENT),
        "activity": [
            {
                "id": "e-home",
                "progress": [{"time": county.now.isoformat(), "text": "Gick bra."}],
                "detail": {"status": "in-progress", "description": "Hemtjänst"},
            }
        ],
    }
    says(county, Event.PROGRESS, focus, sender, *to)
