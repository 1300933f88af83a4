"""SUSHI and GoFSH load the package, build on it, and say nothing against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.fhir_package import built, published
from tools.profiles import fhir_cache, trial

pytestmark = [pytest.mark.slow, pytest.mark.waits]
MANIFEST = "package/package.json"
OUTPUT = Path("fsh-generated") / "resources"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory whose package cache has R4, HL7 Sweden's base, and our package."""
    place = tmp_path_factory.mktemp("home")
    fhir_cache.fill(place, built())
    return place


@pytest.fixture(scope="module")
def of_gofsh(home: Path) -> tuple[trial.Verdict, Path]:
    """What GoFSH says of our resources, and the project that it wrote of them."""
    about = built()[MANIFEST]
    folder = home / ".fhir" / "packages" / f"{about['name']}#{about['version']}" / "package"
    out = home / "gofsh"
    return trial.gofsh(folder, out, home, about["dependencies"]), out


def test_a_partner_derives_a_profile_from_each_of_ours(home: Path, tmp_path: Path) -> None:
    definitions = published("StructureDefinition")
    trial.partner_project(tmp_path, built()[MANIFEST], definitions)
    verdict = trial.sushi(tmp_path, home)
    assert (verdict.errors, verdict.warnings) == (0, 0), verdict.output
    derived = sorted(path.name for path in (tmp_path / OUTPUT).iterdir())
    assert derived == sorted(f"StructureDefinition-partner-{d['id']}.json" for d in definitions)


def test_gofsh_reads_every_resource_and_example(of_gofsh: tuple[trial.Verdict, Path]) -> None:
    verdict, _ = of_gofsh
    assert (verdict.errors, verdict.warnings) == (0, 0), verdict.output
    assert f"Found {len(built())} JSON files" in verdict.output  # .index.json and all


def test_sushi_makes_the_same_profiles_of_what_gofsh_wrote(
    of_gofsh: tuple[trial.Verdict, Path], home: Path
) -> None:
    _, project = of_gofsh
    trial.without_name(project)
    verdict = trial.sushi(project, home)
    assert (verdict.errors, verdict.warnings) == (0, 0), verdict.output
    for definition in published("StructureDefinition"):
        path = project / OUTPUT / f"StructureDefinition-{definition['id']}.json"
        theirs = json.loads(path.read_text(encoding="utf-8"))
        assert demands(definition) == demands(theirs), definition["id"]


def demands(definition: dict[str, Any]) -> dict[str, Any]:
    """Return id, cardinality, types and binding of each element of a snapshot."""
    elements = definition["snapshot"]["element"]
    return {
        e["id"]: (e["min"], e["max"], e.get("type"), e.get("binding"), e.get("constraint"))
        for e in elements
        if e["id"] != "Extension.extension"  # SUSHI writes 0..0 where a value may stand
    }
