"""PID and PD1 (HL7 v2.8 chapter 3) to the Patient of a message."""

from __future__ import annotations

import re

from adapter.core.endpoint import Gender
from adapter.core.identifiers import hsa_id, looks_like_hsa_id
from adapter.fhir.builders import new_id
from adapter.fhir.bundles import Resource
from adapter.fhir.concept_maps import translations
from adapter.fhir.parts import listed_at, present
from adapter.mappings.hl7v2 import protection
from adapter.mappings.hl7v2.addresses import addresses
from adapter.mappings.hl7v2.events import is_dead
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.patient_identifiers import birth_date, patient_identifiers
from adapter.mappings.hl7v2.validity import validity

_GENDER = {code: Gender(gender) for code, gender in translations("v2-gender").items()}
_NAME_RANK = {"L": 0, "": 1, "D": 2}  # XPN.7, HL7 table 0200: legal, no type, display
_LISTED = (  # the field, and its components that may hold the HSA-id
    ("PD1-4", (14, 1)),  # primary care provider (XCN): the facility, or the provider's own id
    ("PD1-3", (10, 3, 1)),  # primary facility (XON)
)


def patient(message: Hl7Message) -> Resource:
    """Return the Patient; FatalError `bad-identifier` where a strict sender has a wrong number."""
    fields = {
        "resourceType": "Patient",
        "id": new_id(message.content, "patient"),
        "meta": present({"security": protection.labels(message)}),
        "identifier": patient_identifiers(message),
        "name": _names(message),
        "gender": _gender(message),
        "birthDate": _birth_date(message),
        "address": addresses(message),
        "generalPractitioner": _listed_centre(message),
    }
    return present(fields) | _death(message)


def _names(message: Hl7Message) -> list[Resource]:
    """Return the legal name (XPN.7 = L), else one without a type, else the first. Others are left.

    A name that is valid today has priority over one that is not, which is used with a warning.
    """
    names = message.document.values("PID-5")
    valid = [name for name in names if _is_valid(name, message)]
    name = min(valid or names, key=_rank, default=None)
    for other in names:
        if other is not name:
            other.leave("only the legal name that is valid today is carried")
    if name is None:
        return []
    if not valid:
        message.clock.warn_once("bad-time", "PID-5", "no name is valid today: used all the same")
    return _written(name)


def _rank(name: Value) -> int:
    return _NAME_RANK.get(name.peek(7).upper(), len(_NAME_RANK))


def _written(name: Value) -> list[Resource]:
    """Return an XPN as HumanName. Of its type nothing is told: one that we do not rank is lost."""
    if _rank(name) < len(_NAME_RANK):
        name.mark(7)
    given = [part for part in (name.part(2), name.part(3)) if part]
    parts = present({"family": name.part(1), "given": given})
    if not parts:
        name.leave("no name")
    return [parts] if parts else []


def _is_valid(name: Value, message: Hl7Message) -> bool:
    period = validity(name, message, "PID-5", start=12, end=13, range_=10)
    return period.includes(message.today)


def _gender(message: Hl7Message) -> str:
    """Return the gender by the sender's own table, else by HL7's; "" for an unknown code."""
    text = message.text("PID-8")
    gender = message.context.sender.genders.get(text) or _GENDER.get(text.upper())
    if text and not gender:
        message.context.warn("unknown-code", "PID-8", "left out")
        message.context.lose("PID-8", "a code that is neither HL7's nor in the sender's table")
    return str(gender or "")


def _birth_date(message: Hl7Message) -> str:
    born = birth_date(message)
    text = message.text("PID-7")
    if text and not born:
        message.context.warn("bad-time", "PID-7")
    if born and re.search("[1-9]", re.split("[+-]", text[8:])[0]):
        message.context.lose("PID-7", "the time of birth is not carried")
    if born and born > message.today.isoformat()[: len(born)]:
        message.context.warn("bad-time", "PID-7", "later than today")
    return born


def _death(message: Hl7Message) -> Resource:
    """Return `deceased[x]` from PID-30 and PID-29; nothing where they contradict each other."""
    if is_dead(message.document):
        when = message.moment("PID-29")
        if when and when.at.date() > message.today:
            message.context.warn("bad-time", "PID-29", "later than today")
        return {"deceasedDateTime": when.fhir()} if when else {"deceasedBoolean": True}
    indicator = message.text("PID-30").upper()
    if indicator not in ("", "N"):
        message.context.warn("unknown-code", "PID-30", "neither Y nor N")
    if message.text("PID-29"):
        message.context.ask("contradiction", "PID-30", "PID-29 has a time of death")
        message.document.leave("PID-29", "PID-30 does not say that the patient is dead")
    return {}


def _listed_centre(message: Hl7Message) -> list[Resource]:
    """Return the centre where the patient is listed (PD1-4, else PD1-3), by HSA-id."""
    centres = (hsa for path, parts in _LISTED if (hsa := _hsa_id(path, parts, message)))
    return listed_at(next(centres, ""))


def _hsa_id(path: str, parts: tuple[int, ...], message: Hl7Message) -> str:
    """Read the first HSA-id in a field; "" where it has none."""
    for value in message.document.values(path):
        for number in parts:
            if looks_like_hsa_id(value.peek(number)):
                return hsa_id(value.part(number))
    return ""
