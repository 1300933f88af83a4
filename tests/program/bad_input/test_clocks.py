"""The sender's clock or ours is wrong: nothing is lost, and no process ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.one_database import store_url
from tests.kit.region import Region

__all__ = ["store_url"]

A_YEAR = 60 * 24 * 365
MOVED = "2026-03-10T12:00:00+01:00"


def recorded(bundle: Bundle, at: str) -> Bundle:
    """A message that says when it was recorded."""
    found = bundles.extensions(bundles.header(bundle), "recorded")
    found[0]["valueInstant"] = at
    return bundle


def tells_early(region: Region, bundle: Bundle) -> None:
    """Publish now as the hospital, whatever time the message says; and run `turn`."""
    region.partners["hospital"].publish(drafts.dump(bundle), message_id=bundle["id"])
    region.turn()


def test_a_message_from_the_future_is_taken_with_a_warning_and_does_not_hide_the_next(
    region: Region,
) -> None:
    early = drafts.stay(minutes=A_YEAR)
    tells_early(region, early)
    assert "bad-time" in region.messages()[0]["issues"]
    assert region.events("lulea") == ["admission-notice"]
    region.receipt("lulea", bundles.content_id(early))
    region.turn(timedelta(minutes=10))
    right = drafts.stay(Event.ADMISSION_UPDATED, minutes=8, planned=MOVED)
    region.tells("hospital", right)
    assert (region.messages()[-1]["standing"], region.messages()[-1]["note"]) == ("processed", "")
    assert region.events("lulea") == ["admission-updated"]


def test_a_clock_that_is_some_minutes_ahead_is_believed(region: Region) -> None:
    tells_early(region, drafts.stay(minutes=2))
    assert "bad-time" not in region.messages()[0]["issues"]
    tells_early(region, drafts.stay(Event.ADMISSION_UPDATED, minutes=1, planned=MOVED))
    assert "superseded" in region.messages()[-1]["note"]


@pytest.mark.parametrize(
    "at",
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2026-03-02T09:00:60Z",
        "1969-12-31T23:59:59.999999999Z",
    ],
)
def test_the_edges_of_the_calendar_are_no_edge_of_ours(region: Region, at: str) -> None:
    tells_early(region, recorded(drafts.stay(), at))
    note = recorded(drafts.note(to=(UMEA,), visit="V2"), at)
    note["timestamp"] = at
    tells_early(region, note)
    assert {m["standing"] for m in region.messages()} == {"processed"}
    assert region.events("umea") == ["message"]
    region.receipt("umea", bundles.content_id(note))
    region.tells("hospital", drafts.ready(9))
    assert region.messages()[-1]["note"] == ""


@pytest.mark.parametrize("at", ["2026-02-30T09:00:00Z", "2026-03-02T24:00:00Z", "2026-03-02", ""])
def test_a_time_that_no_calendar_has_is_the_senders_fault(region: Region, at: str) -> None:
    region.tells("hospital", recorded(drafts.stay(), at))
    [message] = region.messages()
    assert message["standing"] == "refused"
    assert message["code"] in ("bad-time", "required", "invalid-structure")


def test_our_own_clock_may_go_back(region: Region) -> None:
    region.tells("hospital", drafts.note(to=(UMEA,), minutes=1))
    region.turn(-timedelta(hours=2))
    region.tells("hospital", drafts.note(to=(UMEA,), minutes=2))
    first, second = region.deliveries()
    region.receipt("umea", first["content_id"])
    region.receipt("umea", second["content_id"])
    region.turn(timedelta(hours=4))
    assert [d["state"] for d in region.deliveries()] == ["confirmed", "confirmed"]
    assert region.events("umea") == ["message", "message"]
