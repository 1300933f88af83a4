"""Build the parts of a FHIR message that more than one system's mapping writes.

Each function is the one place of its rule; docs/message.md describes the result.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.identifiers import HSA, hsa_id
from adapter.fhir.builders import Party, extension, logical, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import (
    DATA_ABSENT,
    DISPOSITION,
    ENCOUNTER_CLASS,
    ENDED,
    MUNICIPALITY,
    PROTECTION,
    SECURITY,
    VISIT,
    extension_url,
)

ACT_CODE = ENCOUNTER_CLASS
WITHHELD = "skyddad"  # stands in place of a protected address


def present(fields: Resource) -> Resource:
    """Return a resource, or a part of one, without its empty fields."""
    return {key: value for key, value in fields.items() if value not in ("", None, [], {})}


def party_of(endpoint: Endpoint) -> Party:
    """Return the organisation of an endpoint, as sender or receiver."""
    return Party(
        organization=hsa_id(endpoint.organization),
        endpoint=endpoint.name,
        display=endpoint.display,
    )


def security_labels(codes: Iterable[str]) -> list[Resource]:
    """Return the `meta.security` of a protected identity."""
    return [{"system": SECURITY, "code": code} for code in codes]


def protection_lifted() -> list[Resource]:
    """Return the `meta.security` that says that an identity is no longer protected."""
    return [{"system": PROTECTION, "code": "none"}]


def deleted_extensions(elements: Iterable[str]) -> list[Resource]:
    """Return the header's extensions that name what the source deleted (CodeSystem deleted)."""
    return [extension("deleted", "Code", element) for element in elements]


def ended_reason(code: str, text: str) -> Resource:
    """Return a MessageHeader.reason: a code of CodeSystem ended, and a text for people."""
    coding = [{"system": ENDED, "code": code}] if code else []
    return present({"coding": coding, "text": text})


def hospitalization(disposition: str) -> Resource:
    """Return `Encounter.hospitalization` for a code of R4's discharge-disposition; {} for ""."""
    coding = {"system": DISPOSITION, "code": disposition}
    return {"dischargeDisposition": {"coding": [coding]}} if disposition else {}


def listed_at(organization: str) -> list[Resource]:
    """Return `Patient.generalPractitioner` for the HSA-id of a care centre; [] for ""."""
    return [logical(organization)] if organization else []


def old_identifier(system: str, value: str) -> Resource:
    """Return an identifier that the patient had earlier."""
    return {"use": "old", "system": system, "value": value}


def masked_address() -> list[Resource]:
    """Return `Patient.address` where the address is withheld because the identity is protected."""
    return [{"text": WITHHELD}]


def municipality_extension(code: str) -> Resource:
    """Return the extension of an address that holds its municipality code (kommunkod)."""
    return extension("municipality", "Coding", {"system": MUNICIPALITY, "code": code})


def assumed_municipality(code: str) -> Resource:
    """Return the extension of a municipality that no source stated: `userSelected` is false."""
    coding = {"system": MUNICIPALITY, "code": code, "userSelected": False}
    return extension("municipality", "Coding", coding)


def unknown() -> Resource:
    """Return an element whose value its source does not know (R4, data-absent-reason)."""
    return {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}


def visit_identifiers(number: str) -> list[Resource]:
    """Return `Encounter.identifier` for a visit number; [] for ""."""
    return [{"system": VISIT, "value": number}] if number else []


def assessment_extension(
    *, needs: Iterable[str], assessed: str, units: Iterable[str], withdrawn: bool | None
) -> Resource:
    """Return the physician's assessment (SFS 2017:612 2 kap. 1 §) of an Encounter.

    `assessed` is a FHIR dateTime; `units` are HSA-ids. "" and None are left out.
    """
    parts: list[Resource] = [{"url": "need", "valueCode": str(need)} for need in needs]
    parts += [{"url": "assessed", "valueDateTime": assessed}] if assessed else []
    parts += [{"url": "unit", "valueIdentifier": {"system": HSA, "value": u}} for u in units]
    parts += [] if withdrawn is None else [{"url": "withdrawn", "valueBoolean": withdrawn}]
    return {"url": extension_url("assessment"), "extension": parts}


def receipt_response(
    *, content: str, about: str, code: str, issues: list[Any]
) -> tuple[Resource, tuple[Resource, ...]]:
    """Return `MessageHeader.response`, and the OperationOutcome where there are issues.

    `content` is the receipt's content id, `about` the id of the message that it answers.
    """
    response: Resource = {"identifier": about, "code": code}
    if not issues:
        return response, ()
    outcome: Resource = {
        "resourceType": "OperationOutcome",
        "id": new_id(content, "outcome"),
        "issue": issues,
    }
    return response | {"details": reference(outcome["id"])}, (outcome,)
