"""PID-3 and MRG-1 to `Patient.identifier`: which number each repetition is (docs/hl7v2.md).

HL7 v2.8 chapter 3; data type CX. PID-19, PID-2 and PID-4 are older fields for the same numbers,
and MRG-4 is an older field for those of MRG-1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from adapter.core.identifiers import (
    PERSON_SYSTEMS,
    STOCKHOLM,
    Identity,
    Problem,
    identity,
)
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import BASE
from adapter.fhir.parts import old_identifier
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.number_kinds import CIVIC, SYSTEM_OF_TYPE, authority_of, mark_kind
from adapter.mappings.hl7v2.times import fhir_date
from adapter.mappings.hl7v2.validity import Validity, validity

_OF_A_VISIT = frozenset({"VN", "AN", "ANON", "ANC", "ANT"})  # CX.5: visits and accounts
_AUTHORITY, _TYPE, _EFFECTIVE, _EXPIRATION = 4, 5, 7, 8  # components of CX
_ONLY_DIGITS = CIVIC | {STOCKHOLM}  # a visit number may have the same form and check digit
_OLDER_FIELDS = ("PID-19", "PID-2", "PID-4")
_PRIOR_FIELDS = ("MRG-1", "MRG-4")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """A repetition of a field: its identity, and the days on which it is valid."""

    value: Value
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
    number.value.mark(_EXPIRATION)
    period = number.valid.period()
    return old_identifier(*number.key) | ({"period": period} if period else {})


def _numbers(path: str, message: Hl7Message) -> list[_Number]:
    """Return the numbers of a field that have begun to be valid; the others are left."""
    numbers = []
    for value in message.document.values(path):
        valid = validity(value, message, path, start=_EFFECTIVE, end=_EXPIRATION)
        if not value.peek():
            value.leave("no number")
        elif valid.includes(message.today) or valid.ended(message.today):
            identified = _identity(value, path, message)
            mark_kind(value, identified.system, message)
            numbers.append(_Number(value=value, identity=identified, valid=valid))
        else:
            value.leave("a number that is not valid yet")
    return numbers


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
    message.document.leave(path, "only a number of the person is taken from here, and only once")
    return []


def _has_person(numbers: list[_Number]) -> bool:
    return any(number.identity.system in PERSON_SYSTEMS for number in numbers)


def _check_birth_date(numbers: list[_Number], message: Hl7Message) -> None:
    """Warn where PID-7 is not the birth date of a personnummer or samordningsnummer."""
    born = birth_date(message)
    civic = [n.identity for n in numbers if n.identity.system in CIVIC]
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
    on, authority = message.today, authority_of(value)
    system = authority or SYSTEM_OF_TYPE.get(value.peek(5).upper(), "")
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
    kind = value.peek(5).upper()
    if kind in _OF_A_VISIT:
        return False
    return len(re.sub(r"[^0-9A-Za-z]", "", value.peek())) == 12 or not kind


def _by_form(value: Value, message: Hl7Message) -> Identity | None:
    """Return the number that form, check digit and, for digits alone, the birth date decide."""
    number = identity(value.part(), on=message.today)
    if number is None or number.system not in _ONLY_DIGITS:
        return number
    agrees = number.system in CIVIC and _birth_date_of(number) == birth_date(message)
    return number if agrees else None


def _local(value: Value, path: str, message: Hl7Message) -> Identity:
    """Return a number under its own authority, or under a local system of the sender.

    An old number (MRG) without authority and type is of the same system as one in PID-3.
    """
    system = authority_of(value)
    if not system or system in PERSON_SYSTEMS:
        name = _local_name(value) or ("PID-3" if path in _PRIOR_FIELDS else path)
        place = quote(f"{message.organization}/{name}", safe="/")
        system = f"{BASE}/sid/local/{place}"
    return Identity(system=system, value=value.part())


def _local_name(value: Value) -> str:
    """Read the name of the authority (CX.4.1), else the type (CX.5)."""
    return value.part(_AUTHORITY if value.peek(_AUTHORITY) else _TYPE)
