"""EVN, PV1, PV2 and ZSP as the Encounter that every event of a stay is about."""

from __future__ import annotations

from adapter.core.errors import FatalError, Issue
from adapter.core.identifiers import HSA, hsa_id, looks_like_hsa_id
from adapter.core.model import Event, Need
from adapter.fhir.builders import extension, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import VISIT, extension_url
from adapter.mappings.hl7v2.events import is_withdrawn
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.times import Moment

_IMP = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "code": "IMP",
    "display": "inpatient encounter",
}
_STATUS = {
    Event.ADMISSION_CANCELLED: "entered-in-error",
    Event.LEAVE_STARTED: "onleave",
    Event.DISCHARGED: "finished",
    Event.DECEASED: "finished",
}
_AS_IT_IS = frozenset({Event.ADMISSION_UPDATED, Event.PROCESS_ENDED})
_NEEDS = {
    "ZSP-2": Need.SOCIAL_SERVICES,
    "ZSP-3": Need.MUNICIPAL_HEALTH_CARE,
    "ZSP-4": Need.PRIMARY_CARE,
}


def visit(reading: Hl7Message) -> str:
    """The visit number: PV1-19, else the account number PID-18; "" (with a warning) for none."""
    found = reading.text("PV1-19") or reading.text("PID-18")
    if not found:
        reading.context.warn("no-case", "PV1-19")
    return found


def encounter(event: Event, number: str, reading: Hl7Message) -> Resource:
    """The Encounter as it is after the event; `number` is the visit's."""
    status = _status(event, reading)
    found: Resource = {
        "resourceType": "Encounter",
        "id": new_id(reading.content, "encounter"),
        "extension": _extensions(event, reading),
        "identifier": [{"system": VISIT, "value": number}] if number else [],
        "status": status,
        "class": _IMP,
        "subject": reference(new_id(reading.content, "patient")),
        "period": _period(event, status, reading),
        "location": _location(reading),
        "serviceProvider": reference(new_id("organization", reading.organization)),
    }
    return {k: v for k, v in found.items() if v}


def _status(event: Event, reading: Hl7Message) -> str:
    """An update that comes after the discharge describes a stay that is over."""
    if event in _AS_IT_IS and reading.text("PV1-45"):
        return "finished"
    return _STATUS.get(event, "in-progress")


def _period(event: Event, status: str, reading: Hl7Message) -> Resource:
    """PV1-44 and PV1-45. Only an admission's own time may stand in for PV1-44."""
    start = reading.moment("PV1-44")
    if not start and event is Event.ADMISSION_NOTICE:
        start = reading.happened()
    end = reading.moment("PV1-45") or reading.happened() if status == "finished" else None
    if start and end and end.precedes(start):
        reading.clock.tell("bad-time", "PV1-44", "later than the discharge")
        start = None
    return _of(start, end)


def _of(start: Moment | None, end: Moment | None) -> Resource:
    """A FHIR Period."""
    return {k: m.fhir() for k, m in (("start", start), ("end", end)) if m}


def _location(reading: Hl7Message) -> list[Resource]:
    """PV1-3.1, the ward; not room and bed, which concern nobody outside."""
    values = reading.document.values("PV1-3")
    if not values:
        return []
    name, code = values[0].part(1), values[0].part(1, 2)
    hsa = next((hsa_id(text) for text in (name, code) if looks_like_hsa_id(text)), "")
    display = values[0].part(9) or ("" if hsa_id(name) == hsa else name)
    place: Resource = {"identifier": {"system": HSA, "value": hsa}} if hsa else {}
    place |= {"display": display} if display else {}
    return [{"location": place}] if place else []


def _extensions(event: Event, reading: Hl7Message) -> list[Resource]:
    found = [*_planned(event, reading), *_assessment(reading)]
    if event is Event.DISCHARGE_READY:
        found.append(extension("discharge-ready", "DateTime", reading.happened().fhir()))
    return found + _leave(event, reading)


def _planned(event: Event, reading: Hl7Message) -> list[Resource]:
    """Beräknad utskrivning (2 kap. 2 §). That it is missing must not stop the notice."""
    found = reading.first("ZSP-6", "PV2-9")
    if found:
        return [extension("planned-discharge", "DateTime", found.fhir())]
    if event is Event.ADMISSION_NOTICE:
        reading.context.warn("no-planned-discharge", "PV2-9")
    return []


def _leave(event: Event, reading: Hl7Message) -> list[Resource]:
    """Permission: when it began and is expected to end (PV2-47), or when it ended."""
    if event is Event.LEAVE_ENDED:
        return [extension("leave", "Period", _of(None, reading.happened()))]
    if event is not Event.LEAVE_STARTED:
        return []
    start, end = reading.happened(), reading.moment("PV2-47")
    if end and end.precedes(start):
        reading.clock.tell("bad-time", "PV2-47", "earlier than the leave began")
        end = None
    return [extension("leave", "Period", _of(start, end))]


def _assessment(reading: Hl7Message) -> list[Resource]:
    """ZSP: the physician's judgement (SFS 2017:612 2 kap. 1 §); docs/hl7v2.md."""
    if not reading.document.has("ZSP"):
        return []
    needs = [need for path, need in _NEEDS.items() if _yes(path, reading)]
    units = [_unit(v, reading) for v in reading.document.values("ZSP-7") if v.part()]
    withdrawn = _yes("ZSP-8", reading) or is_withdrawn(reading.document)
    if not (needs or units or withdrawn):
        return []
    parts: list[Resource] = [{"url": "need", "valueCode": str(need)} for need in needs]
    parts.append({"url": "assessed", "valueDateTime": _assessed(reading)})
    parts += [{"url": "unit", "valueIdentifier": {"system": HSA, "value": u}} for u in units]
    parts += [{"url": "withdrawn", "valueBoolean": True}] if withdrawn else []
    return [{"url": extension_url("assessment"), "extension": parts}]


def _yes(path: str, reading: Hl7Message) -> bool:
    said = reading.text(path).upper()
    if said not in ("Y", "N", ""):
        reading.context.warn("unknown-code", path, "neither Y nor N")
    return said == "Y"


def _assessed(reading: Hl7Message) -> str:
    found = reading.moment("ZSP-5")
    if not found:
        reading.clock.tell("bad-time", "ZSP-5", "missing: the time of the event was used")
    return (found or reading.happened()).fhir()


def _unit(value: Value, reading: Hl7Message) -> str:
    text = hsa_id(value.part())
    if looks_like_hsa_id(text):
        return text
    if reading.context.sender.strict_identifiers:
        issue = Issue(code="bad-identifier", expression="ZSP-7", detail="form")
        raise FatalError("bad-identifier", "ZSP-7", [issue])
    reading.clock.tell("bad-identifier", "ZSP-7", "form")
    return text
