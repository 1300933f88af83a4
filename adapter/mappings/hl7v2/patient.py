"""PID and PD1 (HL7 v2.8 chapter 3) as the one Patient of a message."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

from adapter.core.errors import FatalError, Issue
from adapter.core.identifiers import (
    LMA,
    PERSON_SYSTEMS,
    PERSONNUMMER,
    Identity,
    Problem,
    identity,
    normalised,
)
from adapter.fhir.builders import extension, new_id
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import BASE, MUNICIPALITY, SECURITY
from adapter.mappings.hl7v2.events import is_dead
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.times import day

_TYPES = {  # PID-3.5: table 0203, and what Nordic feeds write
    "NI": PERSONNUMMER,
    "NN": PERSONNUMMER,
    "NNSWE": PERSONNUMMER,
    "PNR": PERSONNUMMER,
    "SNR": PERSONNUMMER,
    "LMA": LMA,
}
_GENDER = {
    "M": "male",
    "F": "female",
    "O": "other",
    "A": "other",
    "N": "other",
    "U": "unknown",
}  # table 0001
_REGISTERED = ("FOLKBOKFÖRING", "FB", "RH", "L", "P", "H", "")
"""PID-11.7 of the address of registration (folkbokföringsadress), the surest first: the words
of Swedish feeds, then table 0190 (registry home, legal, permanent, home), then none."""
_USES = {"C": "temp", "B": "work", "O": "work"}  # the others of table 0190 say nothing of use
_NAME_RANK = {"L": 0, "": 1, "D": 2}  # table 0200: legal, not said, display
_PROTECTED = {"Y": "sekretessmarkering", "F": "skyddadFolkbokforing"}


def patient(reading: Hl7Message) -> Resource:
    """The Patient; FatalError `bad-identifier` where the sender must be strict and is not."""
    dead = _death(reading)
    found: Resource = {
        "resourceType": "Patient",
        "id": new_id(reading.content, "patient"),
        "meta": _meta(reading),
        "identifier": _identifiers(reading),
        "name": _names(reading),
        "gender": _GENDER.get(reading.text("PID-8").upper(), ""),
        "birthDate": _born(reading),
        "address": _addresses(reading),
    }
    return {k: v for k, v in found.items() if v} | dead


def _meta(reading: Hl7Message) -> Resource:
    """PD1-12: Y is sekretessmarkering, F (ours) skyddad folkbokföring; both may be told.

    What we cannot read protects: to show too little can be mended.
    """
    said = [value.part().upper() for value in reading.document.values("PD1-12")]
    if any(code not in (*_PROTECTED, "N") for code in said):
        reading.context.warn("unknown-code", "PD1-12", "read as sekretessmarkering")
    codes = {_PROTECTED.get(code, "sekretessmarkering") for code in said if code != "N"}
    labels = [{"system": SECURITY, "code": code} for code in sorted(codes)]
    return {"security": labels} if labels else {}


def _identifiers(reading: Hl7Message) -> list[Resource]:
    """PID-3; and an older field (PID-19, 2, 4) where PID-3 has no number of a person."""
    found = [_identity(value, "PID-3", reading) for value in reading.document.values("PID-3")]
    for path in ("PID-19", "PID-2", "PID-4"):
        found += _older(path, found, reading)
    _judge(found, reading)
    unique = dict.fromkeys((i.system, i.value) for i in found if i.value)
    return [{"system": system, "value": value} for system, value in unique]


def _older(path: str, found: list[Identity], reading: Hl7Message) -> list[Identity]:
    values = reading.document.values(path)
    read = [] if _has_person(found) else [_identity(value, path, reading) for value in values]
    if _has_person(read):
        return read
    if values:
        reading.context.lose(path, "only a number of the person is taken from here, and only once")
    return []


def _has_person(found: list[Identity]) -> bool:
    return any(i.system in PERSON_SYSTEMS for i in found)


def _identity(value: Value, path: str, reading: Hl7Message) -> Identity:
    """By the assigning authority's OID, else by the identifier type, else by form and check."""
    on, authority = reading.recorded.date(), _authority(value)
    named = authority or _TYPES.get(value.part(5).upper(), "")
    if named in PERSON_SYSTEMS:
        found = identity(value.part(), on=on, system=named)
        if found is not None and Problem.FORM not in found.problems:
            return found  # else perhaps a reserve number, sent under the name of a personnummer
    elif authority or not _may_be_evident(value):
        return _local(value, path, reading)
    problems = (Problem.FORM,) if named else ()
    return identity(value.part(), on=on) or replace(_local(value, path, reading), problems=problems)


