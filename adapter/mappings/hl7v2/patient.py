"""PID and PD1 (HL7 v2.8 chapter 3) to the Patient of a message."""

from __future__ import annotations

import re

from adapter.fhir.builders import new_id
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import municipality_extension, present, security_labels
from adapter.mappings.hl7v2.events import is_dead
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.patient_identifiers import patient_identifiers
from adapter.mappings.hl7v2.times import fhir_date

_GENDER = {
    "M": "male",
    "F": "female",
    "O": "other",
    "A": "other",
    "N": "other",
    "U": "unknown",
}  # HL7 table 0001
_REGISTERED = ("FOLKBOKFÖRING", "FB", "RH", "L", "P", "H", "")
"""XAD.7 of an address of registration (folkbokföringsadress), the most certain first.

First the words of Swedish feeds, then HL7 table 0190 (registry home, legal, permanent, home),
then no type.
"""
_USES = {"C": "temp", "B": "work", "O": "work"}  # HL7 table 0190; its other codes give no use
_NAME_RANK = {"L": 0, "": 1, "D": 2}  # XPN.7, HL7 table 0200: legal, no type, display
_PROTECTED = {"Y": "sekretessmarkering", "F": "skyddadFolkbokforing"}  # PD1-12; F is ours


def patient(message: Hl7Message) -> Resource:
    """Return the Patient; FatalError `bad-identifier` where a strict sender has a wrong number."""
    death = _death(message)
    fields = {
        "resourceType": "Patient",
        "id": new_id(message.content, "patient"),
        "meta": _meta(message),
        "identifier": patient_identifiers(message),
        "name": _names(message),
        "gender": _GENDER.get(message.text("PID-8").upper(), ""),
        "birthDate": _birth_date(message),
        "address": _addresses(message),
    }
    return present(fields) | death


def _meta(message: Hl7Message) -> Resource:
    """Return the labels of PD1-12. An unknown code protects: that error can be corrected later."""
    codes = [value.part().upper() for value in message.document.values("PD1-12")]
    if any(code not in (*_PROTECTED, "N") for code in codes):
        message.context.warn("unknown-code", "PD1-12", "read as sekretessmarkering")
    labels = {_PROTECTED.get(code, "sekretessmarkering") for code in codes if code != "N"}
    return present({"security": security_labels(sorted(labels))})


def _names(message: Hl7Message) -> list[Resource]:
    """Return the legal name (XPN.7 = L), else one without a type, else the first."""
    names = message.document.values("PID-5")
    if len(names) > 1:
        message.context.lose("PID-5", "only the legal name is carried")
    name = min(names, key=lambda n: _NAME_RANK.get(n.part(7).upper(), 3), default=None)
    if name is None:
        return []
    given = [part for part in (name.part(2), name.part(3)) if part]
    parts = present({"family": name.part(1), "given": given})
    return [parts] if parts else []


def _birth_date(message: Hl7Message) -> str:
    text = message.text("PID-7")
    born = fhir_date(text)
    if text and not born:
        message.context.warn("bad-time", "PID-7")
    return born or ""


def _death(message: Hl7Message) -> Resource:
    if not is_dead(message.document):
        return {}
    when = message.moment("PID-29")
    return {"deceasedDateTime": when.fhir()} if when else {"deceasedBoolean": True}


def _addresses(message: Hl7Message) -> list[Resource]:
    """Return one address with its municipality: XAD.9, else the setting of the sender.

    It is the address of registration; another one only for a person who has none.
    """
    values = message.document.values("PID-11")
    if len(values) > 1:
        message.context.lose("PID-11", "only the address of registration is carried")
    chosen = min(values, key=_rank, default=None)
    address = _address(chosen) if chosen else {}
    stated = _municipality(chosen, message) if chosen else ""
    code = stated or message.context.sender.municipality
    if not code:
        return [address] if address else []
    return [{"extension": [municipality_extension(code)]} | (address or {"use": "home"})]


def _rank(value: Value) -> int:
    kind = value.part(7).upper()
    return _REGISTERED.index(kind) if kind in _REGISTERED else len(_REGISTERED)


def _address(value: Value) -> Resource:
    """Return an XAD as Address. Only an address of registration has the use `home`."""
    street = value.part(1)
    street += "".join(f" {p}" for p in (value.part(1, 2), value.part(1, 3)) if p not in street)
    kind = value.part(7).upper()
    address = present(
        {
            "use": "home" if kind in _REGISTERED else _USES.get(kind, ""),
            "type": "postal" if kind == "M" else "",
            "line": [line for line in (street, value.part(2)) if line],
            "city": value.part(3),
            "postalCode": value.part(5),
            "country": value.part(6),
        }
    )
    return address if address.keys() - {"use", "type"} else {}


def _municipality(value: Value, message: Hl7Message) -> str:
    """Return the kommunkod: four digits, or the first four of an LKF code (six, with parish)."""
    text = value.part(9)
    if re.fullmatch(r"[0-9]{4}(?:[0-9]{2})?", text):
        return text[:4]
    if text:
        message.context.warn("unknown-code", "PID-11.9", "not a municipality code")
    return ""
