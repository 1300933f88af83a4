"""What a unit writes to another in the hospital's case, and how it recalls that."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from adapter.core.model import Bundle, Event
from adapter.fhir import builders
from adapter.fhir.canonical import BASE, HSA
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, Party
from tests.kit.plan_words import PATIENT, answered
from tests.kit.statute_county import CASE, StatuteCounty

UNKNOWN = "0f0f0f0f-1111-4222-8333-444455556666"


def note(sender: Party, *to: Party, content: str = "") -> Bundle:
    """A message in the hospital's case."""
    return drafts.in_case(drafts.note("SECRET", sender=sender, to=to, content=content), CASE)


def recall(sender: Party, *content: str, kind: str = "wrong-receiver") -> Bundle:
    """A recall of messages. It names the hospital as the receiver, which has got nothing."""
    focus: dict[str, Any] = {
        "resourceType": "Communication",
        "id": str(uuid4()),
        "extension": [builders.extension("asked", "Code", "mark")],
        "status": "entered-in-error",
        "statusReason": {
            "coding": [{"system": f"{BASE}/CodeSystem/recall", "code": kind}],
            "text": "Fel mottagare",
        },
        "subject": builders.reference(PATIENT),
        "about": [builders.about(id_) for id_ in content],
        "sent": drafts.T0.isoformat(),
        "sender": {
            "type": "Organization",
            "identifier": {"system": HSA, "value": sender.organization},
        },
    }
    bundle = builders.message(
        Event.RECALL,
        content=str(uuid4()),
        sender=sender,
        receivers=[HOSPITAL],
        focus=focus,
        others=[drafts.patient()],
        cases=[CASE],
        recorded=drafts.T0,
    )
    return drafts.enveloped(bundle)


def recalls(county: StatuteCounty, sender: Party, *content: str, **parts: Any) -> list[str]:
    """Let a party recall messages; return what its receipt says."""
    county.inbox(sender.endpoint)
    county.tells(sender.endpoint, recall(sender, *content, **parts))
    return answered(county, sender.endpoint)
