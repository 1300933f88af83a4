"""Concept maps: what is published is what the mappings translate by."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.core.endpoint import ActCode, Disposition, Gender
from adapter.core.errors import FatalError
from adapter.core.model import Event
from adapter.fhir import canonical
from adapter.fhir.concept_maps import translations
from tests.kit.places import ROOT

MAPS = sorted((ROOT / "profiles").glob("ConceptMap-*.json"))
TARGETS = {
    "v2-event": set(Event),
    "v2-class": set(ActCode),
    "v2-disposition": set(Disposition),
    "v2-gender": set(Gender),
    "v2-protection": {*canonical.PROTECTED, "none"},
}
READS = """
from adapter.mappings.hl7v2.events import TRIGGERS
from adapter.mappings.omsorg.code_tables import GENDER
print(TRIGGERS["A01"], GENDER["male"])
"""


@pytest.mark.parametrize("id_", TARGETS)
def test_a_map_translates_to_codes_that_the_adapter_knows(id_: str) -> None:
    assert set(translations(id_).values()) <= TARGETS[id_]


@pytest.mark.parametrize("path", MAPS, ids=lambda p: p.stem)
def test_no_code_is_mapped_twice_to_one_system(path: Path) -> None:
    for group in json.loads(path.read_text(encoding="utf-8"))["group"]:
        codes = [element["code"] for element in group["element"]]
        assert len(codes) == len(set(codes))
        assert all(len(element["target"]) == 1 for element in group["element"])


def test_a_changed_map_changes_what_the_mappings_do(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "data")
    shutil.copytree(ROOT / "adapter", tmp_path / "adapter", ignore=ignored)
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    for name, old, new in (
        ("v2-event", '"admission-notice"', '"person-updated"'),
        ("omsorg", '"man"', '"herre"'),
    ):
        path = tmp_path / "profiles" / f"ConceptMap-{name}.json"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    command = [sys.executable, "-c", READS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["person-updated", "herre"]


def test_a_map_that_is_missing_is_an_error() -> None:
    with pytest.raises(FatalError, match="settings"):
        translations("nowhere")
