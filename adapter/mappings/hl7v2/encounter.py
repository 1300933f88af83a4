"""EVN, PV1, PV2 and ZSP to the Encounter of an encounter event."""

from __future__ import annotations

from datetime import timedelta

from adapter.core.identifiers import HSA, hsa_id, looks_like_hsa_id
from adapter.core.model import Event, Need
from adapter.fhir.builders import extension, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import assessment_extension, hospitalization, present, visit_identifiers
from adapter.mappings.hl7v2.events import is_withdrawn
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.times import Moment
from adapter.mappings.hl7v2.visit_codes import disposition, visit_class

_STATUS = {
    Event.ADMISSION_CANCELLED: "entered-in-error",
    Event.LEAVE_STARTED: "onleave",
    Event.DISCHARGED: "finished",
    Event.DECEASED: "finished",
}
_MAY_FOLLOW_DISCHARGE = frozenset({Event.ADMISSION_UPDATED, Event.PROCESS_ENDED})
_CLOCK_ERROR = timedelta(minutes=2)
_NEEDS = {
    "ZSP-2": Need.SOCIAL_SERVICES,
    "ZSP-3": Need.MUNICIPAL_HEALTH_CARE,
    "ZSP-4": Need.PRIMARY_CARE,
}


def encounter(event: Event, number: str, message: Hl7Message) -> Resource:
    """Return the Encounter as it is after the event; `number` is the visit number."""
    status = _status(event, message)
    period = _encounter_period(event, status, message)
    fields = {
        "resourceType": "Encounter",
        "id": new_id(message.content, "encounter"),
        "extension": _extensions(event, status, message),
        "identifier": visit_identifiers(number),
        "status": status,
        "class": visit_class(message),
        "subject": reference(new_id(message.content, "patient")),
        "period": period,
        "hospitalization": _hospitalization(status, message),
        "location": _location(message),
        "serviceProvider": reference(new_id("organization", message.organization)),
    }
    return present(fields)


def _status(event: Event, message: Hl7Message) -> str:
    """Return the status; an update with a discharge time is about a finished stay.

    A discharge time that cannot be read ends nothing.
    """
    if event in _MAY_FOLLOW_DISCHARGE and message.moment("PV1-45") and not _planned_end(message):
        return "finished"
    return _STATUS.get(event, "in-progress")


def _planned_end(message: Hl7Message) -> Moment | None:
    """Return PV1-45 where it is later than the message: the patient has not left."""
    end = message.moment("PV1-45")
    return end if end and end.at > message.recorded + _CLOCK_ERROR else None


def _hospitalization(status: str, message: Hl7Message) -> Resource:
    """Return how the patient left (PV1-36), where the stay is over."""
    return hospitalization(str(disposition(message) or "")) if status == "finished" else {}


def _encounter_period(event: Event, status: str, message: Hl7Message) -> Resource:
    """Return PV1-44 to PV1-45. An admission notice without PV1-44 may use EVN-6 in its place.

    A PV1-44 that cannot be read, or deletes, is left out, and not replaced.
    """
    start = message.moment("PV1-44")
    if event is Event.ADMISSION_NOTICE:
        start = start if message.document.field("PV1-44").strip() else message.event_time()
        if start and start.at > message.recorded + _CLOCK_ERROR:
            message.clock.warn_once("contradiction", "PV1-44", "later than the message")
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
    ward = values[0]
    sub = next((n for n in (1, 2) if looks_like_hsa_id(ward.peek(1, n))), 0)
    hsa = hsa_id(ward.part(1, sub)) if sub else ""
    display = ward.part(9) or ("" if sub == 1 else ward.part(1))
    identifier = {"system": HSA, "value": hsa} if hsa else {}
    place = present({"identifier": identifier, "display": display})
    return [{"location": place}] if place else []


def _extensions(event: Event, status: str, message: Hl7Message) -> list[Resource]:
    planned = _planned_discharge(event, status, message)
    extensions = [extension("planned-discharge", "DateTime", planned)] if planned else []
    extensions += _assessment(message)
    if event is Event.DISCHARGE_READY:
        ready = message.event_time().fhir()
        extensions.append(extension("discharge-ready", "DateTime", ready))
    return extensions + _leave(event, message)


