"""Mutants of our fixtures: what two validators that others wrote refuse, we refuse.

The judges' verdicts are kept in `fixtures/mutants/verdicts.json`; `tests/kit/mutants/remake.py`
says how they are made anew.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from itertools import chain, islice

import pytest

from adapter.fhir import check_structure
from tests.kit import oracle
from tests.kit.fhir_fixtures import FIXTURES, loaded
from tests.kit.mutants import verdicts
from tests.kit.mutants.generator import mutants, mutants_of, mutated_fixtures, sound_fixtures
from tests.kit.mutants.judges import ENOUGH, HERE, refusing
from tests.kit.mutants.places import holders
from tests.kit.places import SHARED

MOST = 20
EVERY = 60  # of so many mutants one is asked about again
ACCEPTED = loaded(verdicts.FOLDER / "accepted.json")
REFUSED = loaded(verdicts.FOLDER / "refused.json")


@lru_cache
def judged() -> list[verdicts.Judged]:
    return verdicts.judged()


def test_there_are_five_thousand_mutants_and_a_verdict_of_each() -> None:
    names = [name for name, _ in mutants()]
    assert len(names) == len(set(names)) > 5000
    assert set(verdicts.kept()) == set(names), "run: python -m tests.kit.mutants.remake"


def test_each_kind_of_element_of_each_fixture_has_a_mutant() -> None:
    paths = {tuple(name.split(":")[:2]) for name, _ in mutants()}
    kinds = {
        (fixture, f"{holder.kind}.{key}")
        for fixture in mutated_fixtures()
        for holder in holders(loaded(FIXTURES / f"{fixture}.fhir.json"))
        for key in holder.node
        if key != "resourceType" and not key.startswith("_")
    }
    assert kinds - paths == set()
    assert len(kinds) > 1000


@pytest.mark.slow
def test_what_two_judges_refuse_is_refused_or_listed_with_its_clause() -> None:
    assert sorted(verdicts.accepted(judged())) == sorted(ACCEPTED)
    assert len(ACCEPTED) <= MOST
    assert all(each["clause"] and each["reason"] for each in ACCEPTED.values())


@pytest.mark.slow
def test_what_no_judge_refuses_and_we_do_is_listed_with_its_clause() -> None:
    mutations = Counter(name.split(":", 2)[2] for name in verdicts.refused_alone(judged()))
    assert mutations == {name: each["mutants"] for name, each in REFUSED.items()}
    assert all(each["clause"] and each["reason"] for each in REFUSED.values())


@pytest.mark.slow
@oracle.needs_schemas
def test_the_judges_still_say_so() -> None:
    kept = verdicts.kept()
    asked = [*mutants()][::EVERY]
    here = "".join(HERE)
    for name, document in asked:
        before = "".join(letter for letter in here if letter in kept[name])
        assert refusing(json.dumps(document)) == before, name
    assert len(asked) > 100


@pytest.mark.slow
@oracle.needs_schemas
def test_mutants_of_the_official_examples_are_refused_as_the_judges_do() -> None:
    examples = sorted((SHARED / "fhir-r4-examples").glob("*.json"))
    wholes = ({"type": "collection", "entry": [{"resource": loaded(e)}]} for e in examples)
    every = chain.from_iterable(mutants_of({"resourceType": "Bundle"} | w) for w in wholes)
    asked = [*islice(every, 0, None, 200)]
    for path, mutation, document in asked:
        if len(refusing(json.dumps(document))) >= ENOUGH:
            assert check_structure(document), (path, mutation)
    assert len(asked) > 500


@pytest.mark.slow
@oracle.needs_schemas
@pytest.mark.parametrize("fixture", sound_fixtures())
def test_no_judge_refuses_a_fixture_itself(fixture: str) -> None:
    assert refusing(json.dumps(loaded(FIXTURES / f"{fixture}.fhir.json"))) == ""
