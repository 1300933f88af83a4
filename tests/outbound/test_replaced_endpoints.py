"""A receiver that is replaced during a case: each message goes to exactly one of the two."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from adapter.core.errors import TransientError
from adapter.fhir import bundles
from adapter.operate import maintenance
from adapter.outbound import send
from adapter.outbound.claim import claim
from tests.kit import drafts
from tests.kit.drafts import LULEA
from tests.kit.region import SETTINGS, Region


def replace_lulea(region: Region, **changes: str) -> None:
    """Replace lulea by umea, and move what may move."""
    settings_say_so(region, **changes)
    maintenance.move_replaced(region.store, region.network, region.now)


def settings_say_so(region: Region, **changes: str) -> None:
    """Replace lulea in the settings only: nothing has moved yet."""
    endpoints = [
        replace(e, replaced_by="umea") if e.name == "lulea" else e for e in SETTINGS.endpoints
    ]
    changed = [replace(e, **changes) if e.name == "umea" else e for e in endpoints]
    region.with_settings(endpoints=tuple(changed))


def stored(region: Region, text: str) -> str:
    """Store a note of the hospital that waits to be sent; return its content id."""
    note = drafts.note(text)
    region.accept("hospital", drafts.dump(note))
    return bundles.content_id(note)


def test_new_messages_go_to_the_successor(region: Region) -> None:
    replace_lulea(region)
    region.tells("hospital", drafts.note())
    assert region.events("umea") == ["message"]
    assert region.events("lulea") == []


def test_what_was_never_tried_moves_and_what_may_have_arrived_stays(region: Region) -> None:
    first = region.tells("hospital", drafts.note("1"))
    region.tells("hospital", drafts.note("2"))  # waits for the receipt of the first
    replace_lulea(region)
    region.turn()
    assert region.events("umea") == ["message"]
    assert region.events("lulea") == ["message"]
    region.receipt("lulea", first)
    assert region.deliveries()[0]["state"] == "accepted"
    assert [line["detail"] for line in region.history("moved")] == ["from lulea"]


def test_a_new_message_waits_for_the_earlier_ones_that_have_still_to_move(region: Region) -> None:
    first = stored(region, "1")
    settings_say_so(region)
    second = stored(region, "2")
    region.turn()
    assert region.inbox("umea") == []
    maintenance.move_replaced(region.store, region.network, region.now)
    region.turn()
    assert [bundles.content_id(b) for b in region.inbox("umea")] == [first]
    region.receipt("umea", first)
    assert [bundles.content_id(b) for b in region.inbox("umea")] == [second]
    assert region.events("lulea") == []  # what moves is not tried there meanwhile


def test_a_new_message_waits_for_an_earlier_one_that_is_being_tried(region: Region) -> None:
    first = stored(region, "1")
    batch = claim(region.store, region.network, {"lulea": 1}, region.now)
    settings_say_so(region)
    second = stored(region, "2")
    region.turn()
    assert region.inbox("umea") == []
    busy = [TransientError("busy") for _ in batch]
    region.written(send.Sent(batch=batch, outcomes=busy, at=region.now))
    maintenance.move_replaced(region.store, region.network, region.now)
    region.turn()
    assert [bundles.content_id(b) for b in region.inbox("umea")] == [first]
    region.receipt("umea", first)
    assert [bundles.content_id(b) for b in region.inbox("umea")] == [second]


def test_a_new_message_does_not_wait_for_one_that_may_have_arrived(region: Region) -> None:
    region.hangs_up.add("lulea")
    region.tells("hospital", drafts.note("1"))
    settings_say_so(region)
    region.tells("hospital", drafts.note("2"))
    assert region.events("umea") == ["message"]


def test_an_outcome_that_is_unknown_keeps_a_delivery_where_it_is(region: Region) -> None:
    region.hangs_up.add("lulea")
    region.tells("hospital", drafts.note())
    replace_lulea(region)
    region.turn(timedelta(minutes=5))
    assert region.events("umea") == []
    assert region.deliveries()[0]["endpoint"] == "lulea"


def test_a_delivery_that_found_no_connection_moves(region: Region) -> None:
    region.down.add("lulea")
    region.tells("hospital", drafts.note())
    replace_lulea(region)
    region.turn(timedelta(minutes=5))
    assert region.events("umea") == ["message"]


def test_bytes_that_the_successor_cannot_read_are_for_a_person(region: Region) -> None:
    region.tells("hospital", drafts.note("1"))
    region.tells("hospital", drafts.note("2"))
    replace_lulea(region, system="omsorg")
    second = region.deliveries()[1]
    assert (second["state"], second["code"]) == ("dead", "settings")


def test_a_person_of_the_old_receiver_may_still_answer(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    replace_lulea(region)
    region.tells("lulea", drafts.answer(content, LULEA))
    assert region.deliveries(event="message")[0]["state"] == "confirmed"
