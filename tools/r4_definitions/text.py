"""The compiled definitions as a file: JSON with one line for each fact that can change alone."""

from __future__ import annotations

import json
from pathlib import Path

from tools.r4_definitions.facts import facts
from tools.r4_definitions.package import Package

FILE = Path(__file__).resolve().parents[2] / "adapter" / "fhir" / "r4_definitions.json"


def text(package: Package) -> str:
    """Return the file's text: a line for each type, code list and invariant, for readable diffs."""
    parts = (f"{json.dumps(key)}: {_block(value)}" for key, value in facts(package).items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _block(value: object) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    rows = (f"  {json.dumps(key)}: {_compact(each)}" for key, each in sorted(value.items()))
    return "{\n" + ",\n".join(rows) + "\n}"


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
