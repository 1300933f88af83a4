"""A pause until a time ends by itself, and the history tells it."""

from __future__ import annotations

from datetime import datetime, timedelta

from adapter.operate import maintenance
from adapter.operate.status import partner_statuses
from adapter.store import endpoints
from tests.kit import drafts
from tests.kit.drafts import T0, UMEA
from tests.kit.region import Region

HOUR = timedelta(hours=1)


def paused(region: Region, until: datetime | None) -> None:
    with region.store.begin() as tx:
        endpoints.pause(tx, "umea", "Ann", "upgrade", T0, until)


def test_what_waited_is_sent_when_the_time_is_over(region: Region) -> None:
    paused(region, T0 + HOUR)
    region.tells("hospital", drafts.note(to=(UMEA,)))
    region.now = T0 + HOUR - timedelta(seconds=1)
    assert maintenance.end_pauses(region.store, region.now) == 0
    region.turn()
    assert region.events("umea") == []
    region.now = T0 + HOUR
    assert maintenance.end_pauses(region.store, region.now) == 1
    assert maintenance.end_pauses(region.store, region.now) == 0
    region.turn()
    assert region.events("umea") == ["message"]
    [line] = region.history("resumed")
    assert (line["endpoint"], line["who"]) == ("umea", "")
    assert line["detail"] == "the pause by Ann until 2026-03-02 11:00 is over: upgrade"


def test_a_pause_without_a_time_ends_only_by_a_person(region: Region) -> None:
    paused(region, T0 + HOUR)
    paused(region, None)
    assert maintenance.end_pauses(region.store, T0 + 9 * HOUR) == 0


def test_the_end_of_a_pause_closes_no_circuit(region: Region) -> None:
    paused(region, T0 + HOUR)
    with region.store.begin() as tx:
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER):
            endpoints.failed(tx, "umea", T0 + 2 * HOUR)
    maintenance.end_pauses(region.store, T0 + HOUR)
    with region.store.read() as tx:
        [umea] = [
            each
            for each in partner_statuses(tx, region.network.settings, T0 + HOUR)
            if each.endpoint == "umea"
        ]
    assert (umea.paused_at, umea.cut_off) == (None, True)


def test_a_resumed_endpoint_has_no_time_left(region: Region) -> None:
    paused(region, T0 + HOUR)
    with region.store.begin() as tx:
        endpoints.resume(tx, "umea", T0)
    assert maintenance.end_pauses(region.store, T0 + HOUR) == 0


def test_status_says_until_when(region: Region) -> None:
    paused(region, T0 + HOUR)
    with region.store.read() as tx:
        umea = partner_statuses(tx, region.network.settings, T0)[0]
    assert umea.paused_until == T0 + HOUR
    assert umea.findings[0].why == (
        "paused by Ann since 2026-03-02 10:00 until 2026-03-02 11:00: upgrade"
    )
