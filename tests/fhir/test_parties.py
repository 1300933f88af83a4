"""Each role of a message has one organisation, and the system of its identifier counts."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from adapter.core.identifiers import HSA
from adapter.fhir import bundles, parties, references
from tests.kit.site import fixture

FOREIGN = "http://foreign.example/sid"
HER = "urn:oid:2.16.578.1.12.4.1.2"
ORGANISASJONSNUMMER = "urn:oid:2.16.578.1.12.4.1.4.101"


def organization(bundle: Any, role: str) -> Any:
    """The Organization of the sender, or of the first receiver."""
    head = bundles.header(bundle)
    reference = head["sender"] if role == "sender" else head["destination"][0]["receiver"]
    return references.resolve(bundle, reference)


def problems(bundle: Any) -> list[tuple[str, str]]:
    return [(issue.code, issue.expression) for issue in parties.problems(bundle)]


PLACES = {"sender": "MessageHeader.sender", "receiver": "MessageHeader.destination[0].receiver"}


@pytest.mark.parametrize(("role", "path"), PLACES.items())
@pytest.mark.parametrize("system", [FOREIGN, ORGANISASJONSNUMMER, "", HER])
def test_an_hsa_id_under_another_system_names_nobody(role: str, path: str, system: str) -> None:
    bundle = fixture("message/usual")
    organization(bundle, role)["identifier"][0]["system"] = system
    assert problems(bundle) == [("required", path)]
    named = bundles.sender_id(bundle) if role == "sender" else "".join(bundles.receiver_ids(bundle))
    assert named == ""


def test_an_her_id_names_a_norwegian_organisation_and_an_organisasjonsnummer_none() -> None:
    bundle = fixture("message/usual")
    identifiers = organization(bundle, "sender")["identifier"]
    identifiers[:] = [{"system": ORGANISASJONSNUMMER, "value": "974652269"}]
    assert bundles.sender_id(bundle) == ""
    identifiers.append({"system": HER, "value": "8142"})
    assert bundles.sender_id(bundle) == "8142"
    assert problems(bundle) == []


@pytest.mark.parametrize(("role", "path"), PLACES.items())
def test_two_numbers_of_one_organisation_are_refused(role: str, path: str) -> None:
    bundle = fixture("message/usual")
    other = {"system": HSA, "value": "SE0000000009-ANNAN"}
    organization(bundle, role)["identifier"].append(other)
    assert problems(bundle) == [("contradiction", path)]


def test_a_number_that_the_organisation_had_earlier_is_none_of_its_own() -> None:
    bundle = fixture("message/usual")
    before = bundles.sender_id(bundle)
    other = {"use": "old", "system": HSA, "value": "SE0000000009-ANNAN"}
    organization(bundle, "sender")["identifier"].insert(0, other)
    assert problems(bundle) == []
    assert bundles.sender_id(bundle) == before


@pytest.mark.parametrize(("role", "path"), PLACES.items())
def test_a_reference_and_its_identifier_must_name_the_same(role: str, path: str) -> None:
    bundle = fixture("message/usual")
    head = bundles.header(bundle)
    reference = head["sender"] if role == "sender" else head["destination"][0]["receiver"]
    own = bundles.organization_id(organization(bundle, role))
    reference["identifier"] = {"system": HSA, "value": own.lower()}
    assert problems(bundle) == []
    reference["identifier"] = {"system": HSA, "value": "SE0000000009-ANNAN"}
    assert problems(bundle) == [("contradiction", path)]


def test_two_entries_of_one_name_must_be_the_same_organisation() -> None:
    bundle = fixture("message/usual")
    sender = organization(bundle, "sender")
    twin = deepcopy(sender)
    twin["identifier"][0]["value"] = "SE0000000009-ANNAN"
    bundle["entry"].append(
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001"} | {"resource": twin}
    )
    assert problems(bundle) == [("contradiction", "MessageHeader.sender")]


def test_a_unit_of_an_assessment_is_named_by_its_hsa_id() -> None:
    bundle = fixture("admission-notice/usual")
    assessment = bundles.extensions(bundles.focus(bundle), "assessment")[0]
    unit = {"url": "unit", "valueIdentifier": {"system": FOREIGN, "value": "SE0000000002-ASTAD"}}
    assessment["extension"].append(unit)
    path = "Encounter.extension('assessment').extension('unit').value"
    assert problems(bundle) == [("required", path)]
