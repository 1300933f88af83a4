"""The hub's own form as a system: nothing is changed but the address."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import fhir
from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.model import ONLY_RECEIVED, Event
from adapter.fhir import bundles, codec
from adapter.fhir.canonical import EVENT
from adapter.mappings.fhir_r4 import system
from tests.kit import oracle
from tests.kit.omsorg import ROOT, context
from tests.kit.places import SHARED
from tests.kit.shared import ABSENT

MEDCOM = SHARED / "medcom"
USUAL = sorted((ROOT / "fhir").glob("*/usual.fhir.json"))
SENT = [path for path in USUAL if path.parent.name not in ONLY_RECEIVED]
RECEIPT = ROOT / "fhir" / "receipt" / "ok.fhir.json"
RECEIVER = Endpoint(
    name="annan-fhir",
    organization="SE0000000009-ANNAN",
    display="Annans kommun",
    system="fhir",
    transport="http",
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def load(path: Path) -> Any:
    return codec.parse("json", path.read_bytes())


def refusal(document: Any) -> FatalError:
    with pytest.raises(FatalError) as caught:
        system.event(document)
    return caught.value


@pytest.mark.parametrize("path", [*USUAL, RECEIPT], ids=lambda path: path.parent.name)
def test_a_message_is_recognised_and_read_as_it_is(path: Path) -> None:
    document = load(path)
    event = system.event(document)
    assert event == path.parent.name
    assert system.read(event, document, context()) is document


def test_every_event_is_read_and_written() -> None:
    assert set(system.readers) == set(Event)
    assert set(system.writers) == set(Event) - ONLY_RECEIVED


@pytest.mark.parametrize("path", SENT, ids=lambda path: path.parent.name)
def test_a_copy_is_addressed_to_its_one_receiver_and_else_the_same(path: Path) -> None:
    document = load(path)
    before = deepcopy(document)
    event = system.event(document)
    copy = system.write(event, document, context(receiver=RECEIVER))
    assert bundles.receiver_ids(copy) == ("SE0000000009-ANNAN",)
    destination = copy["entry"][0]["resource"].pop("destination")
    assert destination[0]["endpoint"] == "urn:careplan-adapter:endpoint:annan-fhir"
    assert document == before
    known = list(bundles.resources(before))
    known[0].pop("destination", None)
    assert list(bundles.resources(copy))[: len(known)] == known
    assert oracle.problems(system.write(event, document, context(receiver=RECEIVER))) == []


def test_a_receipt_is_written_as_it_is() -> None:
    document = load(RECEIPT)
    assert system.write(Event.RECEIPT, document, context(receiver=RECEIVER)) is document


def test_an_event_of_another_system_is_refused_and_told_whose_codes_are_taken() -> None:
    coding = {"system": "https://other.example/events", "code": "admission-notice"}
    header = {"resourceType": "MessageHeader", "eventCoding": coding}
    error = refusal({"resourceType": "Bundle", "entry": [{"resource": header}]})
    assert error.code == "unknown-event"
    assert error.issues[0].expression == "MessageHeader.event"
    detail = f"the system of the code is none of ours; they are of {EVENT}"
    assert error.issues[0].detail == detail


def test_what_is_no_code_is_not_repeated() -> None:
    persons = ("Anna Andersson 195009072553", "195009072553", "500907-2553")
    for code in (*persons, ["x"], {"a": "b"}, "x" * 500):
        header = {"resourceType": "MessageHeader", "eventCoding": {"system": EVENT, "code": code}}
        error = refusal({"entry": [{"resource": header}]})
        assert error.detail == f"the code is none of ours; they are of {EVENT}"


@pytest.mark.skipif(not MEDCOM.is_dir(), reason=ABSENT)
def test_every_message_of_medcom_is_told_that_its_event_is_of_another_system() -> None:
    found = [json.loads(path.read_text()) for path in sorted(MEDCOM.rglob("*.json"))]
    messages = [d for d in found if d.get("resourceType") == "Bundle" and d["type"] == "message"]
    assert messages
    for document in messages:
        outcome = fhir.outcome(refusal(document).issues)
        issue = outcome["issue"][0]
        assert issue["expression"] == ["Bundle.entry[0].resource.event"]
        assert issue["diagnostics"].startswith("the system of the code is none of ours")


@given(JSON, JSON, JSON, JSON)
@settings(deadline=None)
def test_any_json_is_recognised_or_refused(whole: Any, first: Any, header: Any, code: Any) -> None:
    coding = {"system": EVENT, "code": code}
    wrapped = {"resource": {"resourceType": "MessageHeader", "eventCoding": coding}}
    odd = {"resource": {"resourceType": "MessageHeader", "eventCoding": header}}
    for document in (whole, {"entry": first}, {"entry": [first]}, {"entry": [wrapped]}):
        assert refusal(document).code in ("unknown-event", "invalid-structure")
    assert refusal({"entry": [odd]}).code == "unknown-event"
