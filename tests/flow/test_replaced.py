"""A receiver that is replaced in the middle of a case: never to nobody, never to both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from adapter import sweep
from tests.flow import letters
from tests.flow.letters import LULEA
from tests.flow.region import SETTINGS, Region


def replace_lulea(region: Region, **changes: str) -> None:
    """From now on umea's mailbox takes what was meant for lulea."""
    endpoints = [
        replace(e, replaced_by="umea") if e.name == "lulea" else e for e in SETTINGS.endpoints
    ]
    changed = [replace(e, **changes) if e.name == "umea" else e for e in endpoints]
    region.with_settings(endpoints=tuple(changed))
    sweep.move_replaced(region.store, region.network, region.now)


def test_new_messages_go_to_the_successor(region: Region) -> None:
    replace_lulea(region)
    region.tells("hospital", letters.note())
    assert region.events("umea") == ["message"]
    assert region.events("lulea") == []


def test_what_was_never_tried_moves_and_what_may_have_arrived_stays(region: Region) -> None:
    first = region.tells("hospital", letters.note("1"))
    region.tells("hospital", letters.note("2"))  # waits for the receipt of the first
    replace_lulea(region)
    region.turn()
    assert region.events("umea") == ["message"]
    assert region.events("lulea") == ["message"]
    region.receipt("lulea", first)
    assert region.deliveries()[0]["state"] == "accepted"
    assert [line["detail"] for line in region.history("moved")] == ["from lulea"]


def test_an_outcome_that_is_unknown_keeps_a_delivery_where_it_is(region: Region) -> None:
    region.down.add("lulea")
    region.tells("hospital", letters.note())
    replace_lulea(region)
    region.turn(timedelta(minutes=5))
    assert region.events("umea") == []
    assert region.deliveries()[0]["endpoint"] == "lulea"


def test_bytes_that_the_successor_cannot_read_are_for_a_person(region: Region) -> None:
    region.tells("hospital", letters.note("1"))
    region.tells("hospital", letters.note("2"))
    replace_lulea(region, system="omsorg")
    second = region.deliveries()[1]
    assert (second["state"], second["code"]) == ("dead", "settings")


def test_a_person_of_the_old_receiver_may_still_answer(region: Region) -> None:
    content = region.tells("hospital", letters.note())
    replace_lulea(region)
    region.tells("lulea", letters.answer(content, LULEA))
    assert region.deliveries(event="message")[0]["state"] == "confirmed"
