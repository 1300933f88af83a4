"""Is it FHIR R4? Every problem is named, each with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter import fhir
from adapter.core.endpoint import Limits
from adapter.core.errors import Issue
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from tests.kit import oracle
from tests.kit.fhir_fixtures import MESSAGES, label, loaded, usual
from tests.kit.shared import shared_files

EXAMPLES = shared_files("fhir-r4-examples/*.json", 121)


def resource(bundle: Bundle, type_: str) -> Any:
    found = bundles.of_type(bundle, type_)
    assert found is not None
    return found


def bundle_of(*found: Any) -> Any:
    entries = [{"resource": r} for r in found]
    return {"resourceType": "Bundle", "type": "message", "entry": entries}


def named(issues: list[Issue]) -> list[tuple[str, str]]:
    return [(issue.code, issue.expression) for issue in issues]


def named_in(bundle: Any) -> list[tuple[str, str]]:
    return named(fhir.check_structure(bundle))


def encounter(**more: Any) -> Any:
    return {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}} | more


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_official_example_of_r4_is_r4(path: Path) -> None:
    assert fhir.check_structure(bundle_of(loaded(path))) == []


_NO_SCHEMA_SAYS = ("several-patients", "invariant", "unresolved-reference")


@pytest.mark.parametrize("path", MESSAGES, ids=label)
def test_we_call_a_message_r4_exactly_when_the_schemas_of_hl7_do(path: Path) -> None:
    ours = [i for i in fhir.check_structure(loaded(path)) if i.code not in _NO_SCHEMA_SAYS]
    theirs = oracle.problems(loaded(path))
    assert bool(ours) == bool(theirs), (ours, theirs)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"status": "admitted"}, ("unknown-code", "Encounter.status")),
        ({"status": 3}, ("invalid-structure", "Encounter.status")),
        ({"status": None}, ("invalid-structure", "Encounter.status")),
        ({"statusHistory": [{"status": "x", "period": {"start": "2026"}}]},
         ("unknown-code", "Encounter.statusHistory[0].status")),
        ({"identifier": [{"use": "mine"}]}, ("unknown-code", "Encounter.identifier[0].use")),
        ({"identifier": {"value": "1"}}, ("invalid-structure", "Encounter.identifier")),
        ({"identifier": []}, ("invalid-structure", "Encounter.identifier")),
        ({"identifier": [None]}, ("invalid-structure", "Encounter.identifier[0]")),
        ({"subject": "{}"}, ("invalid-structure", "Encounter.subject")),
        ({"subject": {}}, ("invalid-structure", "Encounter.subject")),
        ({"class_fhir": {"code": "IMP"}}, ("invalid-structure", "Encounter")),
        ({"resource_type": "Encounter"}, ("invalid-structure", "Encounter")),
        ({"fhir_comments": ["x"]}, ("invalid-structure", "Encounter")),
        ({"ward": "12"}, ("invalid-structure", "Encounter")),
        ({"period": {"start": "2026-11-16T09:40"}}, ("bad-time", "Encounter.period.start")),
        ({"period": {"start": "16 november"}}, ("bad-time", "Encounter.period.start")),
        ({"id": "å" * 3}, ("invalid-structure", "Encounter.id")),
        ({"id": "a" * 65}, ("invalid-structure", "Encounter.id")),
        ({"participant": [{}]}, ("invalid-structure", "Encounter.participant[0]")),
        ({"diagnosis": [{"rank": 1}]}, ("required", "Encounter.diagnosis[0].condition")),
        ({"diagnosis": [{"condition": {"reference": "a"}, "rank": "1"}]},
         ("invalid-structure", "Encounter.diagnosis[0].rank")),
        ({"diagnosis": [{"condition": {"reference": "a"}, "rank": True}]},
         ("invalid-structure", "Encounter.diagnosis[0].rank")),
        ({"extension": [{"valueCode": "x"}]}, ("required", "Encounter.extension[0].url")),
        ({"extension": [{"url": "u", "valueBoolean": "yes"}]},
         ("invalid-structure", "Encounter.extension[0].value")),
        ({"extension": [{"url": "u", "valueCode": "x", "valueBoolean": True}]},
         ("invalid-structure", "Encounter.extension[0].value")),
        ({"_status": {"extension": [{"url": 4}]}},
         ("invalid-structure", "Encounter.status.extension[0].url")),
        ({"contained": [{"resourceType": "Ward"}]},
         ("unknown-resource-type", "Encounter.contained[0]")),
        ({"contained": [{"id": "1"}]}, ("invalid-structure", "Encounter.contained[0]")),
        ({"contained": [{"resourceType": "Patient", "gender": "kvinna"}]},
         ("unknown-code", "Encounter.contained[0].gender")),
    ],
)  # fmt: skip
def test_a_fault_has_one_code_and_one_place(change: Any, expected: tuple[str, str]) -> None:
    found = named_in(bundle_of(encounter(**change)))
    assert expected in found
    assert {expression for _, expression in found} == {expected[1]}


def test_a_choice_of_types_may_have_one_value() -> None:
    communication = {
        "resourceType": "Communication",
        "status": "completed",
        "payload": [
            {"contentString": "a", "contentReference": {"display": "b"}},
            {"id": "empty"},
        ],
    }
    assert named_in(bundle_of(communication)) == [
        ("invalid-structure", "Communication.payload[0].content"),
        ("required", "Communication.payload[1].content"),
    ]


def test_all_problems_of_a_message_are_told_together() -> None:
    unknown_inside = encounter(contained=[{"resourceType": "Ward"}], period={"start": "x"})
    del unknown_inside["class"]
    broken = bundle_of(unknown_inside, {"resourceType": "Ward"}, {"resourceType": "Task"}, 7)
    broken["type"] = "letter"
    broken["entry"].append({"fullUrl": "urn:uuid:8f1b0c2e-6a1d-4d5e-9b7a-0c1d2e3f4a5b"})
    assert set(named_in(broken)) == {
        ("unknown-code", "Bundle.type"),
        ("unknown-resource-type", "Encounter.contained[0]"),
        ("bad-time", "Encounter.period.start"),
        ("required", "Encounter.class"),
        ("unknown-resource-type", "Bundle.entry[1].resource"),
        ("required", "Task.status"),
        ("required", "Task.intent"),
        ("invalid-structure", "Bundle.entry[3].resource"),
        ("required", "Bundle.entry[4].resource"),
    }


def test_a_detail_says_which_entry_it_is_about() -> None:
    first, second = {"resourceType": "Organization", "name": 3}, encounter()
    (issue,) = fhir.check_structure(bundle_of(second, first))
    assert issue.detail.startswith("entry[1]: ")


@pytest.mark.parametrize(
    "document",
    [None, [], "Bundle", 7, {}, {"resourceType": "Patient"}, {"resourceType": ["Bundle"]}],
)
def test_a_document_that_is_no_bundle_is_one_problem(document: Any) -> None:
    assert named_in(document) == [("invalid-structure", "Bundle")]


def test_more_entries_than_the_limit_are_not_looked_into() -> None:
    crowd = bundle_of(*[encounter(status="x")] * 4)
    (issue,) = fhir.check_structure(crowd, Limits(entries=3))
    assert (issue.code, issue.expression) == ("too-large", "Bundle.entry")
    assert len(fhir.check_structure(crowd, Limits(entries=4))) == 4


@pytest.mark.parametrize("inside", [False, True])
def test_a_second_patient_is_an_error_wherever_it_is(inside: bool) -> None:
    bundle = usual(Event.ADMISSION_NOTICE)
    other = {"resourceType": "Patient", "id": "other"}
    if inside:
        resource(bundle, "Encounter")["contained"] = [other]
    else:
        bundle["entry"].append({"resource": other})
    assert named_in(bundle) == [("several-patients", "Patient")]


@pytest.mark.parametrize("type_", ["Resource", "DomainResource", "Identifier", "string", "Foo", ""])
def test_what_is_no_resource_type_is_named(type_: str) -> None:
    found = named_in(bundle_of({"resourceType": type_}))
    assert found == [("unknown-resource-type", "Bundle.entry[0].resource")]


@pytest.mark.parametrize("type_", [[], {}, None, 4])
def test_a_resource_type_that_is_no_text_does_not_fall(type_: Any) -> None:
    found = named_in(bundle_of({"resourceType": type_}, encounter(status="x")))
    assert ("invalid-structure", "Bundle.entry[0].resource") in found
    assert ("unknown-code", "Encounter.status") in found


@pytest.mark.parametrize("endpoint", [7, [], {}, None, True])
def test_an_address_that_is_no_text_hides_nothing_else(endpoint: Any) -> None:
    header = {
        "resourceType": "MessageHeader",
        "eventCoding": {"code": "x"},
        "source": {"endpoint": endpoint},
        "response": {"identifier": "1"},
        "focus": [{"reference": 3}],
    }
    assert set(named_in(bundle_of(header))) == {
        ("invalid-structure", "MessageHeader.source.endpoint"),
        ("invalid-structure", "MessageHeader.focus[0].reference"),
        ("required", "MessageHeader.response.code"),
    }


def test_null_in_an_array_keeps_the_place_of_an_extension_and_of_nothing_else() -> None:
    why = {"extension": [{"url": "urn:why", "valueCode": "unknown"}]}
    given = {"given": [None, "Märta"], "_given": [why, None]}
    patient = {"resourceType": "Patient", "name": [given, {"given": [None]}]}
    assert named_in(bundle_of(patient)) == [("invalid-structure", "Patient.name[1].given[0]")]


def test_half_a_character_does_not_fall() -> None:
    bundle = bundle_of(encounter(reasonCode=[{"text": "\ud800"}]))
    bundle["entry"].append({"resourceType": "\ud800"})
    assert {place.split(".")[0] for _, place in named_in(bundle)} == {"Bundle", "Encounter"}


def test_extra_resources_and_extensions_are_carried() -> None:
    bundle = usual(Event.ADMISSION_NOTICE)
    bundle["entry"].append({"resource": {"resourceType": "Basic", "code": {"text": "x"}}})
    extra = {"url": "https://other.example/x", "valueString": "y"}
    resource(bundle, "Encounter")["extension"].append(extra)
    assert fhir.check_structure(bundle) == []
