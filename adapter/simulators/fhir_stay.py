"""The Encounter of a stay, as an independent vendor writes and reads it (docs/message.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from adapter.fhir.canonical import BASE, ENCOUNTER_CLASS, ENDED
from adapter.simulators.messages import Assessment, Draft, Stay, ToldStay

Json = dict[str, Any]
_STATUS = {
    "admission-cancelled": "entered-in-error",
    "leave-started": "onleave",
    "discharged": "finished",
    "deceased": "finished",
}


def encounter(draft: Draft, patient: Json, me: Json) -> Json:
    """Return the Encounter of a draft about a stay; `me` is the hospital's Organization."""
    stay = draft.stay
    if stay is None:
        raise ValueError("the draft has no stay")
    own = "finished" if stay.discharged else "onleave" if stay.leave_from else "in-progress"
    return {
        "resourceType": "Encounter",
        "id": str(uuid4()),
        "extension": list(_extensions(stay)),
        "status": _STATUS.get(draft.event, own),
        "class": {"system": ENCOUNTER_CLASS, "code": "IMP"},
        "subject": {"reference": f"urn:uuid:{patient['id']}"},
        "period": _period(stay.admitted, stay.discharged),
        "location": [{"location": {"display": stay.ward}}],
        "serviceProvider": {"reference": f"urn:uuid:{me['id']}"},
    }


def death(stay: Stay | None) -> Json:
    """Return the element of the Patient that says when the person died; {} when alive."""
    return {"deceasedDateTime": stay.died.isoformat()} if stay and stay.died else {}


def told(resources: Iterable[Json], focus: Json) -> ToldStay | None:
    """Return what a message tells of a stay; None where it is about something else."""
    if focus.get("resourceType") != "Encounter":
        return None
    patients = [r for r in resources if r["resourceType"] == "Patient"]
    leave, period = _value(focus, "leave") or {}, focus.get("period", {})
    return ToldStay(
        status=focus["status"],
        admitted=period.get("start", ""),
        planned=_value(focus, "planned-discharge") or "",
        ready=_value(focus, "discharge-ready") or "",
        leave_from=leave.get("start", ""),
        leave_to=leave.get("end", ""),
        discharged=period.get("end", ""),
        needs=_needs(focus),
        is_dead=any(p.get("deceasedDateTime") or p.get("deceasedBoolean") for p in patients),
    )


def ended_reason(header: Json) -> str:
    """Return the code of why a stay ends for the receiver; "" for none."""
    codings = header.get("reason", {}).get("coding", ())
    return next((c["code"] for c in codings if c.get("system") == ENDED), "")


def _url(name: str) -> str:
    return f"{BASE}/StructureDefinition/{name}"


def _extensions(stay: Stay) -> Iterable[Json]:
    for name, moment in (("planned-discharge", stay.planned), ("discharge-ready", stay.ready)):
        if moment:
            yield {"url": _url(name), "valueDateTime": moment.isoformat()}
    if stay.leave_from:
        yield {"url": _url("leave"), "valuePeriod": _period(stay.leave_from, stay.leave_to)}
    if stay.assessment:
        yield _assessment(stay.assessment)


def _assessment(assessment: Assessment) -> Json:
    needs = {
        "social-services": assessment.social_services,
        "municipal-health-care": assessment.municipal_health_care,
        "primary-care": assessment.primary_care,
    }
    parts: list[Json] = [{"url": "need", "valueCode": n} for n, needed in needs.items() if needed]
    parts.append({"url": "assessed", "valueDateTime": assessment.at.isoformat()})
    if assessment.withdrawn:
        parts.append({"url": "withdrawn", "valueBoolean": True})
    return {"url": _url("assessment"), "extension": parts}


def _period(start: datetime, end: datetime | None) -> Json:
    return {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})


def _extension(encounter_: Json, name: str) -> Json:
    extensions = encounter_.get("extension", ())
    return next((e for e in extensions if e["url"] == _url(name)), {})


def _value(encounter_: Json, name: str) -> Any:
    extension = _extension(encounter_, name)
    return next((v for key, v in extension.items() if key.startswith("value")), None)


def _needs(encounter_: Json) -> tuple[str, ...]:
    """Return the needs of an assessment that has not been withdrawn."""
    parts = _extension(encounter_, "assessment").get("extension", ())
    if any(part.get("valueBoolean") for part in parts):
        return ()
    return tuple(part["valueCode"] for part in parts if part["url"] == "need")
