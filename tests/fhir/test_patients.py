"""What is checked of a FHIR message's patient: numbers, labels, and what a notice cannot carry."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adapter.core.errors import Severity
from adapter.fhir import bundles, check_structure, labels, patients
from adapter.fhir.canonical import SECURITY
from tests.kit.site import fixture

TODAY = date(2026, 12, 1)


def of_patient(name: str, **elements: Any) -> Any:
    """The message of a fixture, with other elements of its Patient."""
    bundle = fixture(name)
    bundles.patient(bundle).update(elements)  # type: ignore[union-attr]
    return bundle


LABELS = {
    "known": ("sekretessmarkering", "sekretessmarkering"),
    "in capitals": ("SEKRETESSMARKERING", "sekretessmarkering"),
    "in small letters": ("skyddadfolkbokforing", "skyddadFolkbokforing"),
    "unknown": ("skyddad-folkbokföring", "sekretessmarkering"),
    "empty": ("", "sekretessmarkering"),
}


@pytest.mark.parametrize(("code", "level"), LABELS.values(), ids=LABELS)
def test_every_code_of_the_system_of_labels_protects(code: str, level: str) -> None:
    bundle = of_patient("message/usual", meta={"security": [{"system": SECURITY, "code": code}]})
    assert labels.protection(bundle) == level


def test_a_label_of_another_system_says_nothing_of_the_identity() -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}
    assert labels.protection(of_patient("message/usual", meta={"security": [label]})) == ""


def test_a_label_on_a_contained_resource_is_warned_of_and_not_refused() -> None:
    """R4 has none there (dom-5). A refused message would not be applied, and protect nobody."""
    label = {"system": SECURITY, "code": "kvarskrivning"}
    inner = {"resourceType": "Basic", "id": "in", "code": {"text": "x"}}
    link = {"url": "urn:x", "valueReference": {"reference": "#in"}}
    contained = [inner | {"meta": {"security": [label]}}]
    bundle = of_patient("message/usual", contained=contained, extension=[link])
    (issue,) = check_structure(bundle)
    assert (issue.expression, issue.severity) == (
        "Patient.contained[0].meta.security",
        Severity.WARNING,
    )
    assert labels.protection(bundle) == "kvarskrivning"


def test_a_label_on_a_contained_resource_protects() -> None:
    label = {"system": SECURITY, "code": "kvarskrivning"}
    inner = {"resourceType": "RelatedPerson", "id": "a", "meta": {"security": [label]}}
    assert labels.protection(of_patient("message/usual", contained=[inner])) == "kvarskrivning"


def test_a_wrong_number_is_told_with_its_place() -> None:
    system = "http://electronichealth.se/identifier/personnummer"
    right, wrong = ({"system": system, "value": v} for v in ("195009072553", "195009072554"))
    bundle = of_patient("message/usual", identifier=[right, wrong])
    issues = patients.number_problems(bundle, TODAY, Severity.WARNING)
    assert [(i.code, i.expression, i.detail, i.severity) for i in issues] == [
        ("bad-identifier", "Patient.identifier[1].value", "checksum", Severity.WARNING)
    ]
    assert patients.number_problems(fixture("message/usual"), TODAY, Severity.ERROR) == []


EXTENSION = [{"url": "http://x.example/not", "valueBoolean": True}]
MODIFIED: dict[str, tuple[str, Any]] = {
    "a record no longer in use": ("Patient.active", {"active": False}),
    "a replaced record": ("Patient.link", {"link": [{"other": {}, "type": "replaced-by"}]}),
    "a modifier": ("Patient.modifierExtension", {"modifierExtension": EXTENSION}),
    "a modifier inside": (
        "Patient.contact[0].modifierExtension",
        {"contact": [{"modifierExtension": EXTENSION}]},
    ),
}


@pytest.mark.parametrize(("path", "elements"), MODIFIED.values(), ids=MODIFIED)
def test_a_notice_of_a_stay_cannot_carry_what_changes_its_meaning(path: str, elements: Any) -> None:
    assert patients.not_carried(of_patient("admission-notice/usual", active=True)) == []
    issues = patients.not_carried(of_patient("admission-notice/usual", **elements))
    assert [(i.code, i.expression) for i in issues] == [("profile", path)]


LABEL = {"security": [{"system": SECURITY, "code": "sekretessmarkering"}]}
BASIC = {"resourceType": "Basic", "code": {"text": "x"}, "meta": LABEL}
IN_BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": BASIC}]}
HOLDERS = {
    "Bundle": IN_BUNDLE,
    "Bundle in a Bundle": IN_BUNDLE | {"entry": [{"resource": IN_BUNDLE}]},
    "Parameters": {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": BASIC}]},
    "part of Parameters": {
        "resourceType": "Parameters",
        "parameter": [{"name": "x", "part": [{"name": "y", "resource": IN_BUNDLE}]}],
    },
    "contained in one of a Bundle": IN_BUNDLE
    | {"entry": [{"resource": {"resourceType": "Basic", "contained": [BASIC]}}]},
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_a_label_protects_however_deep_its_resource_stands(holder: dict[str, Any]) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": holder}]}
    assert labels.protection(bundle) == "sekretessmarkering"
