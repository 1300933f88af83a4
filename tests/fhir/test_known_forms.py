"""A known form is not validated in full again, and a message gets the same issues either way."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter import fhir
from adapter.core.errors import Issue
from adapter.core.model import Bundle, Event
from adapter.fhir import known_forms, structure
from tests.kit.damage import changed, places
from tests.kit.examples import scaled
from tests.kit.fhir_fixtures import MESSAGES, loaded, usual

OF_THE_SAME_JSON_TYPE = {
    str: ["", " ", "x", "x y", "2026-02-30", "2026-02-28", "12:00", "\0", "\ud800", "å" * 300],
    bool: [True, False],
    int: [0, -1, 10**30],
    float: [0.5, 1e400, float("nan")],
}
VALUES = st.sampled_from([v for values in OF_THE_SAME_JSON_TYPE.values() for v in values])


def forget_all() -> None:
    """Forget every form, so that each is validated in full again."""
    known_forms._valid.clear()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No form is known before or after a test."""
    forget_all()
    yield
    forget_all()


def both(bundle: Bundle, known: Bundle) -> tuple[list[Issue], list[Issue]]:
    """A message's issues while the forms of another message are known, and while none is."""
    forget_all()
    assert fhir.check_structure(known) == []
    warm = fhir.check_structure(bundle)
    forget_all()
    return warm, fhir.check_structure(bundle)


@settings(max_examples=scaled(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(MESSAGES), st.data())
def test_what_is_wrong_is_found_in_a_known_form_too(path: Path, data: st.DataObject) -> None:
    known = loaded(path)
    if fhir.check_structure(known):
        return
    bundle = copy.deepcopy(known)
    for _ in range(data.draw(st.integers(1, 3))):
        changed(bundle, data.draw, VALUES | st.sampled_from([None, [], {}, ["x"], {"a": 1}]))
    warm, cold = both(bundle, known)
    assert warm == cold


@pytest.mark.slow
@pytest.mark.parametrize("event", [Event.ADMISSION_NOTICE, Event.CARE_PLAN, Event.RECEIPT])
def test_each_value_is_read_in_every_place(event: Event) -> None:
    known, bundle = usual(event), usual(event)
    for holder, key in places(bundle):
        kept = holder[key]
        for value in OF_THE_SAME_JSON_TYPE.get(type(kept), []):
            holder[key] = value
            warm, cold = both(bundle, known)
            assert warm == cold
        holder[key] = kept


def test_other_values_in_a_known_form_are_not_read_in_full() -> None:
    first, second = usual(Event.MESSAGE), usual(Event.MESSAGE)
    second["id"] = "11111111-2222-4333-8444-555555555555"
    assert fhir.check_structure(first) == []
    assert known_forms.are_known(parts(second))


def test_a_second_patient_is_seen_when_both_forms_are_known() -> None:
    bundle = usual(Event.ADMISSION_NOTICE)
    assert fhir.check_structure(bundle) == []
    [patient] = [e for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient"]
    bundle["entry"].append(copy.deepcopy(patient))
    assert [issue.code for issue in fhir.check_structure(bundle)] == ["several-patients"]


def test_so_many_forms_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_forms, "_MOST_FORMS", 8)
    for path in MESSAGES:
        fhir.check_structure(loaded(path))
        assert len(known_forms._valid) <= 8


def parts(bundle: Any) -> list[tuple[str, Any]]:
    """As they are looked at."""
    return structure._typed_resources(bundle)
