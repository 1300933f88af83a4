"""Messages over HTTP: who may send, what is answered, what is kept."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from adapter.store.tables import message
from tests.kit.oracle import problems
from tests.kit.site import FHIR, FIXTURES, PROCESS, Site, codes, fixture

XML = (FIXTURES / "web" / "text.omsorg.xml").read_bytes()


def stored(site: Site) -> list[Any]:
    return site.rows(lambda tx: tx.execute(sa.select(message)).mappings().all())


def post(client: httpx.Client, bundle: Any, **headers: str) -> httpx.Response:
    return client.post(
        PROCESS, content=json.dumps(bundle), headers={"Content-Type": FHIR} | headers
    )


def test_a_message_is_answered_with_its_receipt_once_it_is_stored(site: Site) -> None:
    sent = fixture("message/usual")
    with site.partner("astad-omsorg") as astad:
        response = post(astad, sent)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == FHIR
    header = response.json()["entry"][0]["resource"]
    assert header["response"]["code"] == "ok"
    assert header["response"]["identifier"] == sent["entry"][0]["resource"]["id"]
    assert [row["standing"] for row in stored(site)] == ["processed"]
    assert site.accepted == 1


def test_the_bytes_are_kept_as_they_came(site: Site) -> None:
    body = json.dumps(fixture("message/usual"), indent=3).encode()
    with site.partner("astad-omsorg") as astad:
        astad.post(PROCESS, content=body, headers={"Content-Type": FHIR})
    assert [row["body"] for row in stored(site)] == [body]


def test_a_system_that_speaks_xml_posts_it_and_is_answered_in_xml(site: Site) -> None:
    with site.partner("plan") as plan:
        response = plan.post("/inbox", content=XML, headers={"Content-Type": "application/xml"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/xml")
    assert b"Kvittens" in response.content
    assert b'kod="ok"' in response.content


def test_a_receipt_is_never_receipted(site: Site) -> None:
    receipt = fixture("receipt/ok")
    receipt["entry"][0]["resource"]["response"]["identifier"] = "never-sent"
    name = {"SE0000000001-SUNDBY": "sundby-journal", "SE0000000002-ASTAD": "astad-omsorg"}
    sender = next(n for hsa, n in name.items() if hsa in json.dumps(_sender(receipt)))
    with site.partner(sender) as partner:
        response = post(partner, receipt)
    assert (response.status_code, response.content) == (204, b"")


def _sender(bundle: Any) -> Any:
    wanted = bundle["entry"][0]["resource"]["sender"]["reference"]
    return next(e for e in bundle["entry"] if e["fullUrl"] == wanted)


def test_a_copy_is_given_the_first_answer_again(site: Site) -> None:
    with site.partner("astad-omsorg") as astad:
        first = post(astad, fixture("message/usual"))
        second = post(astad, fixture("message/usual"))
    answers = [r.json()["entry"][0]["resource"]["response"] for r in (first, second)]
    assert [a["identifier"] for a in answers] == [answers[0]["identifier"]] * 2
    assert [a["code"] for a in answers] == ["ok", "ok"]
    assert any(row["note"].startswith("copy of") for row in stored(site))


def test_a_message_with_faults_is_refused_with_all_of_them_at_once(site: Site) -> None:
    with site.partner("sundby-journal") as sundby:
        response = post(sundby, fixture("admission-notice/wrong-json-and-codes"))
    assert response.status_code == 422
    assert len(codes(response)) > 1
    assert problems(response.json()) == []
    assert [row["standing"] for row in stored(site)] == ["refused"]


def test_an_event_that_nobody_knows_is_told_with_its_place_and_not_repeated(site: Site) -> None:
    sent = fixture("admission-notice/event-of-other-system")
    coding = sent["entry"][0]["resource"]["eventCoding"]
    with site.partner("sundby-journal") as sundby:
        response = post(sundby, sent)
    assert codes(response) == ["unknown-event"]
    issue = response.json()["issue"][0]
    assert issue["expression"] == ["Bundle.entry[0].resource.event"]
    assert issue["diagnostics"].startswith("the system of the code is none of ours")
    assert coding["system"] not in issue["diagnostics"]
    assert coding["code"] not in issue["diagnostics"]


def test_every_place_in_an_answer_begins_at_the_bundle(site: Site) -> None:
    sent = fixture("admission-notice/usual")
    patient = next(
        e["resource"] for e in sent["entry"] if e["resource"]["resourceType"] == "Patient"
    )
    patient["identifier"][0]["value"] = "191212121213"
    patient["link"] = [{"other": {"display": "x"}, "type": "seealso"}]
    with site.partner("sundby-journal") as sundby:
        response = post(sundby, sent)
    assert {"bad-identifier", "profile"} <= set(codes(response))
    places = [place for issue in response.json()["issue"] for place in issue["expression"]]
    assert all(place.startswith("Bundle.entry[") for place in places), places


def test_a_sender_may_speak_only_for_its_own_organisation(site: Site) -> None:
    with site.partner("sundby-journal") as sundby:
        response = post(sundby, fixture("message/usual"))
    assert response.status_code == 403
    assert codes(response) == ["wrong-sender"]


def test_a_reused_envelope_id_is_a_conflict(site: Site) -> None:
    other = fixture("message/usual")
    other["entry"][0]["resource"]["id"] = "11111111-2222-4333-8444-555555555555"
    other["entry"][0]["fullUrl"] = "urn:uuid:11111111-2222-4333-8444-555555555555"
    with site.partner("astad-omsorg") as astad:
        post(astad, fixture("message/usual"))
        response = post(astad, other)
    assert response.status_code == 409
    assert codes(response) == ["envelope-reused"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic eA=="},
    ],
)
def test_without_a_valid_token_nothing_is_read_or_stored(
    site: Site, headers: dict[str, str]
) -> None:
    with site.client(**headers) as nobody:
        response = post(nobody, fixture("message/usual"))
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert codes(response) == ["unidentified-sender"]
    assert stored(site) == []


def test_two_tokens_are_valid_at_once_and_a_third_ends_the_first(site: Site) -> None:
    first, second = site.partner("astad-omsorg"), site.partner("astad-omsorg")
    with first, second:
        assert post(first, fixture("message/usual")).status_code == 200
        assert post(second, fixture("message/usual")).status_code == 200
        site.token("astad-omsorg")
        assert post(first, fixture("message/usual")).status_code == 401
        assert post(second, fixture("message/usual")).status_code == 200


def test_a_token_of_an_endpoint_that_the_settings_lost_opens_nothing(site: Site) -> None:
    with site.partner("gone") as gone:
        assert post(gone, fixture("message/usual")).status_code == 401


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/fhir+xml"])
def test_a_content_type_that_the_sender_does_not_speak_is_refused(site: Site, kind: str) -> None:
    with site.partner("astad-omsorg") as astad:
        response = post(astad, fixture("message/usual"), **{"Content-Type": kind})
    assert response.status_code == 415
    assert codes(response) == ["wrong-content-type"]
    assert stored(site) == []


def test_json_in_another_charset_is_refused_before_it_is_read(site: Site) -> None:
    kind = "application/fhir+json; charset=iso-8859-1"
    with site.partner("astad-omsorg") as astad:
        response = post(astad, fixture("message/usual"), **{"Content-Type": kind})
    assert response.status_code == 415


def test_xml_at_the_fhir_door_is_told_where_to_go(site: Site) -> None:
    with site.partner("plan") as plan:
        response = plan.post(PROCESS, content=XML, headers={"Content-Type": "application/xml"})
    assert response.status_code == 415
    assert "/inbox" in response.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"resourceType": ', "unreadable"),
        (b"\x80\x81\x00", "wrong-charset"),
        (b'{"a": 1, "a": 2}', "duplicate-key"),
        (b"[" * 100 + b"]" * 100, "too-deep"),
        (b"", "unreadable"),
        (b"null", "invalid-structure"),
    ],
)
def test_a_body_that_is_no_message_is_kept_and_refused(site: Site, body: bytes, code: str) -> None:
    with site.partner("astad-omsorg") as astad:
        response = astad.post(PROCESS, content=body, headers={"Content-Type": FHIR})
    assert (response.status_code // 100, codes(response)) == (4, [code])
    assert [(row["standing"], row["body"]) for row in stored(site)] == [("refused", body)]


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    ],
)
def test_an_xml_bomb_and_an_external_entity_are_refused_in_the_form_of_the_sender(
    site: Site, body: bytes
) -> None:
    with site.partner("plan") as plan:
        response = plan.post("/inbox", content=body, headers={"Content-Type": "text/xml"})
    assert response.status_code == 400
    assert b"Kvittens" in response.content
    assert b"forbidden-xml" in response.content


def test_the_next_message_is_unaffected_by_a_bad_one(site: Site) -> None:
    with site.partner("astad-omsorg") as astad:
        astad.post(PROCESS, content=b"{", headers={"Content-Type": FHIR})
        assert post(astad, fixture("message/usual")).status_code == 200


def test_the_idempotency_key_is_the_envelopes_claimed_id(site: Site) -> None:
    with site.partner("astad-omsorg") as astad:
        post(astad, fixture("message/usual"), **{"Idempotency-Key": "e-42"})
    assert [row["claimed_id"] for row in stored(site)] == ["e-42"]


@pytest.mark.parametrize("header", ["Idempotency-Key", "X-Correlation-Id"])
@pytest.mark.parametrize("value", ["x" * 121, "two words", "a\tb", "<x>"])
def test_an_id_in_a_header_that_cannot_be_one_is_refused(
    site: Site, header: str, value: str
) -> None:
    with site.partner("astad-omsorg") as astad:
        response = post(astad, fixture("message/usual"), **{header: value})
    assert response.status_code == 400
    assert codes(response) == ["bad-header"]
    assert stored(site) == []
