"""The rate of an endpoint holds for any number of processes."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapter.inbound import batches, receive
from adapter.outbound.claim import claim
from adapter.store import Store, due_deliveries
from adapter.store.tables import attempt
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.region import SETTINGS, Region

SECOND = timedelta(seconds=1)


def paced(region: Region, rate: float) -> None:
    """Set the rate of Umeå, in deliveries per second."""
    changed = [replace(e, rate=rate) if e.name == "umea" else e for e in SETTINGS.endpoints]
    region.with_settings(endpoints=tuple(changed))


def waiting(region: Region, count: int) -> None:
    """Create a number of messages of different cases that wait for Umeå."""
    for number in range(count):
        region.says("hospital", drafts.note(visit=f"V{number}", to=(UMEA,)))
    while receive.receive_batch(region.store, region.transport, region.now, wait=0):
        pass
    while batches.process_batch(region.store, region.network, region.now):
        pass


def test_a_burst_goes_at_once_and_the_rest_at_the_rate(region: Region) -> None:
    paced(region, 2)
    waiting(region, 10)
    gone = []
    for _ in range(6):
        gone.append(len(claim(region.store, region.network, {"umea": 50}, region.now)))
        region.now += SECOND / 2
    assert gone == [2, 1, 1, 1, 1, 1]


def test_at_its_pace_an_endpoint_has_nothing_due(region: Region) -> None:
    paced(region, 0.5)
    waiting(region, 2)
    assert claim(region.store, region.network, {"umea": 50}, region.now)
    with region.store.read() as tx:
        assert "umea" not in due_deliveries.endpoints_due(tx, region.now + SECOND)
        assert "umea" in due_deliveries.endpoints_due(tx, region.now + 2 * SECOND)


def test_retries_and_resends_count_as_well(region: Region) -> None:
    paced(region, 1)
    waiting(region, 3)
    region.down = {"umea"}
    for _ in range(4):
        region.send()
        region.now += SECOND
    region.down = set()
    region.now += timedelta(hours=1)
    region.turn()  # a probe, and no more in this second
    assert len(region.inbox("umea")) == 1
    region.turn(SECOND)
    region.turn(SECOND)
    region.now += timedelta(minutes=31)
    region.inbox("umea")
    region.turn()  # three receipts are missing
    assert len(region.inbox("umea")) == 1


@pytest.mark.slow
def test_no_number_of_claimers_is_faster_together(region: Region, store_url: str) -> None:
    """Eight processes share a clock; each has its own store."""
    paced(region, 10)
    waiting(region, 80)
    begin, ticks = region.now, iter(range(400))
    stores = [Store(store_url) for _ in range(8)]
    lock = threading.Lock()

    def claims(store: Store) -> None:
        while True:
            with lock:
                tick = next(ticks, None)
            if tick is None:
                return
            now = begin + tick * SECOND / 100
            claim(store, region.network, {"umea": 7}, now)

    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(claims, stores))
    for store in stores:
        store.close()
    at: Counter[datetime] = Counter(row["started_at"] for row in region.rows(attempt))
    assert 39 <= sum(at.values()) <= 49  # a burst of ten, and ten in each of 3.99 seconds
    for start in at:
        within = sum(n for t, n in at.items() if start <= t < start + SECOND)
        assert within <= 20  # a burst saved up, and the second's own
