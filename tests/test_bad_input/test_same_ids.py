"""Two senders that give their messages the same id: nobody gets what is another's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter import bundles
from adapter.builders import Party
from adapter.model import Bundle
from tests.flow import letters
from tests.flow.letters import HOSPITAL, LULEA, PLANNING, UMEA
from tests.flow.region import Region


def both_send(region: Region) -> None:
    """Planning and the hospital tell Umeå of two cases, each in a message that it calls 17."""
    for sender, visit in ((PLANNING, "P1"), (HOSPITAL, "H1")):
        note = letters.note(
            sender.organization, sender=sender, to=(UMEA,), visit=visit, content="17"
        )
        region.tells(sender.endpoint, note)
        assert region.receipts(sender.endpoint) == [("17", "ok")]


def of_case(bundle: Bundle, visit: str) -> Bundle:
    """A message that names its case."""
    name = letters.note(visit=visit)
    cases = [e for e in bundles.header(name)["extension"] if e["url"].endswith("/case")]
    header = bundles.header(bundle)
    header["extension"] = [*header.get("extension", ()), *cases]
    return bundle


def test_both_are_taken_and_both_are_sent(region: Region) -> None:
    both_send(region)
    assert region.events("umea") == ["message", "message"]


def test_each_receipt_closes_one_of_them(region: Region) -> None:
    both_send(region)
    region.receipt("umea", "17")
    assert [d["state"] for d in region.deliveries()] == ["confirmed", "in-flight"]
    region.receipt("umea", "17")
    assert [d["state"] for d in region.deliveries()] == ["confirmed", "confirmed"]
    region.turn(timedelta(hours=2))
    assert {d["resends"] for d in region.deliveries()} == {0}


@pytest.mark.parametrize(("visit", "asked"), [("P1", PLANNING), ("H1", HOSPITAL)])
def test_an_answer_goes_to_the_one_whose_case_it_names(
    region: Region, visit: str, asked: Party
) -> None:
    both_send(region)
    region.tells("umea", of_case(letters.answer("17", UMEA), visit))
    told = {name: region.events(name) for name in ("planning", "hospital")}
    assert told.pop(asked.endpoint) == ["answer"]
    assert list(told.values()) == [[]]


def test_a_reply_that_may_be_meant_for_either_is_refused_and_told_to_neither(
    region: Region,
) -> None:
    both_send(region)
    reply = letters.note("Ja", sender=UMEA, to=(), visit="other", answers="17")
    region.tells("umea", reply)
    assert (bundles.content_id(reply), "fatal-error") in region.receipts("umea")
    assert region.messages()[-1]["code"] == "concerns-unknown"
    assert region.events("planning") == region.events("hospital") == []


def test_an_answer_about_what_another_receiver_was_sent_is_refused(region: Region) -> None:
    region.tells("hospital", letters.note(to=(LULEA,), content="18"))
    region.tells("umea", letters.answer("18", UMEA))
    assert region.messages()[-1]["code"] == "concerns-unknown"
    assert region.events("hospital") == []
    region.receipt("umea", "18")
    assert region.messages()[-1]["code"] == "unmatched-receipt"
    assert region.deliveries()[0]["state"] == "in-flight"