def _planned_discharge(event: Event, status: str, message: Hl7Message) -> str:
    """Return beräknad utskrivning (2 kap. 2 §). A notice without it is sent, with a warning.

    A discharge time (PV1-45) that has not come is also a plan.
    """
    plans = _plans(status, message)
    path = next(iter(plans), "")
    if path == "ZSP-6" and plans.get("PV2-9", plans[path]) != plans[path]:
        message.context.lose("PV2-9", "ZSP-6 has priority")
    if message.moment("PV1-45") and status != "finished":
        message.context.lose("PV1-45", "the patient has not left: it is no time of discharge")
    if not path and event is Event.ADMISSION_NOTICE:
        message.context.warn("no-planned-discharge", "PV2-9")
    return _planned_after_admission(path, plans[path], message) if path else ""


def _plans(status: str, message: Hl7Message) -> dict[str, Moment]:
    """Return the times of a planned discharge by field, the first to be used first."""
    moments = {
        "ZSP-6": message.moment("ZSP-6"),
        "PV2-9": message.moment("PV2-9"),
        "PV1-45": _planned_end(message) if status != "finished" else None,
    }
    return {path: moment for path, moment in moments.items() if moment}


def _planned_after_admission(path: str, planned: Moment, message: Hl7Message) -> str:
    """Return a planned discharge; with a warning where it is earlier than the admission."""
    admitted = message.moment("PV1-44")
    if admitted and planned.precedes(admitted):
        message.clock.warn_once("contradiction", path, "earlier than the admission in PV1-44")
    return planned.fhir()


def _leave(event: Event, message: Hl7Message) -> list[Resource]:
    """Return the leave (permission): its start and expected end (PV2-47), or its actual end.

    A53 cancels a return: the leave began earlier, and the message does not say when.
    """
    if event is Event.LEAVE_ENDED:
        return [extension("leave", "Period", _period(None, message.event_time()))]
    if event is not Event.LEAVE_STARTED:
        return []
    occurred, end = message.event_time(), message.moment("PV2-47")
    if end and end.precedes(occurred):
        message.clock.warn_once("bad-time", "PV2-47", "earlier than the leave began")
        end = None
    began: Moment | None = occurred
    if message.trigger == "A53":
        began = None
        message.document.leave("EVN-6", "a cancelled return does not say when the leave began")
    period = _period(began, end)
    return [extension("leave", "Period", period)] if period else []


def _assessment(message: Hl7Message) -> list[Resource]:
    """Return the physician's assessment in ZSP (SFS 2017:612 2 kap. 1 §; docs/hl7v2.md)."""
    if not message.document.has("ZSP"):
        return []
    needs = [need for path, need in _NEEDS.items() if _is_yes(path, message)]
    units = _units(message)
    withdrawn = _is_yes("ZSP-8", message) or is_withdrawn(message.document)
    if not (needs or units or withdrawn):
        _warn_of_half_a_judgement(message)
        return []
    return [
        assessment_extension(
            needs=needs,
            assessed=_assessed(message),
            units=units,
            withdrawn=True if withdrawn else None,
        )
    ]


def _warn_of_half_a_judgement(message: Hl7Message) -> None:
    """Warn where some needs are N, and the others are not judged: that withdraws nothing."""
    if any(message.text(path).upper() == "N" for path in _NEEDS):
        message.context.warn("required", "ZSP-2", "a need without Y or N: no assessment")


def _is_yes(path: str, message: Hl7Message) -> bool:
    code = message.text(path).upper()
    if code not in ("Y", "N", ""):
        message.context.warn("unknown-code", path, "neither Y nor N")
    return code == "Y"


def _assessed(message: Hl7Message) -> str:
    assessed = message.moment("ZSP-5")
    if not assessed:
        message.context.warn("bad-time", "ZSP-5", "the time of the event was used")
    return (assessed or message.event_time()).fhir()


def _units(message: Hl7Message) -> list[str]:
    """Return the HSA-ids of ZSP-7; a fault in any of them is one warning."""
    units = [hsa_id(value.part()) for value in message.document.values("ZSP-7") if value.part()]
    if not all(looks_like_hsa_id(unit) for unit in units):
        message.context.bad_identifier("ZSP-7", "form")
    return units
