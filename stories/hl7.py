"""HL7 v2.5 ADT messages as a journal writes them, and the acknowledgements that it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from stories.people import Address, Number
from stories.truth import Assessment, Discharge, Ward
from stories.world import Need, Party

ZONE = ZoneInfo("Europe/Stockholm")
DELETED = '""'
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_AUTHORITIES = {
    "pnr": ("1.2.752.129.2.1.3.1", "NNSWE"),
    "snr": ("1.2.752.129.2.1.3.3", "NNSWE"),
    "reserve": ("1.2.752.97.3.1.3", ""),
    "lma": ("", "LMA"),
}
_DISPOSITIONS = {"home": "01", "other-hcf": "02", "exp": "20"}
_LEVELS = {
    "sekretessmarkering": "Y",
    "skyddadFolkbokforing": "F",
    "kvarskrivning": "K",
    "none": "N",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adt:
    """One message. `says` as in `truth.Word`; `secrets` are fields that must reach nobody."""

    trigger: str
    control: str
    made: datetime  # the time in EVN-2
    occurred: datetime | None = None  # EVN-6
    visit: str = ""  # PV1-19
    account: str = ""  # PID-18
    number: Number
    born: date
    says: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    naive: bool = False  # times without an offset
    stay: bool = True  # with PV1
    version: str = "2.5"


def write(adt: Adt, sender: Party) -> bytes:
    """Return the message; each segment ends with a carriage return."""
    segments = [_msh(adt, sender), _evn(adt), _pid(adt)]
    segments += _optional(adt)
    return "".join(f"{segment}\r" for segment in segments if segment).encode()


def _msh(adt: Adt, sender: Party) -> str:
    fields = ["MSH|^~\\&", "COSMIC", sender.organization, "ADAPTER", "", _time(adt.made, adt)]
    fields += ["", f"ADT^{adt.trigger}", adt.control, "P", adt.version, *[""] * 5, "UNICODE UTF-8"]
    return "|".join(fields)


def _evn(adt: Adt) -> str:
    fields = {1: adt.trigger, 2: _time(adt.made, adt), 4: text(adt.secrets.get("reason", ""))}
    return _segment("EVN", fields | {6: _time(adt.occurred, adt)})


def _pid(adt: Adt) -> str:
    says = adt.says
    fields = {1: "1", 3: _numbers(adt), 7: f"{adt.born:%Y%m%d}", 18: text(adt.account)}
    if "name" in says:
        family, given = says["name"]
        fields[5] = f"{text(family)}^{text(given)}^^^^^L"
    if "address" in says:
        fields[11] = _addresses(says["address"])
    dead = says.get("deceased", "")
    if dead is False:
        fields[30] = "N"
    elif dead:
        fields |= {29: _time(dead, adt), 30: "Y"}
    return _segment("PID", fields)


def _numbers(adt: Adt) -> str:
    repetitions = [_number(adt.number)]
    if local := adt.secrets.get("local"):
        repetitions.append(f"{local}^^^SUNDBYLOKAL^PI")
    return "~".join(repetitions)


def _number(number: Number) -> str:
    oid, kind = _AUTHORITIES.get(number.kind, ("", "PI"))
    authority = f"&{oid}&ISO" if oid else ""
    return f"{number.value}^^^{authority}^{kind}"


def _addresses(addresses: tuple[Address, ...] | None) -> str:
    if addresses is None:
        return DELETED
    return "~".join(map(_address, addresses))


def _address(a: Address) -> str:
    parts = [text(a.street), "", text(a.city), "", a.postcode, "SE", a.kind, "", a.kommun]
    dates = [f"{d.astimezone(ZONE):%Y%m%d}" if d else "" for d in (a.since, a.until)]
    if any(dates):
        parts += ["", "", "", *dates]
    return "^".join(parts).rstrip("^")


def _optional(adt: Adt) -> list[str]:
    says, segments = adt.says, []
    if "listed" in says or "protection" in says:
        level = _LEVELS.get(says.get("protection", ""), "")
        centre = says.get("listed", "")
        listed = DELETED if centre is None else f"^^^^^^^^^^^^^{centre}" if centre else ""
        segments.append(_segment("PD1", {4: listed, 12: level}))
    if "relative" in adt.secrets:
        segments.append(_segment("NK1", {1: "1", 2: f"{text(adt.secrets['relative'])}^Anna"}))
    if "old" in says:
        segments.append(_segment("MRG", {1: _number(says["old"])}))
    if adt.stay:
        segments.append(_pv1(adt))
        segments.append(_pv2(adt))
    if "diagnosis" in adt.secrets:
        diagnosis = text(adt.secrets["diagnosis"])
        segments.append(_segment("DG1", {1: "1", 3: f"F200^{diagnosis}^ICD-10"}))
    if "assessment" in says:
        segments.append(_zsp(adt, says["assessment"]))
    return segments


def _pv1(adt: Adt) -> str:
    says = adt.says
    fields = {1: "1", 2: says.get("class", "I"), 19: text(adt.visit)}
    ward: Ward | None = says.get("ward")
    if ward:
        fields[3] = f"{text(ward.hsa or ward.name)}^^^^^^^^{text(ward.name)}"
    discharge: Discharge | None = says.get("discharged")
    if discharge:
        fields |= {36: _DISPOSITIONS.get(discharge.to, "01"), 45: _time(discharge.at, adt)}
    fields[44] = _time(says.get("admitted"), adt)
    return _segment("PV1", fields)


def _pv2(adt: Adt) -> str:
    says = adt.says
    fields = {}
    if "planned" in says:
        fields[9] = DELETED if says["planned"] is None else f"{says['planned']:%Y%m%d}"
    leave = says.get("leave")
    if leave and leave[1]:
        fields[47] = _time(leave[1], adt)
    return _segment("PV2", fields) if fields else ""


def _zsp(adt: Adt, assessment: Assessment) -> str:
    needs = [("Y" if need in assessment.needs else "N") for need in Need]
    fields = {1: "1", 2: needs[0], 3: needs[1], 4: needs[2], 5: _time(assessment.at, adt)}
    fields |= {7: "~".join(assessment.units), 8: "Y" if assessment.withdrawn else ""}
    return _segment("ZSP", fields)


def _segment(name: str, fields: Mapping[int, str]) -> str:
    values = [fields.get(number, "") for number in range(1, max(fields) + 1)]
    return "|".join([name, *values]).rstrip("|")


def _time(moment: datetime | None, adt: Adt) -> str:
    if moment is None:
        return ""
    local = moment.astimezone(ZONE)
    return f"{local:%Y%m%d%H%M%S}" + ("" if adt.naive else f"{local:%z}")


def text(value: str) -> str:
    """Return text with HL7's escapes."""
    return "".join(_ESCAPES.get(c, c) for c in value)


_MSA = re.compile(rb"\rMSA\|([A-Z]{2})\|([^|\r]*)(?:\|([^\r]*))?")
_ERR = re.compile(rb"\rERR\|([^\r]*)")


def read_ack(body: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return MSA-1, and each ERR as (severity, our code)."""
    match = _MSA.search(body)
    if match is None:
        return "", ()
    issues = []
    for fields in _ERR.findall(body):
        parts = fields.decode("utf-8", "replace").split("|")
        if len(parts) > 4:
            issues.append((parts[3], parts[4].partition("^")[0]))
    if not issues and match[3]:
        issues = [("E", code) for code in match[3].decode().split("|")[0].split()]
    return match[1].decode(), tuple(issues)
