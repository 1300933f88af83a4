"""What is read of a stay and a person, where a message says it and where it is silent."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.core.identifiers import HSA
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles, canonical, encounter_classes, labels, parts, rewriting
from tests.kit.drafts import stay
from tests.kit.fhir_fixtures import usual

NUMBER = "http://electronichealth.se/identifier/personnummer|195009072553"
OTHER = {"system": "urn:other", "code": "home"}


def person(**elements: Any) -> Bundle:
    """A message of a stay, with other elements of its Patient."""
    bundle = stay()
    patient = bundles.patient(bundle) or {}
    return rewriting.with_resource(bundle, patient | elements)


def encounter(**elements: Any) -> Bundle:
    """A message of a stay, with other elements of its Encounter."""
    bundle = stay()
    return rewriting.with_resource(bundle, (bundles.focus(bundle) or {}) | elements)


def header(**elements: Any) -> Bundle:
    """A message of a stay, with other elements of its MessageHeader."""
    return rewriting.with_header(stay(), **elements)


def labelled(*marks: dict[str, str]) -> Bundle:
    return person(meta={"security": list(marks)})


def test_a_silent_message_says_nothing() -> None:
    bundle = stay()
    assert bundles.deleted(bundle) == frozenset()
    assert labels.protection(bundle) == ""
    assert not labels.is_protected(bundle)
    assert bundles.old_patient_ids(bundle) == ()
    assert bundles.disposition(bundle) == bundles.listed_centre(bundle) == ""
    assert bundles.ended_reason(bundle) == ""
    assert bundles.encounter_class(bundle) == "IMP"


def test_the_deleted_elements_are_named_in_the_header() -> None:
    bundle = header(extension=parts.deleted_extensions(["planned-discharge", "ward"]))
    assert bundles.deleted(bundle) == {"planned-discharge", "ward"}


def test_an_old_number_is_no_number_of_the_patient() -> None:
    old = parts.old_identifier("urn:oid:1.2.752.74.9.1", "98240301AA06")
    current = {"system": NUMBER.split("|", maxsplit=1)[0], "value": "195009072553"}
    bundle = person(identifier=[old, current])
    assert bundles.patient_ids(bundle) == (NUMBER,)
    assert bundles.old_patient_ids(bundle) == ("urn:oid:1.2.752.74.9.1|98240301AA06",)


@pytest.mark.parametrize("code", ["home", "other-hcf", "exp"])
def test_how_the_patient_left_is_a_code_of_r4(code: str) -> None:
    assert bundles.disposition(encounter(hospitalization=parts.hospitalization(code))) == code


def test_a_disposition_of_another_system_is_none() -> None:
    other = {"dischargeDisposition": {"coding": [OTHER], "text": "hem"}}
    assert bundles.disposition(encounter(hospitalization=other)) == ""


@pytest.mark.parametrize(
    ("coding", "code"),
    [
        ({"system": canonical.ENCOUNTER_CLASS, "code": "AMB"}, "AMB"),
        ({"code": "AMB"}, "AMB"),
        ({"system": "urn:own", "code": "IMP"}, ""),
        ({"system": canonical.ENCOUNTER_CLASS}, ""),
    ],
)
def test_the_class_is_one_of_act_code(coding: dict[str, str], code: str) -> None:
    assert bundles.encounter_class(encounter(**{"class": coding})) == code


@pytest.mark.parametrize(
    ("coding", "code"),
    [
        ({"system": canonical.ENCOUNTER_CLASS, "code": "AMB"}, "AMB"),
        ({"system": canonical.V2_CLASS, "code": "O"}, "AMB"),
        ({"system": canonical.V2_CLASS, "code": "I"}, "IMP"),
        ({"system": canonical.V2_CLASS, "code": "U"}, ""),
        ({"system": canonical.V2_CLASS, "code": "OUTPATIENT"}, encounter_classes.UNKNOWN),
        ({"system": "urn:own", "code": "IMP"}, encounter_classes.UNKNOWN),
        ({"display": "Mottagningsbesök"}, encounter_classes.UNKNOWN),
        ({"system": canonical.ENCOUNTER_CLASS, "code": "IMP", "userSelected": False}, ""),
        ({"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}, ""),
        ({}, ""),
    ],
)
def test_a_class_that_nobody_knows_is_told_from_none(coding: dict[str, Any], code: str) -> None:
    assert encounter_classes.stated_class(encounter(**{"class": coding})) == code


def test_a_message_that_is_not_of_a_stay_has_no_class() -> None:
    assert bundles.encounter_class(usual(Event.PERSON_UPDATED)) == ""


@pytest.mark.parametrize("system", [HSA, "urn:oid:1.2.752.129.2.1.4.1"])
def test_the_listed_centre_is_an_hsa_id_in_our_form(system: str) -> None:
    listed = [{"display": "Doktor X"}, {"identifier": {"system": system, "value": "se1-vc"}}]
    assert bundles.listed_centre(person(generalPractitioner=listed)) == "SE1-VC"
    assert bundles.listed_centre(person(generalPractitioner=parts.listed_at("SE1-VC"))) == "SE1-VC"


def test_a_listing_by_another_number_is_none() -> None:
    other = [{"identifier": {"system": "urn:other", "value": "7"}}]
    assert bundles.listed_centre(person(generalPractitioner=other)) == ""


@pytest.mark.parametrize(
    ("codes", "level"),
    [
        (["sekretessmarkering"], "sekretessmarkering"),
        (["kvarskrivning"], "kvarskrivning"),
        (["sekretessmarkering", "skyddadFolkbokforing"], "skyddadFolkbokforing"),
        (["sekretessmarkering", "kvarskrivning"], "kvarskrivning"),
        (["else"], "sekretessmarkering"),
    ],
)
def test_the_strongest_protection_counts(codes: list[str], level: str) -> None:
    bundle = labelled(*parts.security_labels(codes))
    assert labels.protection(bundle) == level
    assert labels.is_protected(bundle) is bool(level)


def test_only_an_explicit_word_on_the_patient_lifts_a_protection() -> None:
    lifted = labelled(*parts.protection_lifted())
    assert labels.protection(lifted) == "none"
    assert not labels.is_protected(lifted)
    assert labels.protection(labelled({"system": "urn:other", "code": "none"})) == ""
    elsewhere = stay() | {"meta": {"security": parts.protection_lifted()}}
    assert labels.protection(elsewhere) == ""


def test_a_label_beside_the_lifting_word_still_protects() -> None:
    both = [*parts.protection_lifted(), *parts.security_labels(["sekretessmarkering"])]
    assert labels.protection(labelled(*both)) == "sekretessmarkering"


def test_the_reason_of_an_ending_is_a_code_of_ours() -> None:
    reason = parts.ended_reason("moved", "Har flyttat")
    assert bundles.ended_reason(header(reason=reason)) == "moved"
    assert bundles.ended_reason(header(reason={"coding": [OTHER], "text": "x"})) == ""
    assert parts.ended_reason("", "Har flyttat") == {"text": "Har flyttat"}
