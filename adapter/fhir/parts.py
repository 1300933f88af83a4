"""Build the parts of a FHIR message that more than one system's mapping writes.

Each function is the one place of its rule; docs/message.md describes the result.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.identifiers import HSA, hsa_id
from adapter.fhir.builders import Party, extension, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MUNICIPALITY, SECURITY, VISIT, extension_url

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


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


def municipality_extension(code: str) -> Resource:
    """Return the extension of an address that holds its municipality code (kommunkod)."""
    return extension("municipality", "Coding", {"system": MUNICIPALITY, "code": code})


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
