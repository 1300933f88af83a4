"""What a party hears: the bytes that it got, read with the stories' own parsers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message. Times are text as written; `day` compares them by their moment elsewhere."""

    event: str
    content: str
    envelope: str = ""
    cases: tuple[str, ...] = ()
    about: str = ""  # of a receipt, an answer or a report
    code: str = ""  # of a receipt, an answer, a report or an ending
    issues: tuple[tuple[str, str], ...] = ()  # severity and code, of a receipt
    numbers: frozenset[str] = frozenset()
    old_numbers: frozenset[str] = frozenset()
    family: str = ""
    street: str = ""
    kommun: str = ""
    planned: str = ""
    ready: str = ""
    leave: str = ""  # where it began, or "?" without a time
    admitted: str = ""
    discharged: str = ""
    deceased: str = ""
    listed: str = ""
    status: str = ""
    needs: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    assessed: str = ""
    withdrawn: bool = False
    protection: frozenset[str] = frozenset()
    ward: str = ""
    raw: str = field(default="", repr=False)

    @property
    def is_whole(self) -> bool:
        """Whether it describes a stay."""
        return self.event in STAY_EVENTS

    @property
    def names_person(self) -> bool:
        """Whether it holds anything of the person."""
        return bool(self.numbers or self.family or self.street)


STAY_EVENTS = frozenset(
    ["admission-notice", "admission-updated", "admission-cancelled", "process-ended", "leave-started", "leave-ended", "discharge-ready", "discharge-ready-withdrawn", "discharged", "discharge-cancelled", "deceased", "deceased-withdrawn"]
)
ENDINGS = frozenset({"admission-cancelled", "process-ended"})


def read(body: bytes, form: str) -> Heard:
    """Read a message in a party's form. ValueError when it is not in that form."""
    return _read_fhir(body) if form == "fhir" else _read_omsorg(body)


