"""Receipts that we send, receipts that we get, and receipts that do not come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapter.core.model import DoneWhen
from adapter.fhir import bundles, rewriting
from adapter.inbound import batches, receive
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.store.tables import delivery
from adapter.transports import Response
from tests.kit import drafts
from tests.kit.drafts import LULEA, PLANNING, UMEA
from tests.kit.program.messages import changed
from tests.kit.region import SETTINGS, Region

HALF_AN_HOUR = timedelta(minutes=30)


def test_a_message_is_delivered_and_receipted_both_ways(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    assert region.receipts("hospital") == [(content, "ok")]
    [got] = region.inbox("lulea")
    assert bundles.content_id(got) == content
    [delivery] = region.deliveries()
    assert delivery["state"] == "in-flight"
    region.receipt("lulea", content)
    assert region.deliveries()[0]["state"] == "accepted"  # lulea is done when a person has read
    region.tells("lulea", drafts.answer(content, LULEA))
    assert region.deliveries(event="message")[0]["state"] == "confirmed"
    assert region.layers(delivery["id"]) == [
        ("transport", "ok"),
        ("application", "ok"),
        ("person", "received"),
    ]
    assert region.events("hospital") == ["answer"]


def test_the_bytes_that_a_fhir_party_sent_reach_a_fhir_party_unchanged(region: Region) -> None:
    bundle = drafts.note("Å ä ö 1.10")
    region.tells("hospital", bundle)
    body, _ = region.partners["lulea"].get(0) or (b"", {})
    assert body == drafts.dump(bundle)


def test_an_answer_without_a_receipt_before_it_closes_the_delivery(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.tells("lulea", drafts.answer(content, LULEA, "accepted"))
    assert region.deliveries(event="message")[0]["state"] == "confirmed"


def test_a_receipt_is_never_receipted(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.inbox("lulea")
    region.receipt("lulea", content)
    assert region.inbox("lulea") == []


def test_a_missing_receipt_causes_another_sending_of_the_same_content(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.turn(HALF_AN_HOUR - timedelta(seconds=1))
    assert len(region.inbox("lulea")) == 1
    region.turn(timedelta(seconds=1))
    [again] = region.inbox("lulea")
    assert bundles.content_id(again) == content
    [delivery] = region.deliveries()
    assert (delivery["attempt"], delivery["resends"], delivery["failures"]) == (2, 1, 0)


def test_a_receipt_that_has_come_and_is_not_yet_read_is_not_missing(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.says("lulea", drafts.receipt(content, LULEA))
    stored(region)
    region.now += HALF_AN_HOUR
    assert region.send() == 0
    region.turn()
    assert len(region.inbox("lulea")) == 1
    assert region.deliveries()[0]["state"] == "accepted"


def test_what_its_receiver_sends_after_the_time_for_a_receipt_does_not_stop_a_resend(
    region: Region,
) -> None:
    region.tells("hospital", drafts.note())
    region.now += HALF_AN_HOUR + timedelta(seconds=1)
    region.says("lulea", drafts.note("2", sender=LULEA, to=(UMEA,)))
    stored(region)
    assert region.send() == 1
    assert len(region.inbox("lulea")) == 2


def stored(region: Region) -> None:
    """Store what has arrived without processing it."""
    assert receive.receive_batch(region.store, region.transport, region.now, wait=0)


def test_forwarded_bytes_are_resent_in_the_same_envelope_and_our_own_in_a_new_one(
    region: Region,
) -> None:
    both = (PLANNING, LULEA)  # they get the sender's own bytes
    region.tells("hospital", drafts.note(to=both, visit="V1"))
    region.tells("hospital", drafts.note(to=both, visit="V1", minutes=5))
    first = [bundles.envelope_id(b) for b in region.inbox("planning")]
    region.turn(HALF_AN_HOUR)
    again = [bundles.envelope_id(b) for b in region.inbox("planning")]
    assert again == first[:1]  # the second waits behind the first
    late = drafts.stay(visit="V2", minutes=1, needs=())
    region.tells("hospital", late)
    region.tells("hospital", drafts.ready(7, visit="V2"))
    region.inbox("planning")
    begun = drafts.stay(visit="V2", minutes=9)  # begins the sharing: two notices of our own
    region.tells("hospital", begun)
    ours = [b for b in region.inbox("planning") if "V2" in bundles.case_ids(b)[0]]
    region.turn(HALF_AN_HOUR)
    resent = [b for b in region.inbox("planning") if "V2" in bundles.case_ids(b)[0]]
    assert [bundles.event(b) for b in ours] == ["admission-notice"]
    assert bundles.content_id(resent[0]) == bundles.content_id(ours[0])


def test_receipts_that_never_come_end_before_a_person_and_the_sender_is_told(
    region: Region,
) -> None:
    content = region.tells("hospital", drafts.note())
    for _ in range(3):
        region.turn(HALF_AN_HOUR)
    [delivery, report] = region.deliveries()
    assert (delivery["state"], delivery["code"]) == ("dead", "no-receipt")
    assert len(region.attempts(delivery["id"])) == 4
    assert report["event"] == "delivery-report"
    reports = [b for b in region.inbox("hospital") if bundles.event_code(b)[1] == "delivery-report"]
    assert bundles.concerned(reports[0]) == content
    assert region.cases()[0]["flagged"]
    assert "owner of lulea" in region.history("dead")[0]["detail"]


def test_a_late_receipt_closes_a_dead_delivery(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    for _ in range(3):
        region.turn(HALF_AN_HOUR)
    region.receipt("lulea", content)
    assert region.deliveries(event="message")[0]["state"] == "accepted"


def test_a_fatal_receipt_ends_the_delivery_at_once(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.receipt("lulea", content, "fatal-error")
    [delivery] = region.deliveries(event="message")
    assert (delivery["state"], delivery["code"]) == ("dead", "refused")
    assert "delivery-report" in region.events("hospital")


def test_a_transient_receipt_is_a_failed_attempt(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.inbox("lulea")
    region.receipt("lulea", content, "transient-error")
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["failures"]) == ("waiting", 1)
    region.turn(timedelta(seconds=6))
    assert region.events("lulea") == ["message"]


def test_a_second_receipt_that_says_otherwise_changes_nothing(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.receipt("lulea", content)
    region.receipt("lulea", content, "fatal-error")
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["code"]) == ("accepted", "")
    assert ("application", "fatal-error") in region.layers(delivery["id"])


def test_a_receipt_for_an_unknown_message_is_a_dead_letter(region: Region) -> None:
    region.receipt("lulea", "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f9999")
    [message] = region.messages()
    assert (message["standing"], message["code"]) == ("dead", "unmatched-receipt")


@pytest.mark.parametrize(("sent", "said"), [(str.upper, str.lower), (str.lower, str.upper)])
def test_a_uuid_may_come_back_in_other_letters(
    region: Region, sent: Callable[[str], str], said: Callable[[str], str]
) -> None:
    content = sent("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f00aa")
    region.tells("hospital", drafts.note(to=(UMEA,), content=content))
    region.receipt("umea", said(content))
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["content_id"]) == ("confirmed", content)
    region.tells("umea", drafts.answer(said(content), UMEA))
    assert region.events("hospital") == ["answer"]


def test_of_two_ids_that_differ_in_letters_alone_the_one_as_written_is_meant(
    region: Region,
) -> None:
    content = "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f00aa"
    for id_ in (content, content.upper()):
        region.tells("hospital", drafts.note(to=(UMEA,), content=id_, visit=id_[-2:]))
    region.receipt("umea", content.upper())
    assert [d["state"] for d in region.deliveries()] == ["in-flight", "confirmed"]


def test_an_id_that_is_no_uuid_is_matched_as_it_is_written(region: Region) -> None:
    region.tells("hospital", drafts.note(to=(UMEA,), content="Ab-1"))
    region.receipt("umea", "AB-1")
    assert region.deliveries()[0]["state"] == "in-flight"
    assert region.messages()[-1]["code"] == "unmatched-receipt"


def test_two_mailboxes_of_one_organisation_answer_each_for_its_own(region: Region) -> None:
    hospital, planning, lulea, umea = SETTINGS.endpoints
    second = replace(planning, organization=lulea.organization)
    region.with_settings(endpoints=(hospital, second, lulea, umea))
    content = region.tells("hospital", drafts.stay())
    region.tells("planning", drafts.receipt(content, LULEA))
    assert states(region) == {"lulea": "in-flight", "planning": "confirmed"}
    region.tells("planning", changed(drafts.receipt(content, LULEA), id="for-the-other"))
    assert states(region) == {"lulea": "accepted", "planning": "confirmed"}


def states(region: Region) -> dict[str, str]:
    """Return the state of each delivery, by endpoint."""
    return {d["endpoint"]: d["state"] for d in region.deliveries()}


def test_nobody_can_receipt_what_was_sent_to_another(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.receipt("umea", content)
    assert region.deliveries()[0]["state"] == "in-flight"
    assert region.messages()[-1]["code"] == "unmatched-receipt"


def test_a_person_who_does_not_answer_is_reminded_again_and_again(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.receipt("lulea", content)
    assert region.remind() == 0
    region.turn(timedelta(days=1))  # T0 is a Monday
    assert region.remind() == 1
    assert region.remind() == 0
    region.turn(timedelta(days=1))
    assert region.remind() == 1
    assert "owner of lulea" in region.history("answer-late")[0]["detail"]
    assert region.deliveries()[0]["state"] == "accepted"


def test_a_receipt_in_the_same_exchange_is_the_answer_of_a_door(region: Region) -> None:
    bundle = drafts.note()
    reply = region.accept("hospital", drafts.dump(bundle))
    assert reply.receipt is not None
    assert reply.receipt.code == "ok"
    assert region.receipts("hospital") == []  # nothing more through the outbox


@pytest.mark.parametrize("words", ["Tolvan Tolvansson", "19500907-2553", "f.195009072553"])
def test_a_receipt_that_quotes_a_person_is_not_repeated_where_it_is_shown(
    region: Region, words: str
) -> None:
    bundle = drafts.receipt(region.tells("hospital", drafts.note()), LULEA, "fatal-error")
    issue: dict[str, Any] = {"severity": "error", "code": "invalid", "expression": [words]}
    issue["details"] = {"coding": [{"code": words}]}
    outcome = bundles.of_type(bundle, "OperationOutcome") or {}
    region.tells("lulea", rewriting.with_resource(bundle, outcome | {"issue": [issue]}))
    [dead] = region.deliveries(event="message")
    assert dead["code"] == "refused"
    assert words not in dead["detail"]
    assert words not in region.history("dead")[0]["detail"]


def test_a_receipt_that_names_codes_and_places_is_repeated(region: Region) -> None:
    bundle = drafts.receipt(region.tells("hospital", drafts.note()), LULEA, "fatal-error")
    issue = {"severity": "error", "code": "invalid", "expression": ["Bundle.entry[1].resource"]}
    outcome = bundles.of_type(bundle, "OperationOutcome") or {}
    region.tells("lulea", rewriting.with_resource(bundle, outcome | {"issue": [issue]}))
    assert region.deliveries(event="message")[0]["detail"] == "invalid at Bundle.entry[1].resource"


def test_a_persons_answer_is_done_when_its_receivers_system_has_it(region: Region) -> None:
    hospital = replace(SETTINGS.endpoints[0], done_when=DoneWhen.READ)
    region.with_settings(endpoints=(hospital, *SETTINGS.endpoints[1:]))
    content = region.tells("hospital", drafts.note())
    region.tells("lulea", drafts.answer(content, LULEA))
    [answer] = region.deliveries(event="answer")
    region.receipt("hospital", answer["content_id"])
    assert region.deliveries(event="answer")[0]["state"] == "confirmed"


def test_a_delivery_report_that_dies_is_not_reported(region: Region) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.note()), "fatal-error")
    [report] = region.deliveries(event="delivery-report")
    region.receipt("hospital", report["content_id"], "fatal-error")
    [report] = region.deliveries(event="delivery-report")
    assert report["state"] == "dead"


def test_a_receipt_that_outruns_our_own_bookkeeping_is_not_waited_for(region: Region) -> None:
    content = region.says("hospital", drafts.note(to=(UMEA,)))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.process_batch(region.store, region.network, region.now)
    batch = claim(region.store, region.network, {"umea": 1}, region.now)
    region.receipt("umea", content)
    region.written(send.Sent(batch=batch, outcomes=[Response()], at=region.now))
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["receipt_due_at"]) == ("confirmed", None)


def test_a_resend_in_another_format_repeats_the_bytes(region: Region) -> None:
    endpoints = [replace(e, system="omsorg") if e.name == "umea" else e for e in SETTINGS.endpoints]
    region.with_settings(endpoints=tuple(endpoints))
    region.tells("hospital", drafts.note(to=(UMEA,)))
    first = region.partners["umea"].get(0)
    region.turn(HALF_AN_HOUR)
    assert region.partners["umea"].get(0) == first


def test_no_receipt_goes_to_a_return_address_that_speaks_another_format(region: Region) -> None:
    feed = replace(SETTINGS.endpoints[0], system="hl7v2", return_to="planning")
    region.with_settings(endpoints=(feed, *SETTINGS.endpoints[1:]))
    region.partners["hospital"].publish(
        b"MSH|^~\\&|||||20260302||ADT^A04|1|P|2.5\r", message_id="1"
    )
    region.turn()
    assert region.rows(delivery) == []
    assert region.history("no-return-address")


def test_of_a_receipt_with_very_many_codes_the_first_are_kept(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    bundle = drafts.receipt(content, LULEA, "fatal-error")
    [outcome] = [r for r in bundles.resources(bundle) if r["resourceType"] == "OperationOutcome"]
    coding = {"coding": [{"system": "urn:x", "code": "C" * 100}] * 50}
    issue = {"severity": "error", "code": "invalid", "expression": ["X" * 100] * 50}
    outcome["issue"] = [issue | {"details": coding}] * 50
    region.tells("lulea", bundle)
    detail = region.deliveries(event="message")[0]["detail"]
    assert detail.endswith(", …")
    assert len(detail) < 50_000


def test_a_delivery_report_says_what_its_receiver_said(region: Region) -> None:
    bundle = drafts.receipt(region.tells("hospital", drafts.note()), LULEA, "fatal-error")
    issue = {"severity": "error", "code": "invalid", "expression": ["Bundle.entry[1].resource"]}
    outcome = bundles.of_type(bundle, "OperationOutcome") or {}
    region.tells("lulea", rewriting.with_resource(bundle, outcome | {"issue": [issue]}))
    [report] = region.deliveries(event="delivery-report")
    assert b"invalid at Bundle.entry[1].resource" in report["body"]
