"""Where in the HL7 v2 message a problem is: ERR-2 since v2.5, ERR-1 before (HL7 v2.8 chapter 2).

A mapping names a field (`PID-3`). What is found later, in the FHIR message or in the case, names
an element, or nothing: the tables here name the field that it was read from.
"""

from __future__ import annotations

import re

from adapter.mappings.hl7v2.separators import Separators

_FIELD = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[([0-9]+)\])?"  # segment, its number
    r"(?:-([0-9]+)(?:\[([0-9]+)\])?(?:\.([0-9]+)(?:\.([0-9]+))?)?)?"  # field … subcomponent
)
_ELEMENTS = {  # a FHIRPath begins with
    "MessageHeader.extension": "EVN-2",
    "MessageHeader.event": "MSH-9",
    "MessageHeader.sender": "MSH-4",
    "Patient.identifier": "PID-3",
    "Patient.name": "PID-5",
    "Patient.birthDate": "PID-7",
    "Patient.gender": "PID-8",
    "Patient.address": "PID-11",
    "Patient.address.extension": "PID-11.9",
    "Patient.deceased": "PID-29",
    "Patient.generalPractitioner": "PD1-4",
    "Patient.meta": "PD1-12",
    "Patient": "PID",
    "Encounter.identifier": "PV1-19",
    "Encounter.class": "PV1-2",
    "Encounter.location": "PV1-3",
    "Encounter.hospitalization": "PV1-36",
    "Encounter.period.start": "PV1-44",
    "Encounter.period.end": "PV1-45",
    "Encounter.period": "PV1-44",
    "Encounter": "PV1",
}
_SEGMENTS = frozenset({"PID", "PV1"})
_ROOTED = re.compile(r"Bundle\.entry\[([0-9]+)\]\.resource\.(.+)")
_ENTRIES = {  # the types of the first entries of a message that this mapping reads
    "0": ("MessageHeader",),
    "1": ("Encounter", "Patient"),
    "2": ("Patient",),
}
_CODES = {  # of our codes that say nothing more
    "unknown-event": "MSH-9",
    "unmapped-event": "MSH-9",
    "no-queries": "MSH-9",
    "no-return-address": "MSH-16",
    "not-used": "MSH-9",
    "reused-control-id": "MSH-10",
    "copy": "MSH-10",
    "wrong-charset": "MSH-18",
    "required": "PID",
    "several-patients": "PID[2]",
    "no-case": "PV1-19",
    "other-patient": "PV1-19",
    "ambiguous-case": "PV1-19",
    "not-entitled": "PV1-19",
    "outpatient-assessment": "ZSP",
    "nobody-to-tell": "ZSP",
    "late-word": "EVN-2",
}


def place(expression: str, code: str) -> tuple[str, ...]:
    """Return segment, number, field, repetition, component and subcomponent of a problem.

    Without the empty ones at the end; () where the place is unknown.
    """
    match = _FIELD.fullmatch(_field(expression, code))
    if match is None:
        return ()
    name, number, field, *inner = match.groups(default="")
    parts = [name, number or ("1" if field else ""), field, *inner]
    while not parts[-1]:
        parts.pop()
    return tuple(parts)


def _field(expression: str, code: str) -> str:
    if _FIELD.fullmatch(expression):
        return expression
    paths = _by_type(expression)
    fields = {_of_element(path) for path in paths} - {""}
    if len(paths) > 1:  # the name of its segment would be a guess
        fields -= _SEGMENTS
    if len(fields) == 1:
        return fields.pop()
    return "" if expression else _CODES.get(code, "")


def _by_type(expression: str) -> list[str]:
    """Return a path from the Bundle on as paths from the types that the entry may have."""
    rooted = _ROOTED.fullmatch(expression)
    if rooted is None:
        return [expression]
    return [f"{type_}.{rooted[2]}" for type_ in _ENTRIES.get(rooted[1], ())]


def _of_element(path: str) -> str:
    element = max((e for e in _ELEMENTS if path.startswith(e)), key=len, default="")
    return _ELEMENTS.get(element, "")


def is_field(expression: str) -> bool:
    """Whether an expression is a path of HL7 v2, so that the place says all of it."""
    return _FIELD.fullmatch(expression) is not None


def since_2_5(parts: tuple[str, ...], separators: Separators) -> str:
    """Return ERR-2 (ERL): up to the subcomponent."""
    return separators.component.join(parts)


def before_2_5(parts: tuple[str, ...], separators: Separators) -> str:
    """Return the first three components of ERR-1 (ELD): segment, its number, field."""
    return separators.component.join([*parts, "", "", ""][:3])
