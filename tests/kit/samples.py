"""Messages, persons and organisations for the tests of the simulated parties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import Draft, Organisation, Person, Plan
from adapter.simulators.omsorg_format import OmsorgFormat
from adapter.simulators.party_system import PartySystem
from adapter.simulators.traffic_log import TrafficLog
from tests.kit.places import ROOT

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOSPITAL = Organisation(hsa="SE2321000230-SJUKHUS", name="Provsjukhuset")
TOWN = Organisation(hsa="SE2120002742-LULEA", name="Luleå kommun")
PLANNER = Organisation(hsa="SE2321000230-PLAN", name="Planeringstjänsten")
CASE = "SE2321000230-SJUKHUS/260302-1"
PERSON = Person(
    number="195009072553",
    family="Tallåker",
    given="Signe Linn",
    street="Provgatan 1",
    postcode="97100",
    city="Luleå",
    municipality="2580",
)
SIP = Plan(id="p-1", version=2, status="active", title="SIP", activities=("Hemtjänst",))
XSD = ROOT / "profiles" / "omsorg" / "omsorg.xsd"


def draft(event: str, **more: object) -> Draft:
    parts: dict[str, object] = {
        "event": event,
        "content_id": "c0ffee00-0000-4000-8000-000000000001",
        "case": CASE,
        "person": PERSON,
        "to": (TOWN,),
        "at": NOW,
    }
    return Draft(**(parts | more))  # type: ignore[arg-type]


DRAFTS = {
    "message": draft("message", text="Kan hon få hemtjänst från fredag? <&>"),
    "reply": draft("reply", text="Ja.", about="m-1"),
    "answer": draft("answer", about="m-1", code="accepted"),
    "care-plan": draft("care-plan", plan=SIP),
}
TOLD_IN_XML = [event for event in DRAFTS if event != "care-plan"]


def message(
    message_format: FhirFormat | OmsorgFormat, content_id: str = "m-1", **more: object
) -> bytes:
    return message_format.write(replace(DRAFTS["message"], content_id=content_id, **more)).body  # type: ignore[arg-type]


def party_system(**more: object) -> PartySystem:
    return PartySystem(FhirFormat(TOWN), TrafficLog("town"), **more)  # type: ignore[arg-type]
