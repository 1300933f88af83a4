"""The parts of FHIR that every message of a vendor has: extensions, periods and the Patient."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from stories.people import Address, Number

BASE = "https://careplan-adapter.example/fhir"
HSA = "urn:oid:1.2.752.29.4.19"
KOMMUN = "urn:oid:1.2.752.129.2.2.1.17"
LABELS = "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel"
NUMBER_SYSTEMS = {
    "pnr": "http://electronichealth.se/identifier/personnummer",
    "snr": "http://electronichealth.se/identifier/samordningsnummer",
    "lma": "http://electronichealth.se/identifier/LMA-nummer",
    "reserve": "urn:oid:1.2.752.97.3.1.3",
}
Json = dict[str, Any]


def extension(name: str, kind: str, value: Any) -> Json:
    """Return an extension with one value."""
    return {"url": f"{BASE}/StructureDefinition/{name}", f"value{kind}": value}


def period(start: datetime | None, end: datetime | None) -> Json:
    """Return a Period."""
    return {name: t.isoformat() for name, t in (("start", start), ("end", end)) if t}


def patient(id_: str, number: Number | None, born: date | None, says: Mapping[str, Any]) -> Json:
    """Return a Patient with what a message says of the person."""
    resource: Json = {"resourceType": "Patient", "id": id_}
    if number is not None:
        resource["identifier"] = [_number(number)]
    if says.get("old"):
        resource["identifier"].append({"use": "old"} | _number(says["old"]))
    if says.get("name"):
        family, given = says["name"]
        resource["name"] = [{"family": family, "given": [given]}]
    if born:
        resource["birthDate"] = born.isoformat()
    if says.get("address"):
        resource["address"] = [_address(a) for a in says["address"]]
    if says.get("listed"):
        resource["generalPractitioner"] = [{"identifier": {"system": HSA, "value": says["listed"]}}]
    if says.get("protection"):
        resource["meta"] = {"security": [_label(says["protection"])]}
    return resource | _death(says)


def _death(says: Mapping[str, Any]) -> Json:
    dead = says.get("deceased")
    if isinstance(dead, datetime):
        return {"deceasedDateTime": dead.isoformat()}
    return {} if dead is None else {"deceasedBoolean": dead}


def _label(level: str) -> Json:
    system = f"{BASE}/CodeSystem/protection" if level == "none" else LABELS
    return {"system": system, "code": level}


def _number(number: Number) -> Json:
    return {"system": NUMBER_SYSTEMS[number.kind], "value": number.value}


def _address(a: Address) -> Json:
    address: Json = {"use": "home" if a.kind == "H" else "temp", "line": [a.street]}
    address |= {"city": a.city, "postalCode": a.postcode}
    if a.kommun:
        coding = {"system": KOMMUN, "code": a.kommun}
        address["extension"] = [extension("municipality", "Coding", coding)]
    valid = period(a.since, a.until)
    return address | ({"period": valid} if valid else {})
