"""What is published of the contract: R4, whole, and the words of the program."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.core.catalogue import CATALOGUE
from adapter.core.errors import FatalError
from adapter.core.model import ONLY_RECEIVED, Event, Need
from adapter.fhir import canonical, profiles
from adapter.fhir.canonical import BASE
from adapter.fhir.profiles.definitions import read
from tests.kit import error_catalogue, oracle
from tests.kit.fhir_fixtures import ROOT, loaded

MODES = ("receiver", "sender")
RESOURCES = sorted((ROOT / "profiles").glob("*.json"))


@pytest.mark.parametrize("path", RESOURCES, ids=lambda p: p.stem)
def test_a_published_resource_is_r4_and_named_as_its_file(path: Path) -> None:
    resource = loaded(path)
    assert path.stem == f"{resource['resourceType']}-{resource['id']}"
    if resource["resourceType"] != "NamingSystem":  # which has no url in R4
        assert resource["url"] == f"{BASE}/{resource['resourceType']}/{resource['id']}"
    assert oracle.problems(resource) == []


def test_every_link_between_the_published_resources_leads_somewhere() -> None:
    files = [path.read_text(encoding="utf-8") for path in RESOURCES]
    canonicals = {json.loads(text).get("url") for text in files} - {None}
    linked = {link for text in files for link in re.findall(rf"{BASE}/[A-Z]\w+/[\w-]+", text)}
    assert linked == canonicals


def test_an_extension_is_checked_by_its_own_url() -> None:
    for definition in profiles.load().definitions.of_type("StructureDefinition"):
        if definition["type"] == "Extension":
            elements = {e["id"]: e for e in definition["differential"]["element"]}
            assert elements["Extension.url"]["fixedUri"] == definition["url"]


def _codes(id_: str) -> list[str]:
    return [c["code"] for c in profiles.load().resource("CodeSystem", id_)["concept"]]


def test_the_code_systems_are_the_words_of_the_program() -> None:
    assert _codes("event") == [str(event) for event in Event]
    assert _codes("need") == [str(need) for need in Need]
    assert _codes("error") == sorted(CATALOGUE)


def test_the_published_error_codes_say_what_the_catalogue_says() -> None:
    kept = (profiles.folder() / error_catalogue.FILE).read_text(encoding="utf-8")
    assert kept == error_catalogue.text(), "run: python -m tests.catalogue"


def test_every_event_has_its_message_definition() -> None:
    definitions = profiles.load().definitions.of_type("MessageDefinition")
    assert {d["eventCoding"]["code"] for d in definitions} == set(Event)
    assert all(d["eventCoding"]["system"] == canonical.EVENT for d in definitions)
    (statement,) = profiles.load().definitions.of_type("CapabilityStatement")
    supported = statement["messaging"][0]["supportedMessage"]
    modes = {mode: {s["definition"] for s in supported if s["mode"] == mode} for mode in MODES}
    assert {m.rpartition("/")[2] for m in modes["receiver"]} == set(Event)
    assert {m.rpartition("/")[2] for m in modes["sender"]} == set(Event) - ONLY_RECEIVED


@pytest.mark.parametrize("inside", [True, False])
def test_the_profiles_are_found_in_a_checkout_and_in_an_installed_package(
    tmp_path: Path, inside: bool
) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "data")
    shutil.copytree(ROOT / "adapter", tmp_path / "adapter", ignore=ignored)
    place = tmp_path / ("adapter/data/profiles" if inside else "profiles")
    shutil.copytree(ROOT / "profiles", place)
    program = "from adapter.fhir import profiles; profiles.load(); print(profiles.folder())"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == place


def test_without_profiles_nothing_is_checked_in_silence(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="settings"):
        read(tmp_path)
