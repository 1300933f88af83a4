"""PID-3 to `Patient.identifier`: which number each repetition is (docs/hl7v2.md).

HL7 v2.8 chapter 3; data type CX. PID-19, PID-2 and PID-4 are older fields for the same numbers.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

from adapter.core.identifiers import (
    LMA,
    PERSON_SYSTEMS,
    PERSONNUMMER,
    Identity,
    Problem,
    identity,
    normalised,
)
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import BASE
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message

_SYSTEM_OF_TYPE = {  # CX.5: HL7 table 0203, and the types that Nordic feeds send
    "NI": PERSONNUMMER,
    "NN": PERSONNUMMER,
    "NNSWE": PERSONNUMMER,
    "PNR": PERSONNUMMER,
    "SNR": PERSONNUMMER,
    "LMA": LMA,
}
_OLDER_FIELDS = ("PID-19", "PID-2", "PID-4")


def patient_identifiers(message: Hl7Message) -> list[Resource]:
    """Return the identifiers of PID-3, and of an older field where PID-3 has no person's number.

    FatalError `bad-identifier` where the sender's endpoint is strict and a number is wrong.
    """
    numbers = [_identity(value, "PID-3", message) for value in message.document.values("PID-3")]
    for path in _OLDER_FIELDS:
        numbers += _older(path, numbers, message)
    problems = sorted({str(problem) for number in numbers for problem in number.problems})
    message.context.bad_identifier("PID-3", *problems)
    unique = dict.fromkeys((n.system, n.value) for n in numbers if n.value)
    return [{"system": system, "value": value} for system, value in unique]


def _older(path: str, known: list[Identity], message: Hl7Message) -> list[Identity]:
    """Return the numbers of an older field, unless a person's number is known already."""
    values = message.document.values(path)
    numbers = [] if _has_person(known) else [_identity(value, path, message) for value in values]
    if _has_person(numbers):
        return numbers
    if values:
        message.context.lose(path, "only a number of the person is taken from here, and only once")
    return []


def _has_person(numbers: list[Identity]) -> bool:
    return any(number.system in PERSON_SYSTEMS for number in numbers)


def _identity(value: Value, path: str, message: Hl7Message) -> Identity:
    """Identify a number by CX.4 (assigning authority), else CX.5 (type), else form and check."""
    on, authority = message.recorded.date(), _authority(value)
    system = authority or _SYSTEM_OF_TYPE.get(value.part(5).upper(), "")
    if system in PERSON_SYSTEMS:
        number = identity(value.part(), on=on, system=system)
        if number is not None and Problem.FORM not in number.problems:
            return number  # otherwise it may be a reserve number, sent as a personnummer
    elif authority or not _may_go_by_form(value):
        return _local(value, path, message)
    problems = (Problem.FORM,) if system else ()
    return identity(value.part(), on=on) or replace(_local(value, path, message), problems=problems)


def _may_go_by_form(value: Value) -> bool:
    """Whether form and check digit suffice: ten digits with a type are often a local number."""
    return len(re.sub(r"[^0-9A-Za-z]", "", value.part())) == 12 or not value.part(5)


def _authority(value: Value) -> str:
    """Return the OID or URI in CX.4; "" where CX.4 has only a local name."""
    systems = (normalised(text) for text in (value.part(4, 2), value.part(4, 1)) if text)
    return next((s for s in systems if re.match(r"urn:oid:|https?://", s)), "")


def _local(value: Value, path: str, message: Hl7Message) -> Identity:
    """Return a number under its own authority, or under a local system of the sender."""
    system = _authority(value)
    if not system or system in PERSON_SYSTEMS:
        name = value.part(4) or value.part(5) or path
        place = quote(f"{message.organization}/{name}", safe="/")
        system = f"{BASE}/sid/local/{place}"
    return Identity(system=system, value=value.part())
