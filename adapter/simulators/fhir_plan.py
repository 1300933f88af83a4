"""The CarePlan of a SIP as a vendor writes it in FHIR: with its efforts alone, or in full."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from adapter.fhir.canonical import BASE
from adapter.simulators.fhir_planning import extension, follow_up, number, unit
from adapter.simulators.messages import Agreement, Draft, Effort, Organisation, Plan

Json = dict[str, Any]
_TYPE = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"


def care_plan(draft: Draft, patient: Json, me: Organisation) -> list[Json]:
    """Return the CarePlan, and what it refers to; `patient` is a Reference."""
    plan = draft.plan or Plan(id="", version=0, status="draft", title="")
    linked = _linked(plan.agreement, patient) if plan.agreement else []
    efforts = [_named(n, text) for n, text in enumerate(plan.activities, 1)]
    efforts += [_effort(each, linked) for each in plan.efforts]
    heads = [extension("main-responsible", "Code", "municipality")]
    heads += [extension("version", "PositiveInt", plan.version)] if plan.version else []
    written = {
        "resourceType": "CarePlan",
        "id": str(uuid4()),
        "extension": heads,
        "identifier": [number("plan", me.hsa, plan.id)],
        "status": plan.status,
        "intent": "plan",
        "category": [{"coding": [{"system": _TYPE, "code": "SIP"}]}],
        "title": plan.title,
        "subject": patient,
        "created": draft.at.isoformat(),
    }
    written |= {"activity": efforts} if efforts else {}
    if plan.agreement:
        _agree(written, plan.agreement, draft, linked)
    return [written, *linked]


def _named(position: int, text: str) -> Json:
    """An effort (insats) with its huvudman."""
    head = [extension("principal", "Code", "municipality")]
    detail = {"extension": head, "status": "scheduled", "description": text}
    return {"id": f"effort-{position}", "detail": detail}


def _effort(effort: Effort, linked: list[Json]) -> Json:
    """An effort in full: who answers for it, who does it, whom to call, and for which goal."""
    return {
        "id": effort.id,
        "detail": {
            "extension": [
                extension("principal", "Code", effort.principal),
                extension("contact", "String", effort.contact),
            ],
            "goal": [_reference(each) for each in linked if each["resourceType"] == "Goal"],
            "status": "scheduled",
            "performer": [unit(effort.unit)],
            "description": effort.text,
        },
    }


def _agree(plan: Json, agreement: Agreement, draft: Draft, linked: list[Json]) -> None:
    """Add to a plan what the meeting agreed on."""
    need, goal = linked
    day = agreement.follow_up.isoformat()
    present = [_participant(each, "attended") for each in agreement.present]
    absent = [_participant(each, "absent") for each in agreement.absent]
    follow = follow_up(day, "Uppföljningsmöte", agreement.coordinator)
    plan["extension"] += [*present, *absent, follow]
    words = {"authorReference": plan["subject"], "time": draft.at.isoformat()}
    plan |= {
        "description": agreement.situation,
        "author": unit(agreement.coordinator, "Organization"),
        "addresses": [_reference(need)],
        "goal": [_reference(goal)],
        "note": [words | {"text": agreement.own_words}],
    }


def _linked(agreement: Agreement, patient: Json) -> list[Json]:
    """Return the need and the goal."""
    need = {
        "resourceType": "Condition",
        "id": str(uuid4()),
        "code": {"text": agreement.need},
        "subject": patient,
    }
    goal = {
        "resourceType": "Goal",
        "id": str(uuid4()),
        "lifecycleStatus": "active",
        "description": {"text": agreement.goal},
        "subject": patient,
        "target": [{"dueDate": agreement.due.isoformat()}],
        "expressedBy": patient,
        "addresses": [_reference(need)],
    }
    return [need, goal]


def _participant(organisation: Organisation, attendance: str) -> Json:
    parts = [
        {"url": "actor", "valueReference": unit(organisation)},
        {"url": "attendance", "valueCode": attendance},
    ]
    return {"url": f"{BASE}/StructureDefinition/meeting-participant", "extension": parts}


def _reference(resource: Json) -> Json:
    return {"reference": f"urn:uuid:{resource['id']}"}
