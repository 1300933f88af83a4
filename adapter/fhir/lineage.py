"""Where a translated message came from (R4, Provenance)."""

from __future__ import annotations

from adapter.core.model import Bundle
from adapter.fhir.bundles import of_type
from adapter.fhir.canonical import SOURCE_ID


def source_id(bundle: Bundle) -> str:
    """Return the source's message id (MSH-10) of a translated message; "" for any other."""
    provenance = of_type(bundle, "Provenance") or {}
    for entity in provenance.get("entity", ()):
        identifier = entity.get("what", {}).get("identifier", {})
        if identifier.get("system") == SOURCE_ID:
            return str(identifier.get("value", ""))
    return ""
