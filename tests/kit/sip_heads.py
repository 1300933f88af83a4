"""What an active SIP must say (SFS 2009:981): efforts with a huvudman, and who answers for all."""

from __future__ import annotations

from typing import Any

from adapter.fhir.canonical import extension_url


def heads(effort: str = "Hemtjänst") -> dict[str, Any]:
    """Return the elements of a CarePlan that make it an active SIP with one effort."""
    return {
        "extension": [
            {"url": extension_url("version"), "valuePositiveInt": 1},
            {"url": extension_url("main-responsible"), "valueCode": "municipality"},
        ],
        "activity": [
            {
                "id": "effort-1",
                "detail": {
                    "extension": [{"url": extension_url("principal"), "valueCode": "municipality"}],
                    "status": "in-progress",
                    "description": effort,
                },
            }
        ],
    }
