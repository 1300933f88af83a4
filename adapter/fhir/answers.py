"""Read what a person's answer says besides its status: not known here, or passed on."""

from __future__ import annotations

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.canonical import BASE
from adapter.fhir.codings import code_of

ANSWER_KIND = f"{BASE}/CodeSystem/answer-kind"


def kind(bundle: Bundle) -> str:
    """Return `not-known` (ej känd) or `forwarded` (vidarebefordrad); "" for any other answer."""
    return code_of((bundles.focus(bundle) or {}).get("businessStatus"), ANSWER_KIND)


def forwarded_to(bundle: Bundle) -> list[str]:
    """Return the HSA-ids of the units that a message was passed on to, oldest first."""
    every = bundles.extensions(bundles.focus(bundle), "forwarded-to")
    units = (bundles.referenced_organization(bundle, e.get("valueReference")) for e in every)
    return [unit for unit in units if unit]
