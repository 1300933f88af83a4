"""Value sets: each has exactly the codes that the adapter knows, and no binding lacks its own."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from adapter.core.catalogue import CATALOGUE
from adapter.core.endpoint import ActCode, Disposition
from adapter.core.model import Event, Need
from adapter.fhir import canonical, consents, profiles
from adapter.fhir.canonical import BASE
from adapter.mappings.omsorg import code_tables
from adapter.policy.stay_elements import DELETED
from tests.kit.places import ROOT

KNOWN: dict[str, Iterable[str]] = {
    "activity": ["translated"],
    "answer-status": code_tables.ANSWER_STATUS,
    "care-plan-type": code_tables.PLAN_CATEGORY,
    "consent": [consents.PLANNING, consents.SECRECY],
    "deleted": [*DELETED, "name", "address"],  # of which nothing is deleted
    "disposition": Disposition,
    "encounter-class": ActCode,
    "ended": code_tables.ENDED,
    "error": CATALOGUE,
    "event": Event,
    "need": Need,
    "protection": ["none"],
    "protection-label": [*canonical.PROTECTED, "none"],
    "v2-protection": ["Y", "N", "F", "K"],
}
PART_OF = {
    "care-plan-status": code_tables.PLAN_STATUS,
    "open-stay-status": code_tables.ENCOUNTER_STATUS,
    "returned-status": code_tables.ENCOUNTER_STATUS,
    "stay-status": code_tables.ENCOUNTER_STATUS,
}
"""What a profile allows of R4's own codes, and the table of all of these."""


def codes(id_: str) -> set[str]:
    """Return the codes of a published value set."""
    return set(profiles.load().definitions.codes(f"{BASE}/ValueSet/{id_}").plain)


@pytest.mark.parametrize("id_", KNOWN)
def test_a_value_set_has_the_codes_that_the_adapter_knows_and_no_other(id_: str) -> None:
    assert codes(id_) == {str(code) for code in KNOWN[id_]}


@pytest.mark.parametrize("id_", PART_OF)
def test_a_value_set_of_a_status_has_codes_that_r4_has(id_: str) -> None:
    assert codes(id_)
    assert codes(id_) < set(PART_OF[id_])


def test_each_value_set_is_compared() -> None:
    ids = {v["id"] for v in profiles.load().definitions.of_type("ValueSet")}
    assert ids == set(KNOWN) | set(PART_OF)


def test_each_code_system_of_ours_has_a_value_set_of_all_its_codes() -> None:
    for path in (ROOT / "profiles").glob("CodeSystem-*.json"):
        system = json.loads(path.read_text(encoding="utf-8"))
        all_ = {concept["code"] for concept in system["concept"]}
        assert codes(system["valueSet"].rpartition("/")[2]) == all_
        assert system["count"] == len(all_)
