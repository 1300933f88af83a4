"""The ImplementationGuide, which lists all that is in the package.

`python -m tools.profiles.guide` writes profiles/ImplementationGuide-careplan-adapter.json anew.
"""

from __future__ import annotations

from typing import Any

from adapter.core.model import Event
from adapter.fhir.profiles import envelope
from tools.profiles.archive import text
from tools.profiles.examples import examples
from tools.profiles.places import PROFILES, Resource, resources

BASE = "https://careplan-adapter.example/fhir"
ID = "careplan-adapter"
FILE = PROFILES / f"ImplementationGuide-{ID}.json"
_SWEDEN = {
    "id": "hl7se",
    "uri": "http://hl7.se/fhir/ig/base/ImplementationGuide/hl7se.fhir.base",
    "packageId": "hl7se.fhir.base",
    "version": "1.1.0",
}


def guide() -> Resource:
    """Return the ImplementationGuide (R4) of the profiles in `profiles/` and the fixtures."""
    others = (r for r in resources(PROFILES) if r["resourceType"] != "ImplementationGuide")
    return {
        "resourceType": "ImplementationGuide",
        "id": ID,
        "url": f"{BASE}/ImplementationGuide/{ID}",
        "version": "0.1.0",
        "name": "CarePlanAdapterImplementationGuide",
        "title": "Vårdplaneringsadaptern (care-plan adapter)",
        "status": "draft",
        "experimental": False,
        "date": "2026-12-02",
        "publisher": "careplan-adapter",
        "description": "The FHIR messages between hospitals, the planning service, primary care"
        " and municipalities, at discharge and coordinated planning (SFS 2017:612).",
        "packageId": "careplan-adapter.profiles",
        "license": "EUPL-1.2",
        "fhirVersion": ["4.0.1"],
        "dependsOn": [_SWEDEN],
        "definition": {
            "resource": [
                *(_listed(resource) for resource in others),
                *(_example(message) for message in examples()),
            ]
        },
    }


def _listed(resource: Resource) -> dict[str, Any]:
    return {
        "reference": {"reference": f"{resource['resourceType']}/{resource['id']}"},
        "name": resource.get("title", resource["name"]),
        "description": resource["description"],
        "exampleBoolean": False,
    }


def _example(message: Resource) -> dict[str, Any]:
    event = Event(message["entry"][0]["resource"]["eventCoding"]["code"])
    return {
        "reference": {"reference": f"Bundle/{message['id']}"},
        "name": message["id"],
        "exampleCanonical": f"{BASE}/StructureDefinition/{envelope(event)}",
    }


if __name__ == "__main__":
    FILE.write_text(text(guide()), encoding="utf-8")
