"""The FHIR interface as R4's http.html and the operation process-message ask for it."""

from __future__ import annotations

import pytest

from tests.kit.site import FHIR, PROCESS, Site, codes, fixture, post_as

TAKEN = {
    "": "*/*",
    "json": "application/fhir+xml",
    "application/fhir+json": "application/fhir+json",
    "application/json": "application/fhir+json;fhirVersion=4.0",
}
"""What is taken: `_format`, and an Accept header beside it."""


@pytest.mark.parametrize(("format_", "accept"), TAKEN.items())
def test_json_is_written_for_every_name_that_it_has(site: Site, format_: str, accept: str) -> None:
    with site.client(Accept=accept) as client:
        response = client.get("/fhir/metadata", params={"_format": format_} if format_ else {})
    assert response.status_code == 200
    assert response.json()["resourceType"] == "CapabilityStatement"


REFUSED = [
    "application/fhir+xml",
    "application/xml, text/xml;q=0.9",
    "application/fhir+json;q=0, application/fhir+xml",
    "application/fhir+json; fhirVersion=3.0",
    "application/fhir+json; fhirVersion=",
    "application/fhir+json; fhirVersion=4.0; fhirVersion=5.0",
    "application/fhir+json;q=0, */*",
    "*/*, application/fhir+json; q=0.",
    "application/*;q=0, */*;q=0.5",
    "application/fhir+json;fhirVersion=4.0;q=0, application/fhir+json",
    "application/fhir+json;q=0, application/json",
    "text/html",
]

ACCEPTED = [
    "application/fhir+json;q=0.001, */*;q=0",
    "application/fhir+json;fhirVersion=3.0;q=0, application/fhir+json",
    "application/json;q=0, application/fhir+json",
    "application/fhir+json; fhirVersion=4.0; fhirVersion=4.0",
    "application/*, */*;q=0.0",
]


@pytest.mark.parametrize("accept", ACCEPTED)
def test_the_most_exact_range_decides(site: Site, accept: str) -> None:
    """RFC 9110, 12.5.1."""
    with site.client(Accept=accept) as client:
        assert client.get("/fhir/metadata").status_code == 200


@pytest.mark.parametrize("accept", REFUSED)
def test_what_is_not_r4_in_json_is_not_acceptable(site: Site, accept: str) -> None:
    with site.client(Accept=accept) as client:
        response = client.get("/fhir/metadata")
    assert response.status_code == 406
    assert codes(response) == ["not-acceptable"]
    answer = post_as(site, "astad-omsorg", fixture("message/usual"), Accept=accept)
    assert answer.status_code == 406


def test_the_format_counts_before_the_header(site: Site) -> None:
    with site.client(Accept=FHIR) as client:
        response = client.get("/fhir/metadata", params={"_format": "xml"})
    assert response.status_code == 406


VERSIONS = {"4.0": 200, "4.0.1": 200, "3.0": 415, "5.0": 415, "4.3": 415} | {
    "": 415,
    "4.0; fhirVersion=5.0": 415,
    "5.0; fhirVersion=4.0": 415,
    "4.0; fhirVersion=4.0": 200,
    "4.0; charset=": 415,
    "4.0; charset=utf-8; charset=latin1": 415,
}
"""The status for what stands after `fhirVersion=` in the Content-Type."""


@pytest.mark.parametrize(("version", "status"), VERSIONS.items())
def test_a_message_of_another_version_of_fhir_is_refused(
    site: Site, version: str, status: int
) -> None:
    type_ = {"Content-Type": f"{FHIR}; fhirVersion={version}"}
    response = post_as(site, "astad-omsorg", fixture("message/usual"), **type_)
    assert response.status_code == status
    if status != 200:
        assert codes(response) == ["wrong-content-type"]
        assert "UTF-8" in response.text or "fhirVersion" in response.text


def test_xml_is_refused_by_its_content_type(site: Site) -> None:
    with site.partner("astad-omsorg") as partner:
        type_ = {"Content-Type": "application/fhir+xml"}
        response = partner.post(PROCESS, content=b"<Bundle/>", headers=type_)
    assert response.status_code == 415
    assert codes(response) == ["wrong-content-type"]


QUERIES = [
    "async=true",
    "response-url=http://x.example/",
    "async=",
    "async=true&async=false",
    "async=false&async=true",
]


@pytest.mark.parametrize("query", QUERIES)
def test_an_answer_later_or_elsewhere_is_refused_with_the_reason(site: Site, query: str) -> None:
    with site.partner("astad-omsorg") as partner:
        response = partner.post(
            f"{PROCESS}?{query}", json=fixture("message/usual"), headers={"Content-Type": FHIR}
        )
    assert response.status_code == 400
    assert codes(response) == ["unsupported-parameter"]
    assert "the same exchange" in response.json()["issue"][0]["diagnostics"]


def test_an_answer_in_the_same_exchange_may_be_asked_for(site: Site) -> None:
    with site.partner("astad-omsorg") as partner:
        response = partner.post(
            f"{PROCESS}?async=false", json=fixture("message/usual"), headers={"Content-Type": FHIR}
        )
    assert response.status_code == 200


def test_the_message_inside_parameters_is_refused_with_what_to_post(site: Site) -> None:
    content = {"name": "content", "resource": fixture("message/usual")}
    later = {"name": "async", "valueBoolean": True}
    wrapped = {"resourceType": "Parameters", "parameter": [content, later]}
    response = post_as(site, "astad-omsorg", wrapped)
    assert response.status_code == 422
    assert "the Bundle itself, without Parameters" in response.json()["issue"][0]["diagnostics"]


def test_every_accept_header_counts(site: Site) -> None:
    with site.client() as client:
        headers = [("Accept", "application/fhir+xml"), ("Accept", "application/fhir+json")]
        assert client.get("/fhir/metadata", headers=headers).status_code == 200
