"""Endpoints that were removed from the settings stop no others, and nothing of theirs is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.core.endpoint import Endpoint
from adapter.core.model import Envelope
from adapter.fhir import bundles
from adapter.inbound import receive
from adapter.operate import maintenance
from adapter.store import endpoints
from tests.kit import drafts
from tests.kit.drafts import LULEA, UMEA
from tests.kit.region import Given, Region

HALF_AN_HOUR = timedelta(minutes=30)


def without(region: Region, name: str) -> tuple[Endpoint, ...]:
    """Remove an endpoint from the settings; return the endpoints as they were."""
    before = region.network.settings.endpoints
    region.with_settings(endpoints=tuple(e for e in before if e.name != name))
    return before


def test_what_is_open_to_it_is_for_a_person_and_the_sender_is_told(region: Region) -> None:
    region.down.add("lulea")
    content = region.tells("hospital", drafts.note())
    without(region, "lulea")
    region.turn(timedelta(minutes=5))
    assert maintenance.bury_orphans(region.store, region.network, region.now) == 1
    dead = region.deliveries()[0]
    assert (dead["state"], dead["code"]) == ("dead", "settings")
    assert region.cases()[0]["flagged"]
    region.turn()
    reports = [b for b in region.inbox("hospital") if bundles.event_code(b)[1] == "delivery-report"]
    assert bundles.concerned(reports[0]) == content
    assert (bundles.focus(reports[0]) or {})["owner"] == {"display": "lulea"}


@pytest.mark.parametrize("held", ["paused", "cut off"])
def test_neither_a_pause_nor_an_open_circuit_hides_it(region: Region, held: str) -> None:
    with region.store.begin() as tx:
        if held == "paused":
            endpoints.pause(tx, "lulea", "Anna", "service window", region.now)
        else:
            for _ in range(endpoints.CIRCUIT_OPENS_AFTER):
                endpoints.failed(tx, "lulea", region.now + timedelta(days=1))
    region.tells("hospital", drafts.note())
    without(region, "lulea")
    assert maintenance.bury_orphans(region.store, region.network, region.now) == 1


def test_an_answer_that_is_late_there_is_still_told_and_stops_nothing(region: Region) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.note()))
    without(region, "lulea")
    region.turn(timedelta(days=2))
    assert region.remind() == 1
    assert region.remind() == 0
    [line] = region.history("answer-late")
    assert "no longer in the settings" in line["detail"]


def test_what_a_queue_of_it_gave_up_is_for_a_person(region: Region) -> None:
    region.tells("hospital", drafts.note())
    [sent] = region.deliveries()
    without(region, "lulea")
    returned = Envelope(
        endpoint="lulea",
        body=sent["body"],
        delivery=sent["id"],
        headers={"x-death-queue": "lulea.inbox", "x-death-reason": "delivery_limit"},
    )
    receive.receive_dead(region.store, region.network, Given([returned]), region.now)
    assert region.deliveries()[0]["code"] == "settings"


def test_a_sender_that_left_cannot_be_told_and_the_others_are_served(region: Region) -> None:
    region.tells("hospital", drafts.note(to=(LULEA,)))
    without(region, "hospital")
    for _ in range(3):
        region.turn(HALF_AN_HOUR)
    assert region.deliveries()[0]["code"] == "no-receipt"
    assert region.history("sender-not-told")
    region.tells("lulea", drafts.note(sender=LULEA, to=(UMEA,)))
    assert region.events("umea") == ["message"]
