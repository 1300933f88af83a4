"""The bulk statements of the outbox change only the states that their step allows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapter.core.lifecycle import Step
from adapter.core.model import Delivery
from adapter.outbound.claim import claim as take
from adapter.store import outbox
from adapter.store.transaction import Transaction
from tests.kit.far_side import written
from tests.kit.region import Region

Bulk = Callable[[Region, Transaction, Delivery], None]
CLOSING = (Step.GIVE_UP, Step.CONFIRM, Step.LAPSE)


def in_flight(region: Region) -> Delivery:
    """Return a delivery to Luleå whose attempt has begun."""
    written(region)
    [d] = take(region.store, region.network, {"lulea": 50}, region.now)
    return d


def claim(region: Region, tx: Transaction, d: Delivery) -> None:
    """Claim in bulk."""
    outbox.claim(tx, [d.id], [], region.now + timedelta(hours=1))


def confirm_sent(region: Region, tx: Transaction, d: Delivery) -> None:
    """Confirm in bulk."""
    outbox.confirm_sent(tx, [d], region.now)


def await_receipts(region: Region, tx: Transaction, d: Delivery) -> None:
    """Await receipts in bulk."""
    outbox.await_receipts(tx, [d], region.now, region.now + timedelta(hours=1))


@pytest.mark.parametrize("bulk", [claim, confirm_sent, await_receipts])
@pytest.mark.parametrize("closing", CLOSING)
def test_a_bulk_statement_leaves_a_delivery_that_is_not_open_as_it_is(
    region: Region, bulk: Bulk, closing: Step
) -> None:
    d = in_flight(region)
    with region.store.begin() as tx:
        outbox.step(tx, d.id, closing, region.now)
    before = region.deliveries()
    with region.store.begin() as tx:
        bulk(region, tx, d)
    assert region.deliveries() == before


@pytest.mark.parametrize("bulk", [confirm_sent, await_receipts])
def test_a_delivery_that_waits_again_is_not_taken_for_one_in_flight(
    region: Region, bulk: Bulk
) -> None:
    d = in_flight(region)
    with region.store.begin() as tx:
        outbox.step(tx, d.id, Step.RETRY, region.now, next_attempt_at=region.now)
    before = region.deliveries()
    with region.store.begin() as tx:
        bulk(region, tx, d)
    assert region.deliveries() == before
