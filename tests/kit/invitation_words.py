"""What units say of an invitation to a planning meeting, and what they answer."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from adapter.core.model import Bundle, Event
from adapter.fhir import builders
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, Party
from tests.kit.plan_words import PATIENT, consent, unit
from tests.kit.region import Region
from tests.kit.statute_county import CASE, CENTRE, SOCIAL, StatuteCounty

ID = {"system": "https://centre.example/sid/kallelse", "value": "K-31"}
_CALLER = {"system": drafts.PARTICIPATION, "code": "PPRF"}
_STATUS = {Event.SIP_INVITATION_CANCELLED: "cancelled"}


def invitation(
    county: StatuteCounty | Region,
    sender: Party,
    *invited: Party,
    event: Event = Event.SIP_INVITATION,
    version: int = 1,
    to: tuple[Party, ...] = (),
    consents: tuple[dict[str, Any], ...] = (),
    case: str = CASE,
    day: int = 9,
    value: str = ID["value"],
) -> Bundle:
    """An invitation in the hospital's case."""
    called = [
        {
            "extension": [builders.extension("principal", "Code", "municipality")],
            "actor": unit(party),
            "required": "required",
            "status": "needs-action",
        }
        for party in invited
    ]
    focus: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": str(uuid4()),
        "extension": [builders.extension("version", "PositiveInt", version)],
        "identifier": [ID | {"value": value}],
        "status": _STATUS.get(event, "booked"),
        "description": "Vilka insatser behövs hemma?",
        "start": f"2026-03-{day:02}T13:00:00+01:00",
        "end": f"2026-03-{day:02}T14:00:00+01:00",
        "participant": [
            {"type": [{"coding": [_CALLER]}], "actor": unit(sender), "status": "accepted"},
            *called,
            {"actor": builders.reference(PATIENT), "status": "accepted"},
        ],
    }
    if event is Event.SIP_INVITATION_CANCELLED:
        focus["cancelationReason"] = {"text": "Försämrad"}
    bundle = builders.message(
        event,
        content=str(uuid4()),
        sender=sender,
        receivers=to,
        focus=focus,
        others=[drafts.patient(), *consents],
        cases=[case],
        recorded=county.now,
    )
    return drafts.enveloped(bundle)


def calls(county: StatuteCounty, *invited: Party, sender: Party = CENTRE, **parts: Any) -> str:
    """Let the centre call units, with the person's consent; return the content id."""
    parts = {"consents": (consent(),)} | parts
    content = county.tells(sender.endpoint, invitation(county, sender, *invited, **parts))
    county.later(minutes=1)
    return content


def replies(
    county: StatuteCounty,
    sender: Party = SOCIAL,
    version: int = 1,
    status: str = "accepted",
    unit_: Party | None = None,
) -> None:
    """Let a party answer for its unit; it names the hospital as the receiver, in error."""
    focus: dict[str, Any] = {
        "resourceType": "AppointmentResponse",
        "id": str(uuid4()),
        "extension": [builders.extension("version", "PositiveInt", version)],
        "identifier": [ID],
        "appointment": {"type": "Appointment", "identifier": ID},
        "actor": unit(unit_ or sender),
        "participantStatus": status,
    }
    if status == "declined":
        focus["comment"] = "Vi kan inte den tiden"
    bundle = builders.message(
        Event.SIP_INVITATION_ANSWER,
        content=str(uuid4()),
        sender=sender,
        receivers=[HOSPITAL],
        focus=focus,
        others=[drafts.patient()],
        cases=[CASE],
        recorded=county.now,
    )
    county.tells(sender.endpoint, drafts.enveloped(bundle))
    county.later(minutes=1)
