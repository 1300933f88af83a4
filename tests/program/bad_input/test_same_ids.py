"""Two open deliveries to one receiver under the same id: each sender gets only its own receipts.

Two senders may choose one id. The later message leaves under an id of ours, but a store that was
written by an older version may still have two such deliveries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.builders import Party
from adapter.store.tables import delivery
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING, UMEA
from tests.kit.program.messages import changed
from tests.kit.region import Region


def both_send(region: Region) -> None:
    """Planning and the hospital tell Umeå of two cases, each in a message that it calls 17."""
    for sender, visit in ((PLANNING, "P1"), (HOSPITAL, "H1")):
        note = drafts.note(
            sender.organization, sender=sender, to=(UMEA,), visit=visit, content="17"
        )
        region.tells(sender.endpoint, note)
        assert region.receipts(sender.endpoint) == [("17", "ok")]
    as_in_an_older_store(region)


def as_in_an_older_store(region: Region) -> None:
    """Give every message to Umeå the id of its sender."""
    with region.store.begin() as tx:
        tx.execute(sa.update(delivery).where(delivery.c.event == "message").values(content_id="17"))


def of_case(bundle: Bundle, visit: str) -> Bundle:
    """A message that names its case."""
    name = drafts.note(visit=visit, sender=PLANNING if visit == "P1" else HOSPITAL)
    cases = [e for e in bundles.header(name)["extension"] if e["url"].endswith("/case")]
    header = bundles.header(bundle)
    header["extension"] = [*header.get("extension", ()), *cases]
    return bundle


def receipt(code: str = "ok") -> Bundle:
    """Umeå's receipt about 17, with ids of its own."""
    return changed(drafts.receipt("17", UMEA, code), id=str(uuid4()))


def states(region: Region) -> list[str]:
    """Planning's delivery, and the hospital's."""
    return [d["state"] for d in region.deliveries(event="message")]


def test_both_are_taken_and_both_are_sent(region: Region) -> None:
    both_send(region)
    assert region.events("umea") == ["message", "message"]


def test_each_receipt_closes_one_of_them(region: Region) -> None:
    both_send(region)
    region.tells("umea", receipt())
    assert states(region) == ["confirmed", "in-flight"]
    region.tells("umea", receipt())
    assert states(region) == ["confirmed", "confirmed"]
    region.turn(timedelta(hours=2))
    assert {d["resends"] for d in region.deliveries()} == {0}


@pytest.mark.parametrize(
    "again",
    [
        lambda first: first,
        drafts.enveloped,
        lambda first: changed(first, id=str(uuid4())),
    ],
    ids=["the same bytes", "in a new envelope", "in the same envelope"],
)
def test_a_receipt_that_comes_twice_closes_one_of_them(
    region: Region, again: Callable[[Bundle], Bundle]
) -> None:
    both_send(region)
    first = receipt()
    region.tells("umea", first)
    region.tells("umea", again(first))
    assert states(region) == ["confirmed", "in-flight"]
    region.tells("umea", receipt())
    assert states(region) == ["confirmed", "confirmed"]


def test_a_refusal_that_comes_twice_ends_one_of_them(region: Region) -> None:
    both_send(region)
    refusal = receipt("fatal-error")
    region.tells("umea", refusal)
    region.tells("umea", refusal)
    assert states(region) == ["dead", "in-flight"]


def test_the_receipt_of_a_copy_does_not_close_the_other_one(region: Region) -> None:
    note = drafts.note(sender=PLANNING, to=(UMEA,), visit="P1", content="17")
    region.tells("planning", note)
    region.turn(timedelta(minutes=30))  # no receipt: a copy goes
    region.tells("hospital", drafts.note(to=(UMEA,), visit="H1", content="17"))
    as_in_an_older_store(region)
    for _ in range(2):  # of the first, and of its copy
        region.tells("umea", receipt())
    assert states(region) == ["confirmed", "in-flight"]
    region.tells("umea", receipt())
    assert states(region) == ["confirmed", "confirmed"]


def test_what_is_before_a_person_is_closed_last(region: Region) -> None:
    both_send(region)
    region.tells("umea", receipt("fatal-error"))
    region.tells("umea", receipt())
    assert states(region) == ["dead", "confirmed"]


@pytest.mark.parametrize(
    ("visit", "state"), [("P1", ["confirmed", "in-flight"]), ("H1", ["in-flight", "confirmed"])]
)
def test_a_receipt_closes_the_one_whose_case_it_names(
    region: Region, visit: str, state: list[str]
) -> None:
    both_send(region)
    region.tells("umea", of_case(receipt(), visit))
    assert states(region) == state


@pytest.mark.parametrize(("visit", "asked"), [("P1", PLANNING), ("H1", HOSPITAL)])
def test_an_answer_goes_to_the_one_whose_case_it_names(
    region: Region, visit: str, asked: Party
) -> None:
    both_send(region)
    region.tells("umea", of_case(drafts.answer("17", UMEA), visit))
    told = {name: region.events(name) for name in ("planning", "hospital")}
    assert told.pop(asked.endpoint) == ["answer"]
    assert list(told.values()) == [[]]


def test_a_reply_that_may_be_meant_for_either_is_refused_and_told_to_neither(
    region: Region,
) -> None:
    both_send(region)
    reply = drafts.note("Ja", sender=UMEA, to=(), visit="other", answers="17")
    region.tells("umea", reply)
    assert (bundles.content_id(reply), "fatal-error") in region.receipts("umea")
    assert region.messages()[-1]["code"] == "concerns-unknown"
    assert region.events("planning") == region.events("hospital") == []


def test_an_answer_about_what_another_receiver_was_sent_is_refused(region: Region) -> None:
    region.tells("hospital", drafts.note(to=(LULEA,), content="18"))
    region.tells("umea", drafts.answer("18", UMEA))
    assert region.messages()[-1]["code"] == "concerns-unknown"
    assert region.events("hospital") == []
    region.receipt("umea", "18")
    assert region.messages()[-1]["code"] == "unmatched-receipt"
    assert region.deliveries()[0]["state"] == "in-flight"
