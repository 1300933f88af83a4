"""Faults that were put into messages of the planning: each is told, with its place and its code."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from adapter.core.model import Event
from adapter.fhir.profiles import envelope
from tests.kit.fhir_fixtures import MESSAGES, found_in, label, loaded
from tests.kit.later_events import LATER

OF_PLANNING = [path for path in MESSAGES if Event(path.parent.name) in LATER]
FAULTY = [p for p in OF_PLANNING if p.with_name(p.name.replace(".fhir.", ".error.")).exists()]
RIGHT = [path for path in OF_PLANNING if path not in FAULTY]
LEAST, LEAST_OF_EACH = 60, 5


@pytest.mark.parametrize("path", RIGHT, ids=label)
def test_a_right_message_of_the_planning_raises_nothing(path: Path) -> None:
    assert found_in(loaded(path)) == []


@pytest.mark.parametrize("path", FAULTY, ids=label)
def test_a_seeded_fault_is_told_with_its_place_and_its_code(path: Path) -> None:
    seeded = loaded(path.with_name(path.name.replace(".fhir.", ".error.")))
    assert any(issue["severity"] == "error" for issue in seeded)
    assert found_in(loaded(path)) == seeded
    assert all(issue["expression"].partition(".")[0] in _types(path) for issue in seeded)


def _types(path: Path) -> set[str]:
    return {entry["resource"]["resourceType"] for entry in loaded(path)["entry"]}


def test_each_new_event_has_faults_enough_and_more_than_one_right_message() -> None:
    faults = Counter(Event(path.parent.name) for path in FAULTY)
    rights = Counter(Event(path.parent.name) for path in RIGHT)
    assert faults.total() >= LEAST
    assert {event for event in LATER if faults[event] < LEAST_OF_EACH} == set()
    assert {event for event in LATER if rights[event] < 2} == set()


def test_the_messages_of_the_planning_may_have_a_consent_with_limits_and_no_others() -> None:
    assert {e for e in Event if envelope(e) == "planning-message"} == LATER | {Event.CARE_PLAN}
