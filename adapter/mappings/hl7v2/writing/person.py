"""Patient to PID and PD1 (HL7 v2.5.1 chapter 3). Our own reader reads both back."""

from __future__ import annotations

from datetime import date

from adapter.core.identifiers import hsa_id
from adapter.fhir import labels
from adapter.fhir.canonical import DATA_ABSENT, MUNICIPALITY, PROTECTED, SECURITY
from adapter.fhir.codings import is_assumed
from adapter.fhir.concept_maps import translations
from adapter.fhir.parts import WITHHELD
from adapter.fhir.validity import is_over
from adapter.mappings import Context
from adapter.mappings.hl7v2.writing.er7 import Field, components, repeated, segment
from adapter.mappings.hl7v2.writing.header import organisation
from adapter.mappings.hl7v2.writing.numbers import patient_number
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage
from adapter.mappings.hl7v2.writing.parties import telecom

_NAME_TYPES = {"official": "L", "usual": "D", "nickname": "N", "maiden": "M"}  # table 0200
_USES = {"home": "H", "work": "B", "temp": "C"}  # HL7 table 0190
_POSTAL = "M"
_OVER = frozenset({"old", "anonymous"})  # names and addresses that are not to be used
_LEVELS = {level: code for code, level in translations("v2-protection", SECURITY).items()}
_HSA_OID = "1.2.752.29.4.19"


def _gender_codes() -> dict[str, str]:
    """The first code of table 0001 for each gender."""
    codes: dict[str, str] = {}
    for code, gender in translations("v2-gender").items():
        codes.setdefault(gender, code)
    return codes


_GENDERS = _gender_codes()


def person(outgoing: OutgoingMessage, patient: Node, context: Context) -> str:
    """Return PID; FatalError `unknown-code` for a gender that table 0001 does not have."""
    own = hsa_id((context.receiver or context.sender).organization)
    patient.take_implied("active", True)  # noqa: FBT003 - the value of the element
    on = context.recorded.date()
    died = patient.take_time("deceasedDateTime")
    fields = {
        1: "1",
        3: repeated(patient_number(i, own) for i in patient.parts("identifier")),
        5: repeated(_name(n) for n in _used(patient, "name", on)) or components(*[""] * 6, "U"),
        7: patient.take_time("birthDate"),
        8: patient.take_coded("gender", _GENDERS),
        11: repeated(_address(a) for a in _used(patient, "address", on)),
        13: repeated(telecom(t) for t in patient.parts("telecom")),
        29: died,
        30: "Y" if died else _death(patient),
    }
    return segment("PID", fields)


def withhold_address(patient: Node, context: Context) -> Node:
    """Return the patient without address and telephone, where no segment can tell the protection.

    An MDM has no PD1: its receiver would not see that the identity is protected.
    """
    if not labels.is_protected(patient.outgoing.bundle):
        return patient
    kept = {k: v for k, v in patient.value.items() if k not in ("address", "telecom")}
    if "address" in patient.value:
        context.lose("Patient.address", "withheld: an MDM cannot tell that the person is protected")
        patient.mark("address")
        kept["address"] = [{"use": "home", "text": WITHHELD}]
    return Node(value=kept, path=patient.path, outgoing=patient.outgoing)


def additional(outgoing: OutgoingMessage, patient: Node) -> str:
    """Return PD1: the listed centre, and the protection of the identity; "" without either."""
    centre = next(iter(patient.parts("generalPractitioner")), None)
    hsa, name = organisation(centre, outgoing) if centre else ("", "")
    at = components(name, *[""] * 4, ("", _HSA_OID, "ISO") if hsa else "", "", "", "", hsa)
    protected = _protection(outgoing, patient)
    return segment("PD1", {3: at, 12: protected}) if at or protected else ""


def _protection(outgoing: OutgoingMessage, patient: Node) -> str:
    """Return PD1-12: the strongest level that any resource is labelled with, or `N`: lifted."""
    level = labels.protection(outgoing.bundle)
    for label in patient.part("meta").parts("security"):
        if level:
            label.mark()
    return _LEVELS[level] if level in PROTECTED else "N" if level else ""


def mark_protection(patient: Node) -> None:
    """Take the labels of the patient, which TXA-18 tells as `restricted`, without the level."""
    for label in patient.part("meta").parts("security"):
        if label.peek("code") in PROTECTED:
            label.mark("system")


def _used(patient: Node, key: str, on: date) -> list[Node]:
    """The names or addresses that are not over: what we leave out is a loss."""
    return [part for part in patient.parts(key) if not is_over(part.value, on)]


def _name(name: Node) -> Field:
    """Return a HumanName as XPN; "" for one that is not in use, or is unknown."""
    if name.peek("use") in _OVER or _is_unknown(name):
        return Field("")
    given, family, text = name.take_all("given"), name.take("family"), ""
    if not given and not family:
        text = name.take("text")
    kind = name.take_coded("use", _NAME_TYPES) if name.peek("use") in _NAME_TYPES else ""
    suffix, prefix = (" ".join(name.take_all(key)) for key in ("suffix", "prefix"))
    first, rest = "".join(given[:1]), " ".join(given[1:])
    return components(
        family or text, first, rest, suffix, prefix, "", kind or ("D" if text else "")
    )


def _is_unknown(node: Node) -> bool:
    """Whether the source does not know the value; its absence says the same."""
    marks = [e for e in node.parts("extension") if e.peek("url") == DATA_ABSENT]
    for mark in marks:
        mark.mark()
    return bool(marks)


def _address(address: Node) -> Field:
    """Return an Address as XAD; "" for one that is over, or is unknown."""
    if address.peek("use") in _OVER or _is_unknown(address):
        return Field("")
    lines, city = address.take_all("line"), address.take("city")
    if not lines and not city:
        lines = [address.take("text")]
    kind = address.take_coded("use", _USES) if address.peek("use") in _USES else ""
    if address.peek("type") == "postal" and not kind:
        address.mark("type")
        kind = _POSTAL
    period = address.part("period")
    since, until = (period.take_time(key) for key in ("start", "end"))
    street, other = "".join(lines[:1]), ", ".join(lines[1:])
    code, country = address.take("postalCode"), address.take("country")
    return components(
        street, other, city, "", code, country, kind, "", _municipality(address), "", "", "",
        since, until,
    )  # fmt: skip


def _municipality(address: Node) -> str:
    """Return the municipality code; one that nobody stated is a loss."""
    coding = address.extension("municipality").part("valueCoding")
    if not coding or is_assumed(coding.value):
        return ""
    coding.take_implied("system", MUNICIPALITY)
    coding.mark("display")
    return coding.take("code")


def _death(patient: Node) -> str:
    dead = patient.peek("deceasedBoolean")
    if not isinstance(dead, bool):
        return ""
    patient.mark("deceasedBoolean")
    return "Y" if dead else "N"
