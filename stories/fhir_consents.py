"""The Consent resources of a vendor: consent to planning, and bars of secrecy (docs/message.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stories.fhir_parts import BASE, HSA, Json

_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_ROLE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


def consents(says: Mapping[str, Any], made: datetime, patient: Json) -> Iterator[Json]:
    """Yield a Consent, without its id, for each thing that is said of consent and secrecy."""
    if "consent" in says:
        yield _consent("planning", says["consent"], made, patient)
    for hsa, is_barred in says.get("bars", {}).items():
        role = {"coding": [{"system": _ROLE, "code": "IRCP"}]}
        actor = {"role": role, "reference": {"identifier": {"system": HSA, "value": hsa}}}
        bar = _consent("secrecy", is_barred, made, patient)
        yield bar | {"provision": {"type": "deny", "actor": [actor]}}


def _consent(category: str, in_force: bool, made: datetime, patient: Json) -> Json:  # noqa: FBT001
    return {
        "resourceType": "Consent",
        "status": "active" if in_force else "inactive",
        "scope": {"coding": [{"system": _SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": f"{BASE}/CodeSystem/consent", "code": category}]}],
        "patient": patient,
        "dateTime": made.isoformat(),
        "policyRule": {"text": "OSL"},
    }
