"""The package: its layout, its names, its examples, and the same bytes each time."""

from __future__ import annotations

import io
import json
import tarfile
from collections import Counter
from collections.abc import Iterator

import pytest

from adapter.core.model import Event
from adapter.fhir import profiles
from tests.kit.fhir_package import built, published
from tests.kit.places import ROOT
from tools.profiles import guide
from tools.profiles.archive import packed, text
from tools.profiles.examples import examples
from tools.profiles.places import DEFINITIONS, SWEDEN, Resource, resources
from tools.r4_definitions.package import terms, whole_types

SOURCES = list(resources(ROOT / "profiles"))
EXAMPLES = list(examples())


@pytest.mark.waits  # npm, once
@pytest.mark.slow
def test_the_archive_has_the_layout_of_a_fhir_package_and_the_same_bytes_each_time() -> None:
    archive = packed(built())
    assert archive == packed(dict(reversed(built().items())))
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        names = opened.getnames()
        manifest = json.load(opened.extractfile("package/package.json"))  # type: ignore[arg-type]
    assert {"package/.index.json", "package/example/.index.json"} <= set(names)
    assert manifest["fhirVersions"] == ["4.0.1"]
    assert manifest["dependencies"] == {"hl7.fhir.r4.core": "4.0.1", "hl7se.fhir.base": "1.1.0"}
    assert manifest["license"] == "EUPL-1.2"


@pytest.mark.waits  # npm, once
@pytest.mark.slow
@pytest.mark.parametrize("folder", ["package", "package/example"])
def test_an_index_lists_each_resource_of_its_folder(folder: str) -> None:
    index = built()[f"{folder}/.index.json"]["files"]
    inside = {p for p in built() if p.rpartition("/")[0] == folder and "-" in p.rpartition("/")[2]}
    assert {f"{folder}/{each['filename']}" for each in index} == inside
    for each in index:
        resource = built()[f"{folder}/{each['filename']}"]
        assert (each["resourceType"], each["id"]) == (resource["resourceType"], resource["id"])
        assert each.get("url") == resource.get("url")


@pytest.mark.waits  # npm, once
@pytest.mark.slow
def test_each_profile_has_a_snapshot_and_its_differential() -> None:
    definitions = published("StructureDefinition")
    assert len(definitions) == sum(r["resourceType"] == "StructureDefinition" for r in SOURCES)
    for definition in definitions:
        ids = [element["id"] for element in definition["snapshot"]["element"]]
        changed = [element["id"] for element in definition["differential"]["element"]]
        assert set(changed) <= set(ids), definition["id"]


def test_no_two_resources_have_one_name() -> None:
    names = Counter(resource["name"] for resource in SOURCES)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.waits  # npm, once
@pytest.mark.slow
def test_no_resource_has_the_name_of_a_type_of_r4() -> None:
    built()
    taken = {definition["name"] for definition in whole_types(DEFINITIONS)}
    assert taken & {resource["name"] for resource in SOURCES} == set()


def test_the_guide_lists_all_resources_and_examples() -> None:
    assert guide.FILE.read_text("utf-8") == text(guide.guide()), (
        "run: python -m tools.profiles.guide"
    )


def test_each_event_has_an_example() -> None:
    events = {message["entry"][0]["resource"]["eventCoding"]["code"] for message in EXAMPLES}
    assert events == {str(event) for event in Event}


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda m: m["id"])
def test_an_example_keeps_all_that_our_profiles_demand(message: Resource) -> None:
    assert profiles.validate(message) == []


@pytest.mark.waits  # npm, once
@pytest.mark.slow
def test_each_binding_that_binds_names_a_value_set_of_the_package_or_of_its_dependencies() -> None:
    built()
    known = {r["url"] for r in [*SOURCES, *resources(SWEDEN), *terms(DEFINITIONS)] if "url" in r}
    for definition in published("StructureDefinition"):
        for element in definition["snapshot"]["element"]:
            binding = element.get("binding", {})
            if binding.get("strength") in ("required", "extensible"):
                assert binding["valueSet"].partition("|")[0] in known, element["id"]


@pytest.mark.waits  # npm, once
@pytest.mark.slow
def test_each_code_of_a_value_set_or_map_is_one_of_its_system() -> None:
    built()
    systems = [r for r in [*SOURCES, *resources(SWEDEN), *terms(DEFINITIONS)] if "concept" in r]
    codes = {r["url"]: {*all_codes(r["concept"])} for r in systems}
    named = [*in_value_sets(), *in_maps()]
    absent = {(s, c) for s, c in named if c not in codes.get(s, {c})}
    assert absent == NO_CODE_OF_ITS_SYSTEM
    outside = {system for system, _ in named if system not in codes}
    assert {s for s in outside if "/omsorg/" not in s} == ELSEWHERE


NO_CODE_OF_ITS_SYSTEM = {("http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel", "kvarskrivning")}
"""HL7 Sweden's 1.1.0 has no code for kvarskrivning."""
ELSEWHERE = {
    "https://fhir.inera.se/CodeSystem/typeofcareplan-cs",  # Inera's, as the next two
    "https://fhir.inera.se/ig/careteam/CodeSystem/typ-av-careteam-cs",
    "https://terminologitjansten.inera.se/inera-kodverksforvaltning/kodverk/kv_typ_av_fast_kontakt",
    "urn:ietf:bcp:13",  # media types
    "http://terminology.hl7.org/CodeSystem/v2-0112",  # HL7 leaves its codes to the user
}
"""Code systems whose codes HL7's and HL7 Sweden's packages do not have."""


def all_codes(concepts: list[Resource]) -> Iterator[str]:
    """Yield the codes of a code system, with those below others."""
    for concept in concepts:
        yield concept["code"]
        yield from all_codes(concept.get("concept", []))


def in_value_sets() -> Iterator[tuple[str, str]]:
    """Yield system and code of all that our value sets list."""
    for value_set in (r for r in SOURCES if r["resourceType"] == "ValueSet"):
        for part in value_set["compose"]["include"]:
            yield from ((part["system"], each["code"]) for each in part.get("concept", ()))


def in_maps() -> Iterator[tuple[str, str]]:
    """Yield system and code of both sides of our concept maps."""
    for concept_map in (r for r in SOURCES if r["resourceType"] == "ConceptMap"):
        for group in concept_map["group"]:
            for element in group["element"]:
                if "source" in group:  # linkIds of a questionnaire belong to no code system
                    yield group["source"], element["code"]
                yield from ((group["target"], t["code"]) for t in element["target"])
