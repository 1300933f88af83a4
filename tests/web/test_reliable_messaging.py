"""Reliable messaging as R4's messaging.html describes it: two ids, one response, a cache."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from adapter.core.identifiers import HSA
from adapter.core.model import Code
from adapter.fhir import bundles, responses
from adapter.fhir.canonical import ENDPOINT, SECURITY
from adapter.fhir.same_content import is_same
from tests.kit.site import PROCESS, Site, codes, fixture, post_as

OTHER_ENVELOPE = "11111111-2222-4333-8444-555555555555"


def resent(bundle: Any) -> Any:
    """The same message in a new envelope, stamped and with other provenance."""
    again = deepcopy(bundle) | {"id": OTHER_ENVELOPE, "timestamp": "2026-12-01T10:00:00+01:00"}
    again["meta"] = {"lastUpdated": "2026-12-01T10:00:00+01:00"}
    bundles.patient(again)["meta"] = {"versionId": "2"}  # type: ignore[index]
    again["entry"].append({"resource": {"resourceType": "Provenance"}})
    return again


def test_a_resend_is_the_same_but_for_its_envelope_stamps_and_provenance() -> None:
    assert is_same(fixture("message/usual"), resent(fixture("message/usual")))


def _other_text(bundle: Any) -> None:
    bundles.focus(bundle)["payload"] = [{"contentString": "En annan fråga"}]  # type: ignore[index]


def _protected(bundle: Any) -> None:
    label = {"system": SECURITY, "code": "sekretessmarkering"}
    bundles.patient(bundle)["meta"] = {"security": [label]}  # type: ignore[index]


def _protected_as_a_whole(bundle: Any) -> None:
    bundle["meta"] = {"security": [{"system": SECURITY, "code": "sekretessmarkering"}]}


def _one_entry_more(bundle: Any) -> None:
    bundle["entry"].append({"resource": {"resourceType": "Basic"}})


CHANGES = (_other_text, _protected, _protected_as_a_whole, _one_entry_more)


@pytest.mark.parametrize("change", CHANGES)
def test_any_other_difference_is_other_content(change: Any) -> None:
    again = resent(fixture("message/usual"))
    change(again)
    assert not is_same(fixture("message/usual"), again)


def test_other_content_under_a_known_id_is_a_conflict_before_the_owner(site: Site) -> None:
    again = fixture("message/usual") | {"id": OTHER_ENVELOPE}
    _other_text(again)
    assert post_as(site, "astad-omsorg", fixture("message/usual")).status_code == 200
    response = post_as(site, "astad-omsorg", again)
    assert response.status_code == 409
    assert "content-conflict" in response.text
    rows = site.messages()
    assert [(row["standing"], row["code"]) for row in rows] == [
        ("processed", ""),
        ("dead", "content-conflict"),
    ]


def test_a_resend_in_a_new_envelope_gets_the_first_answer(site: Site) -> None:
    first = post_as(site, "astad-omsorg", fixture("message/usual")).json()
    again = fixture("message/usual") | {"id": OTHER_ENVELOPE}
    second = post_as(site, "astad-omsorg", again).json()
    assert [bundles.header(b)["response"]["code"] for b in (first, second)] == ["ok", "ok"]
    assert first["id"] != second["id"]


def test_a_copy_gets_the_original_response_byte_for_byte(site: Site) -> None:
    first, second = (post_as(site, "astad-omsorg", fixture("message/usual")) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.content == second.content


def test_a_copy_of_what_was_refused_gets_the_original_response_byte_for_byte(site: Site) -> None:
    faulty = fixture("admission-notice/wrong-json-and-codes")
    first, second = (post_as(site, "sundby-journal", faulty) for _ in range(2))
    assert first.status_code == second.status_code == 422
    assert first.content == second.content


def test_a_response_goes_where_the_message_came_from(site: Site) -> None:
    sent = fixture("message/usual")
    bundles.header(sent)["source"]["endpoint"] = "https://astad.example/fhir"
    response = post_as(site, "astad-omsorg", sent).json()
    head, asked = bundles.header(response), bundles.header(sent)
    assert head["destination"][0]["endpoint"] == "https://astad.example/fhir"
    assert head["source"]["endpoint"] == asked["destination"][0]["endpoint"]


def test_each_bundle_that_we_write_has_an_id_of_its_own(site: Site) -> None:
    sent = fixture("message/usual")
    response = post_as(site, "astad-omsorg", sent).json()
    ids = {sent["id"], bundles.content_id(sent), response["id"], bundles.content_id(response)}
    assert len(ids) == 4


def test_a_byte_order_mark_is_read_and_not_sent_on(site: Site) -> None:
    body = json.dumps(fixture("message/usual")).encode()
    with site.partner("astad-omsorg") as partner:
        type_ = {"Content-Type": "application/fhir+json"}
        assert partner.post(PROCESS, content=b"\xef\xbb\xbf" + body, headers=type_).is_success
    forwarded = [row["body"] for row in site.deliveries() if row["forwarded"]]
    assert forwarded
    assert all(each == body for each in forwarded)


OUTCOMES = {
    ("ok", "error"): Code.FATAL,
    ("ok", "fatal"): Code.FATAL,
    ("ok", "warning"): Code.OK,
    ("ok", "information"): Code.OK,
    ("transient-error", "error"): Code.TRANSIENT,
}


@pytest.mark.parametrize(("said", "code"), OUTCOMES.items())
def test_a_receipt_that_tells_of_an_error_is_not_ok(said: tuple[str, str], code: Code) -> None:
    receipt = fixture("receipt/ok")
    head = bundles.header(receipt)
    issue = {"severity": said[1], "code": "invalid"}
    outcome = {"resourceType": "OperationOutcome", "id": "o", "issue": [issue]}
    receipt["entry"].append({"fullUrl": "urn:uuid:o", "resource": outcome})
    head["response"] |= {"code": said[0], "details": {"reference": "urn:uuid:o"}}
    assert responses.response(receipt).code is code


def to(*destinations: Any) -> Any:
    bundle = fixture("message/usual")
    bundles.header(bundle)["destination"] = list(destinations)
    return bundle


HOSPITAL = {"identifier": {"system": HSA, "value": "SE0000000001-SUNDBY"}}
UNKNOWN = {
    "unknown name of ours": ({"endpoint": f"{ENDPOINT}nobody"}, "unknown-receiver"),
    "unknown name of ours beside a receiver": (
        {"endpoint": f"{ENDPOINT}nobody", "receiver": HOSPITAL},
        "unknown-receiver",
    ),
    "unknown address": ({"endpoint": "https://nobody.example/fhir"}, "unknown-receiver"),
    "known name without a receiver": ({"endpoint": f"{ENDPOINT}sundby-journal"}, "required"),
}


@pytest.mark.parametrize(("destination", "code"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_destination_that_nobody_knows_is_never_routed(
    site: Site, destination: Any, code: str
) -> None:
    response = post_as(site, "astad-omsorg", to(destination))
    assert response.status_code == 422
    assert codes(response) == [code]


KNOWN = [f"{ENDPOINT}sundby-journal", f"{ENDPOINT}SE0000000001-SUNDBY", "urn:partner:own-name"]


@pytest.mark.parametrize("endpoint", KNOWN)
def test_a_known_destination_is_taken(site: Site, endpoint: str) -> None:
    response = post_as(site, "astad-omsorg", to({"endpoint": endpoint, "receiver": HOSPITAL}))
    assert response.status_code == 200, response.text


def test_the_length_of_the_cache_is_declared(site: Site) -> None:
    with site.client() as client:
        statement = client.get("/fhir/metadata").json()
    assert statement["messaging"][0]["reliableCache"] == 365 * 24 * 60
