"""A path in the FHIR message, as the field of the HL7 v2 message that it was read from."""

from __future__ import annotations

import pytest

from adapter.mappings.hl7v2.ack_places import place


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("Bundle.entry[0].resource.extension", ("EVN", "1", "2")),
        ("Bundle.entry[0].resource.sender", ("MSH", "1", "4")),
        ("Bundle.entry[1].resource.period.end", ("PV1", "1", "45")),
        ("Bundle.entry[1].resource.birthDate", ("PID", "1", "7")),
        ("Bundle.entry[2].resource.address.extension", ("PID", "1", "11", "", "9")),
        ("Bundle.entry[2].resource.photo", ("PID",)),
        ("Encounter.period.end", ("PV1", "1", "45")),
        ("PID-3[2].4", ("PID", "1", "3", "2", "4")),
    ],
)
def test_the_path_of_a_problem_names_its_field(path: str, field: tuple[str, ...]) -> None:
    assert place(path, "bad-time") == field


@pytest.mark.parametrize(
    "path", ["Bundle.entry[1].resource.identifier", "Bundle.entry[9].resource.name", "Bundle"]
)
def test_a_path_that_several_fields_may_have_names_none(path: str) -> None:
    assert place(path, "bad-identifier") == ()
