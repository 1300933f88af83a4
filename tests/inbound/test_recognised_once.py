"""The event of a message is recognised once, and passed on to reading, checking and sending."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapter.core.model import Bundle, Event, Kind
from adapter.mappings import Context, System
from adapter.transports import Response
from tests.kit import drafts
from tests.kit.drafts import LULEA
from tests.kit.far_side import hand_over, written
from tests.kit.region import Region


class Counting(System):
    """A vendor's system in FHIR, whose function for events counts its calls."""

    def __init__(self) -> None:
        super().__init__("counting", content="json", media_type="application/json")
        self.recognised: list[Event] = []
        self.recognises(self._recognise)
        self.reads(*Kind)(_as_it_is)
        self.writes(*Kind)(_as_it_is)

    def _recognise(self, document: Any) -> Event:
        event = Event(document["entry"][0]["resource"]["eventCoding"]["code"])
        self.recognised.append(event)
        return event


def _as_it_is(bundle: Bundle, _context: Context) -> Bundle:
    return bundle


@pytest.fixture
def counting(region: Region) -> Counting:
    """The hospital and Luleå speak this system."""
    system = Counting()
    region.network.systems["counting"] = system
    ours = ("hospital", "lulea")
    endpoints = region.network.settings.endpoints
    changed = (replace(e, system="counting") if e.name in ours else e for e in endpoints)
    region.with_settings(endpoints=tuple(changed))
    return system


def test_an_event_is_recognised_once_from_arrival_to_delivery(
    region: Region, counting: Counting
) -> None:
    region.tells("hospital", drafts.note())
    assert region.events("lulea") == ["message"]
    assert counting.recognised == [Event.MESSAGE]


def test_also_when_the_message_is_refused(region: Region, counting: Counting) -> None:
    bundle = drafts.note()
    del bundle["entry"][1]["resource"]["status"]
    region.tells("hospital", bundle)
    assert region.messages()[0]["standing"] == "refused"
    assert counting.recognised == [Event.MESSAGE]


def test_also_in_a_receipt_that_comes_in_the_same_exchange(
    region: Region, counting: Counting
) -> None:
    content = written(region)
    counting.recognised.clear()
    hand_over(region, Response(body=drafts.dump(drafts.receipt(content, LULEA))))
    assert region.deliveries()[0]["state"] == "accepted"
    assert counting.recognised == [Event.RECEIPT]
