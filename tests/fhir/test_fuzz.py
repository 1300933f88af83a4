"""Whatever comes: FHIR checks answer, quote nothing, and what they pass can be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter import fhir
from adapter.core.errors import Issue, Severity
from adapter.core.model import Bundle
from adapter.fhir import assessments, bundles, labels, responses
from adapter.fhir.issue_places import placed
from adapter.fhir.profiles import validate
from tests.kit.damage import changed, places
from tests.kit.examples import scaled
from tests.kit.fhir_fixtures import FIXTURES, MESSAGES, loaded


def bundle_of(*found: Any) -> Any:
    entries = [{"resource": r} for r in found]
    return {"resourceType": "Bundle", "type": "message", "entry": entries}


READERS: list[Callable[[Bundle], Any]] = [
    assessments.assessment,
    bundles.case_ids,
    bundles.concerned,
    bundles.content_id,
    bundles.deleted,
    bundles.disposition,
    bundles.encounter_class,
    bundles.ended_reason,
    bundles.envelope_id,
    bundles.event_code,
    bundles.focus,
    labels.is_protected,
    bundles.listed_centre,
    bundles.municipality,
    bundles.old_patient_ids,
    bundles.patient_ids,
    labels.protection,
    bundles.receiver_ids,
    bundles.recorded,
    responses.response,
    bundles.sender_id,
    bundles.ward,
]
PLANNED = [
    "care-contact/all-fields",
    "sip-invitation/all-fields",
    "sip-invitation-answer/other-times",
    "planning-basis/care-request",
    "recall/wrong-content",
]
_ELSEWHERE = Issue(code="profile", expression="Patient.name")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Bundle", "Patient", "{}", "[]", "\ud800", "MessageHeader", "2026-11-22"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceType", "entry", "resource", "id", "extension", "url"])
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("word", ["TolvanTolvansson", "statuss", "195009072553", "a" * 201])
def test_an_unknown_key_or_type_is_told_by_its_place_and_not_repeated(word: str) -> None:
    key, type_ = loaded(MESSAGES[0]), loaded(MESSAGES[0])
    key["entry"][1]["resource"][word] = "x"
    type_["entry"][1]["resource"]["resourceType"] = word
    for bundle in (key, type_):
        said = json.dumps(fhir.outcome(validate(bundle)), ensure_ascii=False)
        assert "entry[1]" in said
        assert word not in said


@settings(max_examples=scaled(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(MESSAGES), st.data())
def test_no_detail_quotes_a_value(path: Path, data: st.DataObject) -> None:
    bundle = loaded(path)
    for _ in range(data.draw(st.integers(1, 4))):
        changed(bundle, data.draw, st.just("Qzx 195009072553 Märta"))
    said = json.dumps([fhir.outcome(validate(bundle))], ensure_ascii=False)
    assert not any(word in said for word in ("Qzx", "195009072553", "Märta"))


@settings(max_examples=scaled(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_any_json_gets_an_answer(document: Any) -> None:
    entries = {"resourceType": "Bundle", "entry": document}
    inside = bundle_of(document, {"resourceType": "MessageHeader", "focus": document})
    for found in (document, entries, inside):
        issues = validate(found)
        assert issues
        assert len(placed([*issues, _ELSEWHERE], found)) == len(issues) + 1


@settings(max_examples=scaled(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(MESSAGES), st.data())
def test_a_damaged_message_gets_an_answer_and_a_sound_one_can_be_read(
    path: Path, data: st.DataObject
) -> None:
    bundle = loaded(path)
    for _ in range(data.draw(st.integers(1, 5))):
        changed(bundle, data.draw, JSON)
    issues = validate(bundle)
    if not any(issue.severity is Severity.ERROR for issue in issues):
        assert json.dumps(bundle, ensure_ascii=False, allow_nan=False).encode()
        for reader in READERS:
            _read(reader, bundle)


@pytest.mark.parametrize("other", [7, True, "x", None, [], {}, [None], 1e400], ids=repr)
@pytest.mark.parametrize(
    "name", ["admission-notice/usual", "answer/rejected", "receipt/fatal", *PLANNED]
)
def test_another_json_type_anywhere_gets_an_answer(name: str, other: Any) -> None:
    bundle = loaded(FIXTURES / f"{name}.fhir.json")
    for holder, key in places(bundle):
        kept = holder[key]
        holder[key] = other
        issues = validate(bundle)
        assert issues or isinstance(kept, type(other))
        holder[key] = kept


def _read(reader: Callable[[Bundle], Any], bundle: Bundle) -> None:
    try:
        reader(bundle)
    except ValueError:
        assert reader in {responses.response, assessments.assessment}  # as they say of themselves
