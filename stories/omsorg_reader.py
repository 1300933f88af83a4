"""Read omsorg documents as a social-service system does (docs/omsorg.md)."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from stories.heard import Heard

Json = dict[str, Any]


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
    "avliden-aterkallad": "deceased-withdrawn",
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


def read(body: bytes) -> Heard:
    """Read a document."""
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
    since = "?" if leave is None else leave.get("fran", "?")
    ward = _one(stay, "Avdelning")
    needs = (e.text or "" for e in _all(judged, "Behov"))
    return {
        "status": stay.get("status", ""),
        "planned": stay.get("beraknadUtskrivning", ""),
        "ready": stay.get("utskrivningsklar", ""),
        "leave": since if away else "",
        "admitted": stay.get("inskriven", ""),
        "discharged": stay.get("utskriven", ""),
        "ward": "" if ward is None else (ward.text or "") + ward.get("hsaId", ""),
        "needs": frozenset(_NEEDS.get(need, need) for need in needs),
        "units": frozenset(e.text or "" for e in _all(judged, "Enhet")),
        "assessed": "" if judged is None else judged.get("tid", ""),
        "withdrawn": judged is not None and judged.get("aterkallad") == "true",
    }