def read_answer(body: bytes, refused: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Read what a FHIR door answers: a receipt, or an OperationOutcome, which means `refused`."""
    document = json.loads(body)
    if document["resourceType"] == "OperationOutcome":
        return refused, tuple(map(_issue, document.get("issue", ())))
    heard = _read_fhir(body)
    return heard.code, heard.issues


# FHIR


def _read_fhir(body: bytes) -> Heard:
    bundle = json.loads(body)
    resources = [entry["resource"] for entry in bundle["entry"]]
    by_type: dict[str, Json] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], resource)
    header = by_type["MessageHeader"]
    values: dict[str, Any] = {
        "event": header["eventCoding"]["code"],
        "content": header["id"],
        "envelope": bundle["id"],
        "cases": tuple(v["value"] for v in _extensions(header, "case")),
        "raw": body.decode(),
    }
    values |= _reason(header) | _receipt(header, by_type) | _task(by_type)
    values |= _patient(by_type.get("Patient", {})) | _encounter(by_type.get("Encounter", {}))
    values["protection"] = frozenset(_labels([bundle, *resources]))
    return Heard(**values)


def _extensions(resource: Json, name: str) -> list[Any]:
    """Return the values of each extension with this name."""
    return [
        next((value for key, value in each.items() if key.startswith("value")), each)
        for each in resource.get("extension", ())
        if each["url"].endswith(f"/{name}")
    ]


def _first(resource: Json, name: str, default: Any = "") -> Any:
    return next(iter(_extensions(resource, name)), default)


def _reason(header: Json) -> Json:
    codings = header.get("reason", {}).get("coding", ())
    return {"code": next((c["code"] for c in codings), "")}


def _receipt(header: Json, by_type: dict[str, Json]) -> Json:
    response = header.get("response")
    if not response:
        return {}
    issues = by_type.get("OperationOutcome", {}).get("issue", ())
    return {
        "about": response["identifier"],
        "code": response["code"],
        "issues": tuple(map(_issue, issues)),
    }


def _issue(issue: Json) -> tuple[str, str]:
    codings = issue.get("details", {}).get("coding", ())
    return issue["severity"], next((c["code"] for c in codings), issue["code"])


def _task(by_type: dict[str, Json]) -> Json:
    task = by_type.get("Task")
    if task is None:
        return {}
    codings = task.get("statusReason", {}).get("coding", ())
    code = next((c["code"] for c in codings), task["status"])
    return {"about": task["focus"]["identifier"]["value"], "code": code}


def _patient(patient: Json) -> Json:
    identifiers = patient.get("identifier", ())
    old = frozenset(i["value"] for i in identifiers if i.get("use") == "old")
    homes = [a for a in patient.get("address", ()) if a.get("use") != "temp"]
    home = homes[0] if homes else {}
    died = patient.get("deceasedDateTime") or ("true" if patient.get("deceasedBoolean") else "")
    doctors = patient.get("generalPractitioner", ())
    kommun = _first(home, "municipality", {})
    return {
        "numbers": frozenset(i["value"] for i in identifiers) - old,
        "old_numbers": old,
        "family": next((n.get("family", "") for n in patient.get("name", ())), ""),
        "street": " ".join([*home.get("line", ()), home.get("text", "")]).strip(),
        "kommun": kommun.get("code", "") if isinstance(kommun, dict) else "",
        "deceased": died,
        "listed": next((d.get("identifier", {}).get("value", "") for d in doctors), ""),
    }


def _encounter(encounter: Json) -> Json:
    if not encounter:
        return {}
    period = encounter.get("period", {})
    leave = _first(encounter, "leave", {})
    places = [each["location"] for each in encounter.get("location", ())]
    away = leave or encounter.get("status") == "onleave"
    return {
        "status": encounter.get("status", ""),
        "planned": _first(encounter, "planned-discharge"),
        "ready": _first(encounter, "discharge-ready"),
        "leave": (leave or {}).get("start", "?") if away else "",
        "admitted": period.get("start", ""),
        "discharged": period.get("end", ""),
        "ward": " ".join(p.get("display", "") for p in places),
    } | _assessment(encounter)


def _assessment(encounter: Json) -> Json:
    extension = _first(encounter, "assessment", {})
    if not extension:
        return {}
    return {
        "needs": frozenset(_parts(extension, "need")),
        "units": frozenset(u["value"] for u in _parts(extension, "unit")),
        "assessed": next(iter(_parts(extension, "assessed")), ""),
        "withdrawn": any(_parts(extension, "withdrawn")),
    }


def _parts(extension: Json, name: str) -> list[Any]:
    return [
        next(value for key, value in each.items() if key.startswith("value"))
        for each in extension.get("extension", ())
        if each["url"] == name
    ]


def _labels(resources: list[Json]) -> Iterator[str]:
    for resource in resources:
        yield from (label["code"] for label in resource.get("meta", {}).get("security", ()))


# Omsorg


_TYPES = {
    "inskrivningsmeddelande": "admission-notice",
    "andrad-inskrivning": "admission-updated",
    "makulerad-inskrivning": "admission-cancelled",
    "avbrott": "process-ended",
    "permission-borjar": "leave-started",
    "permission-slutar": "leave-ended",
    "utskrivningsklar": "discharge-ready",
    "atertagen-utskrivningsklar": "discharge-ready-withdrawn",
    "utskriven": "discharged",
    "ateroppnad": "discharge-cancelled",
    "avliden": "deceased",
    "felaktigt-avliden": "deceased-withdrawn",
    "plan": "care-plan",
    "meddelande": "message",
    "svarsmeddelande": "reply",
    "svar": "answer",
    "leveransrapport": "delivery-report",
}
_NEEDS = {
    "socialtjanst": "social-services",
    "kommunal-halso-och-sjukvard": "municipal-health-care",
    "regionfinansierad-oppenvard": "primary-care",
}
_LABELS = {
    "sekretessmarkering": "sekretessmarkering",
    "skyddad-folkbokforing": "skyddadFolkbokforing",
    "kvarskrivning": "kvarskrivning",
}
_CODES = {"ok": "ok", "tillfalligt-fel": "transient-error", "fel": "fatal-error"}


def _read_omsorg(body: bytes) -> Heard:
    root = ET.fromstring(body)
    raw = body.decode("utf-8")
    values: dict[str, Any] = {
        "content": root.get("id", ""),
        "envelope": root.get("kuvert", ""),
        "cases": tuple(e.text or "" for e in _all(root, "Arende")),
        "raw": raw,
    }
    if _local(root) == "Kvittens":
        issues = tuple((e.get("allvar", ""), e.get("kod", "")) for e in _all(root, "Fel"))
        code = _CODES.get(root.get("kod", ""), "")
        return Heard(
            event="receipt", about=root.get("avser", ""), code=code, issues=issues, **values
        )
    values["event"] = _TYPES.get(root.get("typ", ""), root.get("typ", ""))
    values |= _why(root) | _omsorg_patient(root) | _omsorg_stay(root)
    for name in ("Svar", "Leveransrapport", "Text"):
        if (element := _one(root, name)) is not None:
            code = element.get("status", element.get("kod", ""))
            values |= {"about": element.get("avser", ""), "code": code}
    return Heard(**values)


_WHY = {"upphort-behov": "need-ended", "flyttat": "moved", "overflyttad": "transferred"}


def _why(root: ET.Element) -> Json:
    reason = _one(root, "Orsak")
    code = "" if reason is None else reason.get("kod", "")
    return {"code": _WHY.get(code, code)}


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(parent: ET.Element | None, name: str) -> list[ET.Element]:
    return [] if parent is None else [e for e in parent if _local(e) == name]


def _one(parent: ET.Element | None, name: str) -> ET.Element | None:
    return next(iter(_all(parent, name)), None)


def _omsorg_patient(root: ET.Element) -> Json:
    patient = _one(root, "Patient")
    if patient is None:
        return {}
    numbers = [
        e
        for name in ("Personnummer", "Samordningsnummer", "Reservnummer", "AnnatId")
        for e in _all(patient, name)
    ]
    old = frozenset(e.text or "" for e in numbers if e.get("bruk") == "tidigare")
    homes = [e for e in _all(patient, "Adress") if e.get("bruk") != "tillfallig"]
    home = homes[0] if homes else None
    family = _one(_one(patient, "Namn"), "Efternamn")
    dead = _one(patient, "Avliden")
    died = "" if dead is None or dead.text == "false" else dead.text or ""
    labels = patient.get("skydd", "").split()
    return {
        "numbers": frozenset(e.text or "" for e in numbers) - old,
        "old_numbers": old,
        "family": "" if family is None else family.text or "",
        "street": " ".join(e.text or "" for e in _all(home, "Rad")),
        "kommun": "" if home is None else home.get("kommun", ""),
        "deceased": died,
        "protection": frozenset(_LABELS.get(label, label) for label in labels),
    }


def _omsorg_stay(root: ET.Element) -> Json:
    stay = _one(root, "Vardtillfalle")
    if stay is None:
        return {}
    leave, judged = _one(stay, "Permission"), _one(stay, "Bedomning")
    away = stay.get("status") == "permission"
    ward = _one(stay, "Avdelning")
    needs = (e.text or "" for e in _all(judged, "Behov"))
    return {
        "status": stay.get("status", ""),
        "planned": stay.get("beraknadUtskrivning", ""),
        "ready": stay.get("utskrivningsklar", ""),
        "leave": ("?" if leave is None else leave.get("fran", "?"))
        if away or leave is not None
        else "",
        "admitted": stay.get("inskriven", ""),
        "discharged": stay.get("utskriven", ""),
        "ward": "" if ward is None else (ward.text or "") + ward.get("hsaId", ""),
        "needs": frozenset(_NEEDS.get(need, need) for need in needs),
        "units": frozenset(e.text or "" for e in _all(judged, "Enhet")),
        "assessed": "" if judged is None else judged.get("tid", ""),
        "withdrawn": judged is not None and judged.get("aterkallad") == "true",
    }
