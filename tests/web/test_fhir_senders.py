"""What a sender of FHIR is answered when its message names nobody, two, or a wrong number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapter.core.identifiers import HSA
from adapter.fhir import bundles, references
from adapter.settings.network import Network
from tests.kit.site import Site, codes, fixture, post_as

FOREIGN = "http://foreign.example/sid"


def renamed(role: str, system: str) -> Any:
    bundle = fixture("message/usual")
    head = bundles.header(bundle)
    reference = head["sender"] if role == "sender" else head["destination"][0]["receiver"]
    references.resolve(bundle, reference)["identifier"][0]["system"] = system  # type: ignore[index]
    return bundle


@pytest.mark.parametrize("role", ["sender", "receiver"])
def test_a_party_under_a_foreign_system_is_refused_and_never_routed(site: Site, role: str) -> None:
    response = post_as(site, "astad-omsorg", renamed(role, FOREIGN))
    assert response.status_code == 422
    assert codes(response) == ["required"]


def test_a_contradiction_about_the_sender_is_refused(site: Site) -> None:
    bundle = fixture("message/usual")
    other = {"system": HSA, "value": "SE0000000001-SUNDBY"}
    bundles.header(bundle)["sender"]["identifier"] = other
    response = post_as(site, "astad-omsorg", bundle)
    assert response.status_code == 422
    assert codes(response) == ["contradiction"]


def wrong_number() -> Any:
    bundle = fixture("message/usual")
    patient: Any = bundles.patient(bundle)
    value = patient["identifier"][0]["value"]
    patient["identifier"][0]["value"] = value[:-1] + str((int(value[-1]) + 1) % 10)
    return bundle


def test_a_wrong_number_is_a_remark(site: Site) -> None:
    response = post_as(site, "astad-omsorg", wrong_number())
    assert response.status_code == 200
    assert "bad-identifier" in response.text


def test_a_wrong_number_is_refused_where_the_sender_must_be_strict(site: Site) -> None:
    settings = site.network.settings
    strict = tuple(replace(e, strict_identifiers=True) for e in settings.endpoints)
    site.network = Network(
        settings=replace(settings, endpoints=strict), systems=site.network.systems
    )
    site.restage()
    response = post_as(site, "astad-omsorg", wrong_number())
    assert response.status_code == 422
    assert codes(response) == ["bad-identifier"]


def test_a_record_no_longer_in_use_opens_no_stay(site: Site) -> None:
    bundle = fixture("admission-notice/usual")
    bundles.patient(bundle)["active"] = False  # type: ignore[index]
    response = post_as(site, "sundby-journal", bundle)
    assert response.status_code == 422
    assert "profile" in codes(response)


def test_the_header_must_come_first(site: Site) -> None:
    response = post_as(site, "sundby-journal", fixture("admission-notice/header-not-first"))
    assert response.status_code == 422
    assert "invalid-structure" in codes(response)


def test_all_problems_of_a_message_come_in_one_answer(site: Site) -> None:
    bundle = fixture("message/usual")
    bundles.header(bundle)["eventCoding"]["code"] = "no-such-event"
    del bundles.focus(bundle)["status"]  # type: ignore[attr-defined]
    bundles.patient(bundle)["gender"] = "unknowable"  # type: ignore[index]
    bundle["entry"].append(bundle["entry"].pop(0))
    response = post_as(site, "astad-omsorg", bundle)
    assert response.status_code == 422
    assert {"invalid-structure", "unknown-event", "required", "unknown-code"} <= set(
        codes(response)
    )
    assert not {"'", "True", "None", "dict"} & set(response.text.split())
