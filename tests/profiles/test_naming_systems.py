"""NamingSystems: each system of numbers that the adapter knows, with all its names."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.core import identifiers
from adapter.fhir import canonical
from tests.kit.oracle import problems
from tests.kit.places import ROOT
from tools.profiles.places import resources

OURS = [r for r in resources(ROOT / "profiles") if r["resourceType"] == "NamingSystem"]
KNOWN = {
    *identifiers.PERSON_SYSTEMS,
    *(identifiers.HSA, identifiers.HER, identifiers.ORGANISATIONSNUMMER, identifiers.LMA),
    *(identifiers.FODSELSNUMMER, identifiers.D_NUMMER, canonical.MUNICIPALITY),
    *(canonical.CASE_ID, canonical.MESSAGE_ID, canonical.SOURCE_ID, canonical.VISIT),
}


def names(naming: dict[str, Any]) -> dict[str, bool]:
    """Return each name of a system as FHIR has it in `system`, and whether it is written."""
    prefix = {"oid": "urn:oid:", "uri": ""}
    return {prefix[u["type"]] + u["value"]: u["preferred"] for u in naming["uniqueId"]}


def test_each_system_that_is_written_has_one_naming_system() -> None:
    written = [name for naming in OURS for name, first in names(naming).items() if first]
    assert sorted(written) == sorted(KNOWN)


@pytest.mark.parametrize("naming", OURS, ids=lambda n: n["id"])
def test_every_name_of_a_system_is_read_as_the_one_that_is_written(naming: dict[str, Any]) -> None:
    (written,) = (name for name, first in names(naming).items() if first)
    assert {identifiers.normalised(name) for name in names(naming)} == {written}


def test_each_other_name_that_is_read_is_published() -> None:
    published = {name for naming in OURS for name in names(naming)}
    assert set(identifiers.OTHER_NAMES) <= published


@pytest.mark.parametrize("naming", OURS, ids=lambda n: n["id"])
def test_a_naming_system_is_r4(naming: dict[str, Any]) -> None:
    assert problems(naming) == []
