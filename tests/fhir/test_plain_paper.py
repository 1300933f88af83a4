"""A document on paper names people and things in words: no codes, and nobody twice."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.bundles import Resource
from adapter.fhir.readable import document
from adapter.fhir.readable.plain import text
from tests.kit.places import FIXTURES


def read(name: str) -> Bundle:
    """Return a message of fixtures/readable."""
    bundle: Bundle = json.loads((FIXTURES / "readable" / f"{name}.fhir.json").read_text("utf-8"))
    return bundle


def focus(bundle: Bundle) -> Resource:
    """Return what a message is about."""
    found = bundles.focus(bundle)
    assert found is not None
    return found


def of_type(bundle: Bundle, type_: str) -> list[Resource]:
    """Return the resources of a type."""
    return [r for r in bundles.resources(bundle) if r["resourceType"] == type_]


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("SIP", "Samordnad individuell plan"),
        ("SPLPTLRV", "Samordnad plan enligt LPT och LRV"),
        ("GP", "Genomförandeplan"),
    ],
)
def test_a_plan_whose_kind_has_no_name_is_called_by_its_name(code: str, title: str) -> None:
    bundle = read("care-plan")
    focus(bundle)["category"] = [{"coding": [{"code": code}]}]
    assert document(bundle).title == title


def test_a_plan_of_an_unknown_kind_is_called_by_its_own_title() -> None:
    bundle = read("care-plan")
    focus(bundle)["category"] = [{"coding": [{"code": "XYZ"}]}]
    assert document(bundle).title == "SIP efter sjukhusvård"


def test_a_person_without_a_name_is_the_person_of_the_invitation() -> None:
    bundle = read("sip-invitation")
    del of_type(bundle, "Patient")[0]["name"]
    assert "- Den enskilde. Svar: kommer" in text(document(bundle))


def test_a_relative_without_a_name_is_called_by_the_relation() -> None:
    bundle = read("sip-invitation")
    relative = of_type(bundle, "RelatedPerson")[0]
    del relative["name"]
    assert "- Dotter. Svar: kommer" in text(document(bundle))
    relative.pop("relationship")
    assert "- Närstående. Svar: kommer" in text(document(bundle))


def test_a_relative_who_stands_twice_in_a_message_is_named_once() -> None:
    bundle = read("care-plan")
    entry = next(e for e in bundle["entry"] if e["resource"]["resourceType"] == "RelatedPerson")
    again = deepcopy(entry)
    again["fullUrl"] = "urn:uuid:00000000-0000-4000-8000-00000000000e"
    bundle["entry"].append(again)
    assert "Närstående och ställföreträdare: Eva Åkerström (dotter)\n" in text(document(bundle))


def test_a_plan_names_no_receiver_by_number() -> None:
    bundle = read("care-plan")
    destinations = bundles.header(bundle)["destination"]
    destinations[0]["receiver"] = {"identifier": {"value": "SE0000000003-SOCIALTJANST"}}
    told = dict(document(bundle).about.rows).get("Till", "")
    assert "SE0000000003" not in told


def test_a_plan_has_the_number_of_its_case_without_that_of_the_hospital() -> None:
    bundle = read("care-plan")
    about = dict(document(bundle).about.rows)
    assert about["Ärendenummer"] == "V-2026-001"
    assert dict(document(read("recall")).about.rows)["Ärende"] == "SE0000000001-SUNDBY/V-2026-001"


def test_a_notice_names_a_receiver_without_a_name_by_number() -> None:
    bundle = read("information-transfer")
    destinations = bundles.header(bundle)["destination"]
    destinations[:] = [{"receiver": {"identifier": {"value": "SE0000000003-SOCIALTJANST"}}}]
    assert dict(document(bundle).about.rows)["Till"] == "SE0000000003-SOCIALTJANST"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("mark", "märka meddelandet som återkallat"),
        ("block", "spärra meddelandet"),
        ("delete", "radera meddelandet"),
    ],
)
def test_a_recall_says_what_the_sender_asks(asked: str, told: str) -> None:
    bundle = read("recall")
    extension = next(e for e in focus(bundle)["extension"] if e["url"].endswith("/asked"))
    extension["valueCode"] = asked
    assert f"Avsändaren ber er att: {told}\n" in text(document(bundle))
