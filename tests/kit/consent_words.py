"""What the hospital says of consent and of bars of secrecy, and what it is warned of."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, bundles
from tests.kit import drafts
from tests.kit.county import EVA, County, Visit
from tests.kit.drafts import HOSPITAL, LULEA, PERSONNUMMER, PLANNING, Party
from tests.kit.sip_heads import heads

PLAN_TYPES = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"
PLAN = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0005"


def barred(*organizations: str) -> dict[str, Any]:
    """A bar of secrecy for organisations; without one for Luleå."""
    return drafts.consent("secrecy", "active", *(organizations or (LULEA.organization,)))


def unbarred(*organizations: str) -> dict[str, Any]:
    """The bar is taken back."""
    return drafts.consent("secrecy", "inactive", *(organizations or (LULEA.organization,)))


def consented() -> dict[str, Any]:
    """The patient consents to planning."""
    return drafts.consent("planning", "active")


def withdrawn() -> dict[str, Any]:
    """The patient withdraws the consent."""
    return drafts.consent("planning", "inactive")


def says(county: County, visit: Visit, *consents: dict[str, Any], early: int = 0) -> list[str]:
    """Let the hospital send Consents, recorded so many minutes ago; return its warnings."""
    county.inbox("hospital")
    bundle = drafts.stay(
        Event.ADMISSION_UPDATED,
        visit=visit.number,
        minutes=_minutes(county) - early,
        needs=(),
        planned="2026-03-20",
        person=_bare(),
        period={},
        consents=consents,
    )
    county.tells("hospital", bundle)
    county.now += drafts.timedelta(minutes=1)
    return warned(county)


def warned(county: County, name: str = "hospital") -> list[str]:
    """Return the codes, and the details after them, that a party's receipts warn of."""
    outcomes = [bundles.of_type(b, "OperationOutcome") or {} for b in county.inbox(name)]
    issues = [issue for outcome in outcomes for issue in outcome.get("issue", ())]
    return [_text(i) for i in issues if i["severity"] == "warning"]


def plans(county: County, *to: Party, visit: str = "Y2", version: str = "1") -> Bundle:
    """Let the planning service send a plan; return the message."""
    plan = {
        "resourceType": "CarePlan",
        "id": PLAN,
        "identifier": [{"system": "urn:plans", "value": version}],
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": PLAN_TYPES, "code": "SIP"}]}],
        "title": "PLANTEXT",
        "subject": builders.reference("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001"),
        **heads(),
    }
    bundle = builders.message(
        Event.CARE_PLAN,
        content=str(uuid4()),
        sender=PLANNING,
        receivers=to or (LULEA,),
        focus=plan,
        others=[_bare()],
        cases=[f"{HOSPITAL.organization}/{visit}"],
        recorded=county.now,
    )
    message = drafts.enveloped(bundle)
    county.tells("planning", message)
    county.now += drafts.timedelta(minutes=1)
    return message


def _text(issue: dict[str, Any]) -> str:
    code = issue["details"]["coding"][0]["code"]
    return f"{code} {issue.get('diagnostics', '')}".strip()


def _minutes(county: County) -> int:
    return int((county.now - drafts.T0).total_seconds() // 60)


def _bare() -> dict[str, Any]:
    """The person without anything but her number: the rest is silence."""
    return {
        "resourceType": "Patient",
        "id": "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001",
        "identifier": [{"system": PERSONNUMMER, "value": EVA.number}],
    }
