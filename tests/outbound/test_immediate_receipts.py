"""Receipts in the response to a delivery, as HTTP and MLLP receivers give them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.core.errors import TransientError
from adapter.core.model import DoneWhen
from adapter.store import endpoints
from adapter.store.attempts import LONGEST_ANSWER
from adapter.transports import Response
from adapter.transports.http import RefusedForNowError
from adapter.transports.http.status import of_status
from tests.kit import drafts
from tests.kit.drafts import LULEA
from tests.kit.far_side import hand_over, written
from tests.kit.region import SETTINGS, Region


def closed_by_the_wire(region: Region) -> None:
    """Let lulea give no receipts: a delivery is done when its transport has taken it."""
    changed = [
        replace(e, done_when=DoneWhen.DELIVERED) if e.name == "lulea" else e
        for e in SETTINGS.endpoints
    ]
    region.with_settings(endpoints=tuple(changed))


def receipt(content: str, code: str = "ok") -> bytes:
    """Return a receipt of lulea."""
    return drafts.dump(drafts.receipt(content, LULEA, code))


def test_a_receipt_in_the_answer_is_the_systems(region: Region) -> None:
    content = written(region)
    hand_over(region, Response(body=receipt(content)))
    assert region.deliveries()[0]["state"] == "accepted"


STRANGE = [
    b"<html>OK</html>",
    b"[]",
    b'{"resourceType":"Bundle","entry":[5]}',
    drafts.dump(drafts.receipt("x", LULEA) | {"entry": "none"}),
]


@pytest.mark.parametrize("body", STRANGE)
def test_an_answer_that_is_no_receipt_is_kept_and_the_receipt_is_waited_for(
    region: Region, body: bytes
) -> None:
    written(region)
    hand_over(region, Response(body=body))
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["receipt_due_at"]) == (
        "in-flight",
        region.now + timedelta(minutes=30),
    )
    assert region.attempts(delivery["id"])[0]["answer"] == body
    assert region.history("bad-answer")


def test_a_receipt_whose_response_has_another_shape_stops_nothing(region: Region) -> None:
    bundle = drafts.receipt(written(region), LULEA)
    bundle["entry"][0]["resource"]["response"] = "ok"
    hand_over(region, Response(body=drafts.dump(bundle)))
    assert region.deliveries()[0]["receipt_due_at"] is not None


def test_a_receipt_for_another_message_closes_nothing(region: Region) -> None:
    written(region)
    hand_over(region, Response(body=receipt("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f9999")))
    assert region.deliveries()[0]["state"] == "in-flight"
    assert region.history("bad-answer")


def test_a_body_means_nothing_where_the_wire_alone_closes(region: Region) -> None:
    closed_by_the_wire(region)
    written(region)
    hand_over(region, Response(body=b"OK"))
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["sent_at"]) == ("confirmed", region.now)
    assert region.history("bad-answer")


def test_a_web_page_in_the_receivers_place_closes_nothing_and_is_tried_again(
    region: Region,
) -> None:
    closed_by_the_wire(region)
    written(region)
    page = Response(body=b"<!doctype html><title>Logga in</title>")
    hand_over(region, of_status(200, "", page, region.now))
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["code"]) == ("waiting", "unreachable")
    assert delivery["sent_at"] is None
    assert region.attempts(delivery["id"])[0]["answer"] == page.body


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_is_kept_up_to_a_bound(region: Region, status: int) -> None:
    written(region)
    page = Response(body=b"x" + "å".encode() * LONGEST_ANSWER)
    hand_over(region, of_status(status, "", page, region.now))
    answer = region.attempts(region.deliveries()[0]["id"])[0]["answer"]
    assert LONGEST_ANSWER - 3 <= len(answer) <= LONGEST_ANSWER
    assert set(answer.decode()) == {"x", "å"}  # no character is cut in two


def test_a_wait_beyond_the_bound_is_the_bound(region: Region) -> None:
    written(region)
    ages = "Fri, 31 Dec 9999 23:59:59 GMT"
    hand_over(region, of_status(429, ages, Response(), region.now))
    [delivery] = region.deliveries()
    assert delivery["next_attempt_at"] == region.now + timedelta(hours=1)


def test_a_refusal_in_the_answer_counts_also_where_the_wire_alone_would_close(
    region: Region,
) -> None:
    closed_by_the_wire(region)
    content = written(region)
    hand_over(region, Response(body=receipt(content, "fatal-error")))
    [delivery, *_] = region.deliveries()
    assert (delivery["state"], delivery["code"]) == ("dead", "refused")


def test_a_wire_without_receipts_closes_by_taking_it(region: Region) -> None:
    closed_by_the_wire(region)
    written(region)
    hand_over(region, Response())
    assert region.deliveries()[0]["state"] == "confirmed"


def test_a_receipt_beside_a_status_that_refuses_is_kept_and_the_wait_it_asks_for(
    region: Region,
) -> None:
    body = receipt(written(region), "transient-error")
    refusal = RefusedForNowError("busy", 503, Response(body=body), 600.0)
    hand_over(region, refusal)
    [delivery] = region.deliveries()
    assert delivery["next_attempt_at"] >= region.now + timedelta(seconds=600)
    assert region.layers(delivery["id"]) == [("application", "transient-error")]


@pytest.mark.parametrize("status", [409, 422, 500])
def test_an_ok_in_the_body_of_a_refusal_counts_because_the_system_has_the_message(
    region: Region, status: int
) -> None:
    body = receipt(written(region))
    hand_over(region, of_status(status, "", Response(body=body), region.now))
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["code"]) == ("accepted", "")
    assert delivery["sent_at"] == region.now
    assert region.layers(delivery["id"]) == [("application", "ok")]
    assert region.history("dead") == []


def test_an_ok_for_another_message_in_the_body_of_a_refusal_counts_for_nothing(
    region: Region,
) -> None:
    written(region)
    body = receipt("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f9999")
    hand_over(region, of_status(409, "", Response(body=body), region.now))
    [delivery, *_] = region.deliveries()
    assert (delivery["state"], delivery["code"]) == ("dead", "refused")


def test_a_fault_of_ours_says_nothing_of_the_far_side(region: Region) -> None:
    written(region)
    with region.store.begin() as tx:
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER):
            endpoints.failed(tx, "lulea", region.now)
    hand_over(region, TransientError("adapter-fault"))
    assert region.history("circuit-closed") == []
