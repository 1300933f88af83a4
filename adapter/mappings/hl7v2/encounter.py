"""EVN, PV1, PV2 and ZSP to the Encounter of an encounter event."""

from __future__ import annotations

from adapter.core.identifiers import HSA, hsa_id, looks_like_hsa_id
from adapter.core.model import Event, Need
from adapter.fhir.builders import extension, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import ACT_CODE, assessment_extension, present, visit_identifiers
from adapter.mappings.hl7v2.events import is_withdrawn
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.times import Moment

_INPATIENT = {"system": ACT_CODE, "code": "IMP", "display": "inpatient encounter"}
_STATUS = {
    Event.ADMISSION_CANCELLED: "entered-in-error",
    Event.LEAVE_STARTED: "onleave",
    Event.DISCHARGED: "finished",
    Event.DECEASED: "finished",
}
_MAY_FOLLOW_DISCHARGE = frozenset({Event.ADMISSION_UPDATED, Event.PROCESS_ENDED})
_NEEDS = {
    "ZSP-2": Need.SOCIAL_SERVICES,
    "ZSP-3": Need.MUNICIPAL_HEALTH_CARE,
    "ZSP-4": Need.PRIMARY_CARE,
}


def visit_number(message: Hl7Message) -> str:
    """Return PV1-19, else the account number PID-18; "" (with a warning) where both are empty."""
    number = message.text("PV1-19") or message.text("PID-18")
    if not number:
        message.context.warn("no-case", "PV1-19")
    return number


def encounter(event: Event, number: str, message: Hl7Message) -> Resource:
    """Return the Encounter as it is after the event; `number` is the visit number."""
    status = _status(event, message)
    fields = {
        "resourceType": "Encounter",
        "id": new_id(message.content, "encounter"),
        "extension": _extensions(event, message),
        "identifier": visit_identifiers(number),
        "status": status,
        "class": _INPATIENT,
        "subject": reference(new_id(message.content, "patient")),
        "period": _encounter_period(event, status, message),
        "location": _location(message),
        "serviceProvider": reference(new_id("organization", message.organization)),
    }
    return present(fields)


def _status(event: Event, message: Hl7Message) -> str:
    """Return the status; an update with a discharge time is about a finished stay."""
    if event in _MAY_FOLLOW_DISCHARGE and message.text("PV1-45"):
        return "finished"
    return _STATUS.get(event, "in-progress")


def _encounter_period(event: Event, status: str, message: Hl7Message) -> Resource:
    """Return PV1-44 to PV1-45. Only an admission notice may use EVN-6 in place of PV1-44."""
    start = message.moment("PV1-44")
    if not start and event is Event.ADMISSION_NOTICE:
        start = message.event_time()
    end = message.moment("PV1-45") or message.event_time() if status == "finished" else None
    if start and end and end.precedes(start):
        message.clock.warn_once("bad-time", "PV1-44", "later than the discharge")
        start = None
    return _period(start, end)


def _period(start: Moment | None, end: Moment | None) -> Resource:
    """Return a FHIR Period."""
    return {k: m.fhir() for k, m in (("start", start), ("end", end)) if m}


def _location(message: Hl7Message) -> list[Resource]:
    """Return the ward (PV1-3.1). Room and bed concern nobody outside the hospital."""
    values = message.document.values("PV1-3")
    if not values:
        return []
    name, code = values[0].part(1), values[0].part(1, 2)
    hsa = next((hsa_id(text) for text in (name, code) if looks_like_hsa_id(text)), "")
    display = values[0].part(9) or ("" if hsa_id(name) == hsa else name)
    identifier = {"system": HSA, "value": hsa} if hsa else {}
    place = present({"identifier": identifier, "display": display})
    return [{"location": place}] if place else []


def _extensions(event: Event, message: Hl7Message) -> list[Resource]:
    extensions = [*_planned_discharge(event, message), *_assessment(message)]
    if event is Event.DISCHARGE_READY:
        ready = message.event_time().fhir()
        extensions.append(extension("discharge-ready", "DateTime", ready))
    return extensions + _leave(event, message)


def _planned_discharge(event: Event, message: Hl7Message) -> list[Resource]:
    """Return beräknad utskrivning (2 kap. 2 §). A notice without it is sent, with a warning."""
    planned = message.first_moment("ZSP-6", "PV2-9")
    if planned:
        return [extension("planned-discharge", "DateTime", planned.fhir())]
    if event is Event.ADMISSION_NOTICE:
        message.context.warn("no-planned-discharge", "PV2-9")
    return []


def _leave(event: Event, message: Hl7Message) -> list[Resource]:
    """Return the leave (permission): its start and expected end (PV2-47), or its actual end."""
    if event is Event.LEAVE_ENDED:
        return [extension("leave", "Period", _period(None, message.event_time()))]
    if event is not Event.LEAVE_STARTED:
        return []
    start, end = message.event_time(), message.moment("PV2-47")
    if end and end.precedes(start):
        message.clock.warn_once("bad-time", "PV2-47", "earlier than the leave began")
        end = None
    return [extension("leave", "Period", _period(start, end))]


def _assessment(message: Hl7Message) -> list[Resource]:
    """Return the physician's assessment in ZSP (SFS 2017:612 2 kap. 1 §; docs/hl7v2.md)."""
    if not message.document.has("ZSP"):
        return []
    needs = [need for path, need in _NEEDS.items() if _is_yes(path, message)]
    units = _units(message)
    withdrawn = _is_yes("ZSP-8", message) or is_withdrawn(message.document)
    if not (needs or units or withdrawn):
        return []
    return [
        assessment_extension(
            needs=needs,
            assessed=_assessed(message),
            units=units,
            withdrawn=True if withdrawn else None,
        )
    ]


def _is_yes(path: str, message: Hl7Message) -> bool:
    code = message.text(path).upper()
    if code not in ("Y", "N", ""):
        message.context.warn("unknown-code", path, "neither Y nor N")
    return code == "Y"


def _assessed(message: Hl7Message) -> str:
    assessed = message.moment("ZSP-5")
    if not assessed:
        message.clock.warn_once("bad-time", "ZSP-5", "missing: the time of the event was used")
    return (assessed or message.event_time()).fhir()


def _units(message: Hl7Message) -> list[str]:
    """Return the HSA-ids of ZSP-7; a fault in any of them is one warning."""
    units = [hsa_id(value.part()) for value in message.document.values("ZSP-7") if value.part()]
    if not all(looks_like_hsa_id(unit) for unit in units):
        message.context.bad_identifier("ZSP-7", "form")
    return units
