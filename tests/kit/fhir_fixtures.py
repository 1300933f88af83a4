"""The fixtures of FHIR messages, and the problems of a message in short form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from adapter.core.model import Event
from adapter.fhir import profiles
from tests.kit.places import ROOT

FIXTURES = ROOT / "fixtures" / "fhir"
MESSAGES = sorted(FIXTURES.glob("*/*.fhir.json"))


def label(path: Path) -> str:
    """The name of a fixture, such as `discharged/usual`."""
    return f"{path.parent.name}/{path.name.removesuffix('.fhir.json')}"


def loaded(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def usual(event: Event) -> Any:
    """The usual message of an event, which has no problems."""
    name = "ok" if event is Event.RECEIPT else "usual"
    return loaded(FIXTURES / event / f"{name}.fhir.json")


def found_in(bundle: Any) -> list[dict[str, str]]:
    """Every problem of a message, as the fixtures write them."""
    return [
        {"severity": str(i.severity), "code": i.code, "expression": i.expression}
        for i in profiles.validate(bundle)
    ]
