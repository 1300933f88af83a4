"""PV1-2 and PV1-36: the class of the visit, and how the stay ended, as FHIR codes.

Class: HL7 table 0004 by profiles/ConceptMap-v2-class.json. HL7's v2-to-FHIR concept map has E, I, O
and P, and leaves R, B and C in table 0004; ours gives these the ActCode that says whether the visit
is inpatient care: B is childbirth (sluten vård), C samples without a patient in the house, R a
series of outpatient visits. Disposition: HL7 table 0112 by profiles/ConceptMap-v2-disposition.json.
A sender's own codes are in its settings `classes` and `dispositions`.
"""

from __future__ import annotations

from adapter.core.endpoint import ActCode, Disposition
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ENCOUNTER_CLASS
from adapter.fhir.concept_maps import translations
from adapter.fhir.parts import unknown
from adapter.mappings.hl7v2.hl7_message import Hl7Message

INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
_INPATIENT = frozenset({ActCode.IMP, ActCode.ACUTE, ActCode.NONAC})
_CLASSES = {code: ActCode(act) for code, act in translations("v2-class").items()}
_NOT_STATED = frozenset({"", "N", "U"})  # not applicable, unknown
_BY_TRIGGER = {
    "A01": ActCode.IMP,
    "A04": ActCode.AMB,
    "A05": ActCode.PRENC,
    "A06": ActCode.IMP,
}
_DISPLAY = {
    ActCode.IMP: "inpatient encounter",
    ActCode.EMER: "emergency",
    ActCode.AMB: "ambulatory",
    ActCode.PRENC: "pre-admission",
}
_DISPOSITIONS = {code: Disposition(way) for code, way in translations("v2-disposition").items()}


def visit_class(message: Hl7Message) -> Resource:
    """Return `Encounter.class`: of PV1-2, else what the trigger says.

    Where neither says one it is IMP, and `userSelected` is false: the case keeps the class that it
    has. Of a code that nobody knows the class is also marked as unknown: it may be no inpatient
    care. A06 makes the patient an inpatient, and A07 cancels the inpatient stay: both are about it,
    whatever PV1-2 says.
    """
    code = _stated(message)
    if message.trigger == "A07":
        if code not in (None, ActCode.IMP, ActCode.AMB):
            message.document.leave("PV1-2", "A07 is about the inpatient stay that it cancels")
        return _coding(ActCode.IMP)
    if message.trigger == "A06" and code and code not in _INPATIENT:
        message.context.warn("contradiction", "PV1-2", "A06 makes the patient an inpatient")
        return _coding(ActCode.IMP)
    said = code or _BY_TRIGGER.get(message.trigger)
    if said:
        return _coding(said)
    assumed = _coding(ActCode.IMP) | {"userSelected": False}
    is_stated = message.document.peek("PV1-2").upper() not in _NOT_STATED
    return assumed | unknown() if is_stated else assumed


def _stated(message: Hl7Message) -> ActCode | None:
    """Return the class in PV1-2; None where it states none, or an unknown one (a warning)."""
    text = message.text("PV1-2")
    code = message.context.sender.classes.get(text) or _CLASSES.get(text.upper())
    if not code and text.upper() not in _NOT_STATED:
        message.context.warn("unknown-code", "PV1-2", "only the trigger can say the class")
    return code


def _coding(code: ActCode) -> Resource:
    coding = {"system": ENCOUNTER_CLASS, "code": str(code)}
    return coding | ({"display": _DISPLAY[code]} if code in _DISPLAY else {})


def disposition(message: Hl7Message) -> Disposition | None:
    """Return how the patient left (PV1-36); None where empty, or unknown (a warning)."""
    text = message.text("PV1-36")
    code = message.context.sender.dispositions.get(text) or _DISPOSITIONS.get(text)
    if text and not code:
        message.context.warn("unknown-code", "PV1-36", "read as a discharge")
    return code
