"""Ids that two senders have chosen: no receiver gets two messages under one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, bundles, lineage
from tests.kit import drafts
from tests.kit.drafts import LULEA, PLANNING, T0, UMEA
from tests.kit.region import Region

TAKEN = "0b3c9b4e-7a4e-4b0e-9d7c-1c5f0c0fabcd"
MIXED = TAKEN.replace("abcd", "aBcd")


def first_and_second(region: Region, id_: str = TAKEN) -> tuple[Bundle, Bundle]:
    """Let two senders use one content id for lulea; return what it gets of each."""
    region.tells("hospital", drafts.note("1", content=TAKEN))
    region.receipt("lulea", TAKEN)
    [first] = region.inbox("lulea")
    region.tells("planning", drafts.note("2", sender=PLANNING, content=id_, visit="P1"))
    [second] = region.inbox("lulea")
    return first, second


def reported(about: str, missed: Any) -> Bundle:
    """A report of lulea that a message was not delivered."""
    return drafts.enveloped(
        builders.delivery_report(
            content="0b3c9b4e-7a4e-4b0e-9d7c-1c5f0c0f5555",
            about=about,
            code="no-receipt",
            text="Ring.",
            sender=LULEA,
            receiver=drafts.HOSPITAL,
            missed=builders.logical(missed.organization),
            patient=drafts.patient(),
            cases=[],
            at=T0,
        )
    )


@pytest.mark.parametrize("id_", [TAKEN, TAKEN.upper(), MIXED])
def test_the_later_of_two_senders_with_one_id_leaves_under_an_id_of_ours(
    region: Region, id_: str
) -> None:
    first, second = first_and_second(region, id_)
    assert bundles.content_id(first) == TAKEN
    assert bundles.content_id(second).lower() != TAKEN
    assert second["id"] != first["id"]
    assert lineage.source_id(second) == id_  # its lineage
    assert region.history("renamed")
    assert region.receipts("planning") == [(id_, "ok")]


def test_what_comes_back_has_the_id_that_its_sender_knows(region: Region) -> None:
    _, second = first_and_second(region)
    ours = bundles.content_id(second)
    region.receipt("lulea", ours)
    region.tells("lulea", drafts.answer(ours, LULEA))
    [answer] = [b for b in region.inbox("planning") if bundles.event_code(b)[1] == "answer"]
    assert bundles.concerned(answer) == TAKEN
    assert region.events("hospital") == []


def test_a_later_message_about_it_names_our_id(region: Region) -> None:
    _, second = first_and_second(region)
    region.receipt("lulea", bundles.content_id(second))
    correction = drafts.note("3", sender=PLANNING, visit="P1")
    about = {"system": f"{builders.BASE}/sid/message", "value": TAKEN}
    bundles.header(correction)["extension"].append(
        builders.extension("concerns", "Identifier", about)
    )
    region.tells("planning", correction)
    [third] = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] == "message"]
    assert bundles.concerned(third) == bundles.content_id(second)


def test_two_senders_in_one_batch_are_told_apart_too(region: Region) -> None:
    region.says("hospital", drafts.note("1", content=TAKEN))
    region.says("planning", drafts.note("2", sender=PLANNING, content=TAKEN, visit="P1"))
    region.turn()
    arrived = [b for b in region.inbox("lulea") if bundles.event_code(b)[1] == "message"]
    assert len({bundles.content_id(b) for b in arrived}) == 2


def test_two_senders_with_one_envelope_id_leave_in_two_envelopes(region: Region) -> None:
    first = drafts.note("1")
    region.tells("hospital", first)
    region.receipt("lulea", bundles.content_id(first))
    second = drafts.note("2", sender=PLANNING, visit="P1") | {"id": first["id"]}
    region.tells("planning", second)
    one, two = region.inbox("lulea")
    assert bundles.content_id(two) == bundles.content_id(second)
    assert one["id"] != two["id"]


def test_a_sender_that_repeats_its_own_id_keeps_it(region: Region) -> None:
    region.tells("hospital", drafts.note(content=TAKEN))
    region.tells("hospital", drafts.note(content=TAKEN, to=(UMEA,)))
    [arrived] = region.inbox("umea")
    assert bundles.content_id(arrived) == TAKEN


# Delivery reports, answers and replies


def test_a_report_of_a_receiver_reaches_the_sender(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.receipt("lulea", content)
    region.tells("lulea", reported(content, LULEA))
    assert region.events("hospital") == ["delivery-report"]


def test_a_report_that_another_was_not_reached_is_refused(region: Region) -> None:
    content = region.tells("hospital", drafts.note(to=(LULEA, UMEA)))
    region.receipt("lulea", content)
    region.tells("lulea", reported(content, UMEA))
    assert region.messages()[-1]["code"] == "not-entitled"
    assert region.events("hospital") == []


def test_nobody_answers_what_has_not_been_sent_yet(region: Region) -> None:
    region.down.add("lulea")
    content = region.tells("hospital", drafts.note("1"))
    second = region.tells("hospital", drafts.note("2"))  # waits behind the first
    region.tells("lulea", reported(second, LULEA))
    assert region.messages()[-1]["code"] == "concerns-unknown"
    region.receipt("lulea", second)
    assert region.messages()[-1]["code"] == "unmatched-receipt"
    assert [d["state"] for d in region.deliveries(content_id=content)] == ["waiting"]


@pytest.mark.parametrize("event", [Event.ANSWER, Event.REPLY])
def test_a_message_that_concerns_two_messages_is_refused(region: Region, event: Event) -> None:
    mine = region.tells("hospital", drafts.note(to=(LULEA,)))
    theirs = region.tells("hospital", drafts.note(to=(UMEA,)))
    region.now += timedelta(minutes=1)
    if event is Event.ANSWER:
        bundle = drafts.answer(mine, LULEA)
        about = {"system": f"{builders.BASE}/sid/message", "value": theirs}
        concerns = builders.extension("concerns", "Identifier", about)
        bundles.header(bundle).setdefault("extension", []).append(concerns)
    else:
        bundle = drafts.note(sender=LULEA, to=(drafts.HOSPITAL,), answers=mine)
        focus = bundles.focus(bundle) or {}
        focus["inResponseTo"].append(builders.about(theirs))
    region.tells("lulea", bundle)
    assert region.messages()[-1]["standing"] == "refused"
