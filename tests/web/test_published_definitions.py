"""What the messages follow can be read from the adapter itself, by anybody."""

from __future__ import annotations

import json

import pytest

from adapter.fhir.canonical import BASE
from adapter.web.published import TYPES
from tests.kit.places import ROOT
from tests.kit.site import Site, codes

FILES = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (ROOT / "profiles").glob("*-*.json")
}


def test_each_definition_is_read_by_its_id_without_a_token(site: Site) -> None:
    with site.client() as client:
        for resource in FILES.values():
            type_ = resource["resourceType"]
            if type_ != "CapabilityStatement":  # it is /fhir/metadata
                response = client.get(f"/fhir/{type_}/{resource['id']}")
                assert (response.status_code, response.json()) == (200, resource)
                assert response.headers["Content-Type"] == "application/fhir+json"


@pytest.mark.parametrize("version", ["", "|0.1.0"])
def test_a_message_definition_is_found_by_its_canonical_url(site: Site, version: str) -> None:
    wanted = f"{BASE}/MessageDefinition/answer{version}"
    with site.client() as client:
        bundle = client.get("/fhir/MessageDefinition", params={"url": wanted}).json()
    assert (bundle["type"], bundle["total"]) == ("searchset", 1)
    (entry,) = bundle["entry"]
    assert entry["resource"] == FILES["MessageDefinition-answer"]
    assert entry["fullUrl"].endswith("/fhir/MessageDefinition/answer")
    assert "url=" in bundle["link"][0]["url"]


def test_a_search_without_a_url_finds_all_of_a_type(site: Site) -> None:
    with site.client() as client:
        bundle = client.get("/fhir/ValueSet").json()
    assert bundle["total"] == sum(name.startswith("ValueSet-") for name in FILES)


@pytest.mark.parametrize("url", [f"{BASE}/ValueSet/need|9", "http://hl7.org/fhir/ValueSet/x"])
def test_a_url_that_is_not_published_finds_nothing(site: Site, url: str) -> None:
    with site.client() as client:
        bundle = client.get("/fhir/ValueSet", params={"url": url}).json()
    assert bundle["total"] == 0
    assert "entry" not in bundle


REFUSED = [
    ("/fhir/ValueSet/nothing", 404, "unknown-address"),
    ("/fhir/Patient/1", 404, "unknown-address"),
    ("/fhir/Patient", 404, "unknown-address"),
    ("/fhir/ValueSet?name=x", 400, "unsupported-parameter"),
    ("/fhir/ValueSet/need?_format=xml", 406, "not-acceptable"),
]


@pytest.mark.parametrize(("path", "status", "code"), REFUSED)
def test_what_is_not_published_is_refused(site: Site, path: str, status: int, code: str) -> None:
    with site.client() as client:
        response = client.get(path)
    assert (response.status_code, codes(response)) == (status, [code])


def test_the_statement_declares_what_can_be_read(site: Site) -> None:
    with site.client() as client:
        statement = client.get("/fhir/metadata").json()
    declared = {
        r["type"]: {i["code"] for i in r["interaction"]} for r in statement["rest"][0]["resource"]
    }
    assert declared == {type_: {"read", "search-type"} for type_ in TYPES}
