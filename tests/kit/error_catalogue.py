"""The error catalogue as a FHIR CodeSystem; `python -m tests.kit.error_catalogue` writes it."""

from __future__ import annotations

import json
from typing import Any

from adapter.core.catalogue import CATALOGUE, Entry
from adapter.fhir.canonical import BASE, ERROR
from adapter.fhir.profiles import folder

FILE = "CodeSystem-error.json"


def code_system() -> dict[str, Any]:
    """The CodeSystem: code, text in both languages, scope, and what to do."""
    return {
        "resourceType": "CodeSystem",
        "id": "error",
        "url": ERROR,
        "version": "0.1.0",
        "name": "CarePlanAdapterErrorCS",
        "title": "Felkoder (errors)",
        "status": "draft",
        "experimental": False,
        "date": "2026-11-22",
        "publisher": "careplan-adapter",
        "description": "Every reason that the adapter gives for what it did not do.",
        "caseSensitive": True,
        "valueSet": f"{BASE}/ValueSet/error",
        "content": "complete",
        "count": len(CATALOGUE),
        "property": [
            {"code": "scope", "description": "Whose fault it is", "type": "code"},
            {"code": "type", "description": "FHIR issue type", "type": "code"},
            {"code": "action", "description": "What to do", "type": "string"},
        ],
        "concept": [_concept(code, entry) for code, entry in sorted(CATALOGUE.items())],
    }


def _concept(code: str, entry: Entry) -> dict[str, Any]:
    return {
        "code": code,
        "display": entry.en,
        "designation": [{"language": "sv", "value": entry.sv}],
        "property": [
            {"code": "scope", "valueCode": str(entry.scope)},
            {"code": "type", "valueCode": entry.type},
            {"code": "action", "valueString": entry.action},
        ],
    }


def text() -> str:
    """The text of the file."""
    return json.dumps(code_system(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    (folder() / FILE).write_text(text(), encoding="utf-8")
