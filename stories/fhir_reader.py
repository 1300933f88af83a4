"""Read FHIR message Bundles and OperationOutcomes as a vendor does (docs/message.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stories.heard import Heard

Json = dict[str, Any]


def read_answer(body: bytes, refused: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Read what a FHIR door answers: a receipt, or an OperationOutcome, which means `refused`."""
    document = json.loads(body)
    if document["resourceType"] == "OperationOutcome":
        return refused, tuple(map(_issue, document.get("issue", ())))
    heard = read(body)
    return heard.code, heard.issues


def read(body: bytes) -> Heard:
    """Read a message."""
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
    away = encounter.get("status") == "onleave"
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