def _may_be_evident(value: Value) -> bool:
    """Ten digits with a type of another kind are too often a local number that happens to fit."""
    return len(re.sub(r"[^0-9A-Za-z]", "", value.part())) == 12 or not value.part(5)


def _authority(value: Value) -> str:
    """The system that CX.4 names by OID or URI; "" where it has only a local name."""
    systems = (normalised(text) for text in (value.part(4, 2), value.part(4, 1)) if text)
    return next((s for s in systems if re.match(r"urn:oid:|https?://", s)), "")


def _local(value: Value, path: str, reading: Hl7Message) -> Identity:
    system = _authority(value)
    if not system or system in PERSON_SYSTEMS:
        name = value.part(4) or value.part(5) or path
        place = quote(f"{reading.organization}/{name}", safe="/")
        system = f"{BASE}/sid/local/{place}"
    return Identity(system=system, value=value.part())


def _judge(found: list[Identity], reading: Hl7Message) -> None:
    odd = sorted({problem for i in found for problem in i.problems})
    if odd and reading.context.sender.strict_identifiers:
        issues = [Issue(code="bad-identifier", expression="PID-3", detail=str(p)) for p in odd]
        raise FatalError("bad-identifier", "PID-3", issues)
    for problem in odd:
        reading.context.warn("bad-identifier", "PID-3", str(problem))


def _names(reading: Hl7Message) -> list[Resource]:
    """The legal name (XPN.7 = L), else one without a type, else the first."""
    names = reading.document.values("PID-5")
    if len(names) > 1:
        reading.context.lose("PID-5", "only the legal name is carried")
    name = min(names, key=lambda n: _NAME_RANK.get(n.part(7).upper(), 3), default=None)
    if name is None:
        return []
    given = [part for part in (name.part(2), name.part(3)) if part]
    parts = {"family": name.part(1), "given": given}
    return [{k: v for k, v in parts.items() if v}] if any(parts.values()) else []


def _born(reading: Hl7Message) -> str:
    text = reading.text("PID-7")
    found = day(text)
    if text and not found:
        reading.context.warn("bad-time", "PID-7")
    return found or ""


def _death(reading: Hl7Message) -> Resource:
    if not is_dead(reading.document):
        return {}
    when = reading.moment("PID-29")
    return {"deceasedDateTime": when.fhir()} if when else {"deceasedBoolean": True}


def _addresses(reading: Hl7Message) -> list[Resource]:
    """The address of registration, with the municipality: PID-11.9, else the sender's setting.

    A person who is not registered anywhere is told by the address that there is.
    """
    values = reading.document.values("PID-11")
    if len(values) > 1:
        reading.context.lose("PID-11", "only the address of registration is carried")
    chosen = min(values, key=_rank, default=None)
    address = _address(chosen) if chosen else {}
    own = _municipality(chosen, reading) if chosen else ""
    code = own or reading.context.sender.municipality
    if not code:
        return [address] if address else []
    coding = extension("municipality", "Coding", {"system": MUNICIPALITY, "code": code})
    return [{"extension": [coding]} | (address or {"use": "home"})]


def _rank(value: Value) -> int:
    kind = value.part(7).upper()
    return _REGISTERED.index(kind) if kind in _REGISTERED else len(_REGISTERED)


def _address(value: Value) -> Resource:
    """XAD. Only an address of registration has the use `home`."""
    street = value.part(1)
    street += "".join(f" {p}" for p in (value.part(1, 2), value.part(1, 3)) if p not in street)
    kind = value.part(7).upper()
    found: Resource = {
        "use": "home" if kind in _REGISTERED else _USES.get(kind, ""),
        "type": "postal" if kind == "M" else "",
        "line": [line for line in (street, value.part(2)) if line],
        "city": value.part(3),
        "postalCode": value.part(5),
        "country": value.part(6),
    }
    said = {k: v for k, v in found.items() if v}
    return said if said.keys() - {"use", "type"} else {}


def _municipality(value: Value, reading: Hl7Message) -> str:
    """Four digits (kommunkod), or six of which the first four are it (LKF, with the parish)."""
    text = value.part(9)
    if re.fullmatch(r"[0-9]{4}(?:[0-9]{2})?", text):
        return text[:4]
    if text:
        reading.context.warn("unknown-code", "PID-11.9", "not a municipality code")
    return ""
