"""Outcomes are written together, each for its own attempt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.core.errors import TransientError
from adapter.inbound import batches, receive
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.outbound.send import Sent
from adapter.transports import Outcome, Response
from tests.kit import drafts
from tests.kit.drafts import LULEA, UMEA
from tests.kit.region import Region


def processed(region: Region, visit: str = "V1") -> None:
    """Queue a message to two receivers."""
    region.says("hospital", drafts.note(visit=visit, to=(LULEA, UMEA)))
    receive.receive_batch(region.store, region.transport, region.now)
    batches.process_batch(region.store, region.network, region.now)


def test_one_claim_takes_what_each_endpoint_has_room_for(region: Region) -> None:
    for visit in ("V1", "V2", "V3"):
        processed(region, visit)
    claimed = claim(region.store, region.network, {"lulea": 2, "umea": 1}, region.now)
    assert sorted(d.endpoint for d in claimed) == ["lulea", "lulea", "umea"]


def test_what_failed_and_what_was_taken_stand_in_one_transaction(region: Region) -> None:
    processed(region)
    lulea, umea = claim(region.store, region.network, {"lulea": 1, "umea": 1}, region.now)
    send.write_down(
        region.store,
        region.network,
        [
            Sent(batch=[lulea], outcomes=[TransientError("busy")], at=region.now),
            Sent(batch=[umea], outcomes=[Response()], at=region.now + timedelta(seconds=1)),
        ],
    )
    rows = {row["endpoint"]: row for row in region.deliveries()}
    assert (rows["lulea"]["state"], rows["lulea"]["code"]) == ("waiting", "busy")
    assert rows["lulea"]["sent_at"] is None
    assert (rows["umea"]["state"], rows["umea"]["failures"]) == ("in-flight", 0)
    assert rows["umea"]["sent_at"] == region.now + timedelta(seconds=1)


@pytest.mark.parametrize("order", [1, -1], ids=["stale first", "stale last"])
@pytest.mark.parametrize("said", [TransientError("busy"), Response()], ids=["failed", "taken"])
def test_of_two_attempts_that_end_together_the_newer_one_counts(
    region: Region, said: Outcome, order: int
) -> None:
    processed(region)
    [stale] = claim(region.store, region.network, {"lulea": 1}, region.now)
    later = region.now + timedelta(minutes=5)  # the lease has ended
    [current] = claim(region.store, region.network, {"lulea": 1}, later)
    both = [
        Sent(batch=[stale], outcomes=[said], at=later),
        Sent(batch=[current], outcomes=[Response()], at=later),
    ]
    send.write_down(region.store, region.network, both[::order])
    [row] = region.deliveries(endpoint="lulea")
    assert (row["state"], row["attempt"], row["failures"]) == ("in-flight", 2, 0)
    assert row["receipt_due_at"] is not None
    assert row["lease_until"] is None
