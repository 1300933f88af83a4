"""The code tables of omsorg/1: FHIR R4 code to Swedish word. The schema lists the same words."""

from __future__ import annotations

from typing import Any

from adapter.core.errors import FatalError, Issue
from adapter.core.model import Event, Need

NAMESPACE = "https://careplan-adapter.example/omsorg/1"

EVENT = {
    Event.ADMISSION_NOTICE: "inskrivningsmeddelande",
    Event.ADMISSION_UPDATED: "andrad-inskrivning",
    Event.ADMISSION_CANCELLED: "makulerad-inskrivning",
    Event.PROCESS_ENDED: "avbrott",
    Event.LEAVE_STARTED: "permission-borjar",
    Event.LEAVE_ENDED: "permission-slutar",
    Event.DISCHARGE_READY: "utskrivningsklar",
    Event.DISCHARGE_READY_WITHDRAWN: "atertagen-utskrivningsklar",
    Event.DISCHARGED: "utskriven",
    Event.DISCHARGE_CANCELLED: "ateroppnad",
    Event.DECEASED: "avliden",
    Event.DECEASED_WITHDRAWN: "avliden-aterkallad",
    Event.CARE_PLAN: "plan",
    Event.MESSAGE: "meddelande",
    Event.REPLY: "svarsmeddelande",
    Event.ANSWER: "svar",
    Event.DELIVERY_REPORT: "leveransrapport",
}
RESPONSE = {"ok": "ok", "transient-error": "tillfalligt-fel", "fatal-error": "fel"}
SEVERITY = {
    "fatal": "allvarligt-fel",
    "error": "fel",
    "warning": "varning",
    "information": "upplysning",
}
GENDER = {"male": "man", "female": "kvinna", "other": "annat", "unknown": "okant"}
PROTECTION = {
    "sekretessmarkering": "sekretessmarkering",  # OSL 22 kap. 1 §
    "skyddadFolkbokforing": "skyddad-folkbokforing",  # folkbokföringslagen 16 §
    "kvarskrivning": "kvarskrivning",
    "none": "upphort",  # of another code system: the protection is lifted
}
ENDED = {
    "withdrawn": "aterkallad",
    "need-ended": "behov-upphort",
    "moved": "flyttad",
    "transferred": "overflyttad",
}
IDENTIFIER_USE = {
    "usual": "vanligt",
    "official": "officiellt",
    "temp": "tillfalligt",
    "secondary": "sekundart",
    "old": "tidigare",
}
NAME_USE = {
    "usual": "vanligt",
    "official": "officiellt",
    "temp": "tillfalligt",
    "nickname": "smeknamn",
    "anonymous": "anonymt",
    "old": "tidigare",
    "maiden": "flicknamn",
}
ADDRESS_USE = {
    "home": "folkbokforing",
    "work": "arbete",
    "temp": "tillfallig",
    "old": "tidigare",
    "billing": "faktura",
}
ADDRESS_TYPE = {"postal": "postadress", "physical": "besoksadress", "both": "bada"}
ENCOUNTER_STATUS = {
    "planned": "planerad",
    "arrived": "ankommen",
    "triaged": "bedomd",
    "in-progress": "pagaende",
    "onleave": "permission",
    "finished": "avslutad",
    "cancelled": "installd",
    "entered-in-error": "makulerad",
    "unknown": "okand",
}
ENCOUNTER_CLASS = {  # HL7 v3 ActEncounterCode
    "AMB": "oppen-vard",
    "EMER": "akutmottagning",
    "FLD": "faltvard",
    "HH": "hemsjukvard",
    "IMP": "sluten-vard",
    "ACUTE": "akut-sluten-vard",
    "NONAC": "ej-akut-sluten-vard",
    "OBSENC": "observation",
    "PRENC": "fore-inskrivning",
    "SS": "kortvistelse",
    "VR": "distanskontakt",
}
NEED = {
    Need.SOCIAL_SERVICES: "socialtjanst",
    Need.MUNICIPAL_HEALTH_CARE: "kommunal-halso-och-sjukvard",
    Need.PRIMARY_CARE: "regionfinansierad-oppenvard",
}
PLAN_STATUS = {
    "draft": "utkast",
    "active": "aktiv",
    "on-hold": "vilande",
    "revoked": "aterkallad",
    "completed": "avslutad",
    "entered-in-error": "makulerad",
    "unknown": "okand",
}
PLAN_CATEGORY = {  # TypeOfCarePlan, GetCarePlans 2.0 and Inera's FHIR code system
    code: code for code in ("SIP", "SPLPTLRV", "SPU", "VP", "HP", "RP", "GP", "SVP")
}
ACTIVITY_STATUS = {
    "not-started": "ej-paborjad",
    "scheduled": "planerad",
    "in-progress": "pagaende",
    "on-hold": "vilande",
    "completed": "genomford",
    "cancelled": "installd",
    "stopped": "avbruten",
    "unknown": "okand",
    "entered-in-error": "makulerad",
}
TEXT_STATUS = {
    "preparation": "forbereds",
    "in-progress": "pagaende",
    "not-done": "ej-utford",
    "on-hold": "vilande",
    "stopped": "avbruten",
    "completed": "klar",
    "entered-in-error": "makulerad",
    "unknown": "okand",
}
PRIORITY = {"routine": "rutin", "urgent": "skyndsam", "asap": "snarast", "stat": "omedelbart"}
ANSWER_STATUS = {
    "received": "mottagen",  # kvitterad: a person has read it
    "accepted": "accepterad",
    "rejected": "avvisad",
    "completed": "klar",
}
ISSUE_TYPE = {
    code: code
    for code in (
        *("invalid", "structure", "required", "value", "invariant"),
        *("security", "login", "unknown", "expired", "forbidden", "suppressed"),
        *("processing", "not-supported", "duplicate", "multiple-matches", "not-found", "deleted"),
        *("too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict"),
        *("transient", "lock-error", "no-store", "exception", "timeout", "incomplete"),
        *("throttled", "informational"),
    )
}


def code_of(table: dict[Any, str], word: str) -> str:
    """Return the FHIR code of a word that the schema has already checked; "" for ""."""
    return next((str(code) for code, listed in table.items() if listed == word), "")


def word_of(table: dict[Any, str], code: str, expression: str) -> str:
    """Return the word of a FHIR code; FatalError `unknown-code`, with the expression."""
    if not code or code in table:
        return table.get(code, "")
    raise FatalError(
        "unknown-code", expression, [Issue(code="unknown-code", expression=expression)]
    )
