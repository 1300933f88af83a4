"""The journal's ADT messages as HL7 v2.5 text, written field by field (docs/hl7v2.md).

The assessment of needs is the local segment ZSP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from adapter.simulators.messages import Assessment, Organisation, Stay

_ZONE = ZoneInfo("Europe/Stockholm")
_PNR_OID = "1.2.752.129.2.1.3.1"
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdtMessage:
    """One message: trigger event, control id and time of the event."""

    trigger: str
    control: str
    at: datetime
    stay: Stay


def write_adt(adt: AdtMessage, me: Organisation) -> bytes:
    """Return the message in UTF-8; each segment ends with a carriage return."""
    stay = adt.stay
    segments = [
        _msh(adt, me),
        _segment("EVN", {1: adt.trigger, 2: _time(adt.at), 6: _time(adt.at)}),
        _pid(stay),
        _pv1(stay),
        _segment("PV2", {9: _time(stay.planned)}),
        *([_zsp(stay.assessment, stay)] if stay.assessment else []),
    ]
    return "".join(f"{segment}\r" for segment in segments).encode()


def acknowledgement_code(body: bytes, control: str) -> str:
    """Return MSA-1 of an acknowledgement. ValueError when it is not for the message `control`."""
    fields = re.search(rb"\rMSA\|([A-Z]{2})\|([^|\r]*)", body)
    if fields is None or fields[2].decode("utf-8", "replace") != control:
        raise ValueError("not an acknowledgement of this message")
    return fields[1].decode()


def _msh(adt: AdtMessage, me: Organisation) -> str:
    fields = {
        3: "SIMJOURNAL",
        4: _escaped(me.hsa),
        5: "ADAPTER",
        7: _time(adt.at),
        9: f"ADT^{adt.trigger}",
        10: adt.control,
        11: "P",
        12: "2.5",
        18: "UNICODE UTF-8",
    }
    # MSH-1 and MSH-2 are the separators themselves.
    return _segment("MSH|^~\\&", {number - 2: text for number, text in fields.items()})


def _pid(stay: Stay) -> str:
    person = stay.person
    home = f"{_escaped(person.street)}^^{_escaped(person.city)}^^{person.postcode}^SWE^H^^"
    fields = {
        1: "1",
        3: f"{person.number}^^^&{_PNR_OID}&ISO^NNSWE",
        5: f"{_escaped(person.family)}^{_escaped(person.given)}^^^^^L",
        11: f"{home}{person.municipality}",
        29: _time(stay.died),
        30: "Y" if stay.died else _YES_OR_NO[False] if stay.is_alive else "",
    }
    return _segment("PID", fields)


def _pv1(stay: Stay) -> str:
    fields = {
        1: "1",
        2: "I",
        3: _escaped(stay.ward),
        19: _escaped(stay.visit),
        44: _time(stay.admitted),
        45: _time(stay.discharged),
    }
    return _segment("PV1", fields)


def _zsp(assessment: Assessment, stay: Stay) -> str:
    fields = {
        1: "1",
        2: _YES_OR_NO[assessment.social_services],
        3: _YES_OR_NO[assessment.municipal_health_care],
        4: _YES_OR_NO[assessment.primary_care],
        5: _time(assessment.at),
        6: _time(stay.planned),
        7: "~".join(assessment.units),
        8: "Y" if assessment.withdrawn else "",
    }
    return _segment("ZSP", fields)


_YES_OR_NO = {True: "Y", False: "N"}


def _segment(name: str, fields: dict[int, str]) -> str:
    parts = [fields.get(number, "") for number in range(1, max(fields) + 1)]
    return "|".join([name, *parts]).rstrip("|")


def _time(moment: datetime | None) -> str:
    if moment is None:
        return ""
    local = moment.astimezone(_ZONE)
    return f"{local:%Y%m%d%H%M%S}.{local.microsecond // 1000:03d}{local:%z}"


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(c, c) for c in text)
