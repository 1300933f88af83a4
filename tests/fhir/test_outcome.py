"""What is wrong, as an OperationOutcome."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter import fhir
from adapter.core.catalogue import CATALOGUE
from adapter.core.errors import Issue, Severity
from adapter.core.model import Event
from adapter.fhir import canonical
from adapter.fhir.issue_places import placed
from adapter.fhir.profiles import validate
from tests.kit import oracle
from tests.kit.fhir_fixtures import MESSAGES, label, loaded, usual


def test_an_outcome_says_it_in_both_languages_and_where() -> None:
    issue = Issue(code="unknown-event", expression="MessageHeader.event", detail="event none")
    (found,) = fhir.outcome([issue])["issue"]
    assert found == {
        "severity": "error",
        "code": "not-supported",
        "details": {
            "coding": [{"system": canonical.ERROR, "code": "unknown-event"}],
            "text": "Okänd händelse. / The event is unknown.",
        },
        "expression": ["Bundle.entry[0].resource.event"],
        "diagnostics": "event none",
    }


@pytest.mark.parametrize("path", ["PID-3", "/Meddelande/Patient", "MSH-9.2"])
def test_a_path_of_another_format_is_no_fhirpath(path: str) -> None:
    (found,) = fhir.outcome([Issue(code="bad-identifier", expression=path)])["issue"]
    assert found["location"] == [path]
    assert "expression" not in found


def test_every_outcome_is_r4() -> None:
    issues = [Issue(code=code, expression="Encounter.status", detail="x") for code in CATALOGUE]
    warning = Issue(code="copy", expression="PID-3", severity=Severity.INFORMATION)
    for found in ([*issues, warning], []):
        assert oracle.problems(fhir.outcome(found)) == []


@pytest.mark.parametrize("path", MESSAGES, ids=label)
def test_the_answer_to_every_fixture_is_r4(path: Path) -> None:
    assert oracle.problems(fhir.outcome(validate(loaded(path)))) == []


PLACES = {
    "MessageHeader.event": ("", "Bundle.entry[0].resource.event"),
    "Encounter.status": ("entry[3]: missing", "Bundle.entry[3].resource.status"),
    "Patient": ("entry[2]: not an object", "Bundle.entry[2].resource"),
    "Bundle.entry[1].resource": ("entry[1]: missing", "Bundle.entry[1].resource"),
    "Patient.identifier": ("", "Patient.identifier"),
}


@pytest.mark.parametrize("path", PLACES)
def test_a_place_begins_at_the_bundle_where_the_entry_is_known(path: str) -> None:
    detail, rooted = PLACES[path]
    issue = Issue(code="required", expression=path, detail=detail)
    assert fhir.outcome([issue])["issue"][0]["expression"] == [rooted]


def test_a_place_without_an_entry_is_in_the_focus_or_in_the_first_entry_of_its_type() -> None:
    bundle = usual(Event.ADMISSION_NOTICE)
    types = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    for path in ("Encounter.period.end", "Patient", "Patient.address[0].line"):
        type_, dot, rest = path.partition(".")
        (issue,) = placed([Issue(code="profile", expression=path)], bundle)
        assert issue.expression == f"Bundle.entry[{types.index(type_)}].resource{dot}{rest}"
    bundle["entry"].insert(1, {"resource": {"resourceType": "Encounter"}})
    (issue,) = placed([Issue(code="profile", expression="Encounter.class")], bundle)
    assert issue.expression == f"Bundle.entry[{types.index('Encounter') + 1}].resource.class"


KEPT = ("", "PID-3", "Bundle.type", "MessageHeader.sender", "Device.status", "/Meddelande")


@pytest.mark.parametrize("path", KEPT)
def test_a_place_that_is_in_no_entry_of_the_message_stays(path: str) -> None:
    issue = Issue(code="profile", expression=path)
    assert placed([issue], usual(Event.ADMISSION_NOTICE)) == [issue]
