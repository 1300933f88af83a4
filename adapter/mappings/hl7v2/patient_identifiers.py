"""PID-3 and MRG-1 to `Patient.identifier`: which number each repetition is (docs/hl7v2.md).

HL7 v2.8 chapter 3; data type CX. PID-19, PID-2 and PID-4 are older fields for the same numbers,
and MRG-4 is an older field for those of MRG-1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from adapter.core.identifiers import (
    LMA,
    PERSON_SYSTEMS,
    PERSONNUMMER,
    SAMORDNINGSNUMMER,
    STOCKHOLM,
    Identity,
    Problem,
    identity,
    normalised,
)
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import BASE
from adapter.fhir.parts import old_identifier
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.times import fhir_date
from adapter.mappings.hl7v2.validity import Validity, validity

_SYSTEM_OF_TYPE = {  # CX.5: HL7 table 0203, and the types that Nordic feeds send
    "NI": PERSONNUMMER,
    "NN": PERSONNUMMER,
    "NNSWE": PERSONNUMMER,
    "PNR": PERSONNUMMER,
    "SNR": PERSONNUMMER,
    "LMA": LMA,
}
_OF_A_VISIT = frozenset({"VN", "AN", "ANON", "ANC", "ANT"})  # CX.5: visits and accounts
_CIVIC = frozenset({PERSONNUMMER, SAMORDNINGSNUMMER})
_ONLY_DIGITS = _CIVIC | {STOCKHOLM}  # a visit number may have the same form and check digit
_OLDER_FIELDS = ("PID-19", "PID-2", "PID-4")
_PRIOR_FIELDS = ("MRG-1", "MRG-4")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """A repetition of a field: its identity, and the days on which it is valid."""

    identity: Identity
    valid: Validity

    @property
    def key(self) -> tuple[str, str]:
        return self.identity.system, self.identity.value


def patient_identifiers(message: Hl7Message) -> list[Resource]:
    """Return the current identifiers, then the old ones (`use` = `old`).

    Current are those of PID-3 that are valid today, and of an older field where PID-3 has no
    person's number. Old are those that have expired, and those of MRG-1 and MRG-4. FatalError
    `bad-identifier` where the sender's endpoint is strict and a number is wrong.
    """
    numbers = _current_field(message)
    prior = [n for path in _PRIOR_FIELDS for n in _numbers(path, message)]
    problems = sorted({str(p) for n in numbers for p in n.identity.problems})
    message.context.bad_identifier("PID-3", *problems)
    ended = [number for number in numbers if number.valid.ended(message.today)]
    current = [number for number in numbers if number not in ended] or ended
    _check_birth_date(current, message)
    if ended and current == ended:
        message.context.warn("bad-time", "PID-3", "every number has expired: used all the same")
    resources = {number.key: _identifier(number) for number in current}
    for number in (*ended, *prior):
        resources.setdefault(number.key, _old(number))
    return list(resources.values())


def _identifier(number: _Number) -> Resource:
    return {"system": number.identity.system, "value": number.identity.value}


def _old(number: _Number) -> Resource:
    period = number.valid.period()
    return old_identifier(*number.key) | ({"period": period} if period else {})


def _numbers(path: str, message: Hl7Message) -> list[_Number]:
    """Return the numbers of a field that have begun to be valid; the others are a loss."""
    numbers = []
    for value in message.document.values(path):
        valid = validity(value, message, path, start=7, end=8)
        if valid.includes(message.today) or valid.ended(message.today):
            numbers.append(_Number(identity=_identity(value, path, message), valid=valid))
        else:
            message.context.lose(path, "a number that is not valid yet")
    return [number for number in numbers if number.identity.value]


def _current_field(message: Hl7Message) -> list[_Number]:
    numbers = _numbers("PID-3", message)
    for path in _OLDER_FIELDS:
        numbers += _older(path, numbers, message)
    return numbers


def _older(path: str, known: list[_Number], message: Hl7Message) -> list[_Number]:
    """Return the numbers of an older field, unless a person's number is known already."""
    numbers = [] if _has_person(known) else _numbers(path, message)
    if _has_person(numbers):
        return numbers
    if message.document.values(path):
        message.context.lose(path, "only a number of the person is taken from here, and only once")
    return []


def _has_person(numbers: list[_Number]) -> bool:
    return any(number.identity.system in PERSON_SYSTEMS for number in numbers)


def _check_birth_date(numbers: list[_Number], message: Hl7Message) -> None:
    """Warn where PID-7 is not the birth date of a personnummer or samordningsnummer."""
    born = birth_date(message)
    civic = [n.identity for n in numbers if n.identity.system in _CIVIC]
    if any(not _birth_date_of(i).startswith(born) for i in civic if not i.problems):
        message.context.warn("contradiction", "PID-7", "not the birth date of the number in PID-3")


def birth_date(message: Hl7Message) -> str:
    """Return PID-7 as a FHIR date; "" where it is empty or cannot be read."""
    return fhir_date(message.text("PID-7")) or ""


def _birth_date_of(number: Identity) -> str:
    """Return the date in a civic number; the day of a samordningsnummer is 60 more."""
    year, month, day = number.value[:4], number.value[4:6], int(number.value[6:8])
    return f"{year}-{month}-{day - 60 if day > 60 else day:02}"


def _identity(value: Value, path: str, message: Hl7Message) -> Identity:
    """Identify a number by CX.4 (assigning authority), else CX.5 (type), else its own form."""
    on, authority = message.today, _authority(value)
    system = authority or _SYSTEM_OF_TYPE.get(value.part(5).upper(), "")
    if system in PERSON_SYSTEMS:
        number = identity(value.part(), on=on, system=system)
        if number is not None and Problem.FORM not in number.problems:
            return number  # otherwise it may be a reserve number, sent as a personnummer
    elif authority or not _may_go_by_form(value):
        return _local(value, path, message)
    problems = (Problem.FORM,) if system else ()
    return _by_form(value, message) or replace(_local(value, path, message), problems=problems)


def _may_go_by_form(value: Value) -> bool:
    """Whether the form may decide: ten digits with a type are often a local number."""
    kind = value.part(5).upper()
    if kind in _OF_A_VISIT:
        return False
    return len(re.sub(r"[^0-9A-Za-z]", "", value.part())) == 12 or not kind


def _by_form(value: Value, message: Hl7Message) -> Identity | None:
    """Return the number that form, check digit and, for digits alone, the birth date decide."""
    number = identity(value.part(), on=message.today)
    if number is None or number.system not in _ONLY_DIGITS:
        return number
    agrees = number.system in _CIVIC and _birth_date_of(number) == birth_date(message)
    return number if agrees else None


def _authority(value: Value) -> str:
    """Return the OID or URI in CX.4; "" where CX.4 has only a local name."""
    systems = (normalised(text) for text in (value.part(4, 2), value.part(4, 1)) if text)
    return next((s for s in systems if re.match(r"urn:oid:|https?://", s)), "")


def _local(value: Value, path: str, message: Hl7Message) -> Identity:
    """Return a number under its own authority, or under a local system of the sender.

    An old number (MRG) without authority and type is of the same system as one in PID-3.
    """
    system = _authority(value)
    if not system or system in PERSON_SYSTEMS:
        name = value.part(4) or value.part(5) or ("PID-3" if path in _PRIOR_FIELDS else path)
        place = quote(f"{message.organization}/{name}", safe="/")
        system = f"{BASE}/sid/local/{place}"
    return Identity(system=system, value=value.part())
