"""A receiver that is replaced during a case: each message goes to exactly one of the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.core.errors import TransientError
from adapter.core.lifecycle import OPEN
from adapter.core.model import Need
from adapter.fhir import bundles
from adapter.fhir.builders import Party
from adapter.operate import maintenance
from adapter.outbound import send
from adapter.outbound.claim import claim
from tests.kit import drafts
from tests.kit.county import SETTINGS as COUNTY
from tests.kit.county import SOCIAL_AND_CARE, County, Visit
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING
from tests.kit.region import SETTINGS, Region, endpoint


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


def test_what_moves_to_another_system_is_written_in_its_format(region: Region) -> None:
    region.tells("hospital", drafts.note("1"))
    second = region.tells("hospital", drafts.note("2"))
    replace_lulea(region, system="omsorg")
    [_, moved] = region.deliveries()
    assert (moved["endpoint"], moved["state"], moved["content_id"]) == ("umea", "waiting", second)
    assert moved["body"].startswith(b"<?xml")
    assert b">2<" in moved["body"]
    assert region.history("dead") == []


def test_an_attempt_keeps_the_bytes_that_it_had_before_the_move(region: Region) -> None:
    region.down.add("lulea")
    region.tells("hospital", drafts.note())
    [before] = region.deliveries()
    replace_lulea(region, system="omsorg")
    [moved] = region.deliveries()
    assert region.attempts(moved["id"])[0]["body"] == before["body"] != moved["body"]


def test_what_the_successor_cannot_read_is_for_a_person_and_its_sender_hears_nothing_false(
    region: Region,
) -> None:
    region.down.add("lulea")
    region.tells("hospital", drafts.note())
    replace_lulea(region, system="hl7v2")
    [left] = region.deliveries()
    assert (left["state"], left["code"], left["untold"]) == ("dead", "settings", True)


def test_a_delivery_that_moves_is_done_by_the_receipt_that_its_new_mailbox_gives(
    region: Region,
) -> None:
    region.down.add("lulea")  # done when a person has read it
    region.tells("hospital", drafts.note())
    replace_lulea(region)
    assert [d["done_when"] for d in region.deliveries()] == ["accepted"]


# Of a stay: the same organisation has another mailbox


@pytest.fixture
def county(store_url: str) -> Iterator[County]:
    """A county whose Luleå has a second mailbox, which is not used yet."""
    place = County(store_url, replace(COUNTY, endpoints=(*COUNTY.endpoints, NEW)))
    yield place
    place.store.close()


LULEA_NEW = Party(endpoint="lulea-new", organization=LULEA.organization)
NEEDS = (Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE)
NEW = endpoint(LULEA_NEW, municipality="2580", serves=NEEDS)
FORMATS = [("fhir", "fhir"), ("omsorg", "fhir"), ("fhir", "omsorg")]


def only_old(county: County, system: str) -> None:
    """Let the old mailbox be the only one, with this system."""
    old = [replace(e, system=system) if e.name == "lulea" else e for e in COUNTY.endpoints]
    county.with_settings(endpoints=tuple(old))


def replaced_by_new(county: County, system: str) -> None:
    """Let the new mailbox replace the old one; nothing has moved yet."""
    old = county.network.settings.endpoints
    changed = [replace(e, replaced_by="lulea-new") if e.name == "lulea" else e for e in old]
    county.with_settings(endpoints=(*changed, replace(NEW, system=system)))


def open_to_lulea(county: County) -> list[tuple[str, str]]:
    """The open deliveries to both mailboxes."""
    every = [d for d in county.deliveries() if d["endpoint"] in ("lulea", "lulea-new")]
    return [(d["endpoint"], d["event"]) for d in every if d["state"] in OPEN]


@pytest.mark.parametrize(("old", "new"), FORMATS)
def test_a_notice_that_waits_and_a_new_one_are_never_queued_to_both(
    county: County, old: str, new: str
) -> None:
    only_old(county, old)
    county.down.update({"lulea", "lulea-new"})
    visit = Visit()
    county.adt("A01", visit, county.assessed(SOCIAL_AND_CARE))
    replaced_by_new(county, new)
    visit.planned = "20260401"
    county.adt("A08", visit)
    assert open_to_lulea(county) == [("lulea-new", "admission-notice")]
    county.down.clear()
    maintenance.move_replaced(county.store, county.network, county.now)
    county.turn(after=timedelta(hours=1))
    reported = [d for d in county.deliveries(event="delivery-report") if d["code"] == "settings"]
    assert (reported, county.history("dead")) == ([], [])


@pytest.mark.parametrize(("old", "new"), FORMATS)
def test_a_notice_that_waits_is_made_anew_for_the_successor(
    county: County, old: str, new: str
) -> None:
    only_old(county, old)
    county.down.add("lulea")
    county.adt("A01", Visit(), county.assessed(SOCIAL_AND_CARE))
    replaced_by_new(county, new)
    maintenance.move_replaced(county.store, county.network, county.now)
    assert open_to_lulea(county) == [("lulea-new", "admission-notice")]
    assert [line["detail"] for line in county.history("moved")] == ["from lulea"]
    assert county.history("dead") == []


def test_a_message_in_the_case_goes_to_the_new_mailbox_at_once(county: County) -> None:
    only_old(county, "fhir")
    county.adt("A01", Visit(), county.assessed(SOCIAL_AND_CARE))
    county.hears("lulea", "planning")
    replaced_by_new(county, "fhir")
    note = drafts.note(sender=PLANNING, minutes=60 * 24 * 9)
    county.tells("planning", drafts.in_case(note, f"{HOSPITAL.organization}/Y2"))
    assert county.messages()[-1]["code"] == ""
    assert open_to_lulea(county) == [("lulea-new", "message")]


def test_a_person_of_the_old_receiver_may_still_answer(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    replace_lulea(region)
    region.tells("lulea", drafts.answer(content, LULEA))
    assert region.deliveries(event="message")[0]["state"] == "confirmed"
