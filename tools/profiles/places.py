"""Where the sources of the package are: ours, HL7 Sweden's, HL7's, and our fixtures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ROOT / "profiles"
TOOLS = Path(__file__).parent
SWEDEN = TOOLS / "hl7se.fhir.base"
NODE_MODULES = TOOLS / "node_modules"
DEFINITIONS = NODE_MODULES / "@medplum" / "definitions"
FIXTURES = ROOT / "fixtures" / "fhir"

Resource = dict[str, Any]


def resources(folder: Path) -> Iterator[Resource]:
    """Yield the FHIR resources in a folder, in order of their files' names."""
    for path in sorted(folder.glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))
