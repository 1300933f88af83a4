"""Two transactions never wait for each other in a ring (PostgreSQL; SQLite has one writer)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from adapter.inbound import batches, receive
from adapter.operate import maintenance
from adapter.store import cases, concerned, lost_deliveries
from tests.kit import drafts
from tests.kit.drafts import LULEA
from tests.kit.region import Region

pytestmark = pytest.mark.servers


@pytest.fixture
def region(postgres_url: str) -> Iterator[Region]:
    """Only on PostgreSQL."""
    region = Region(postgres_url)
    yield region
    region.store.close()


def beside(work: Callable[[], object]) -> threading.Thread:
    """Run `work` in a thread, and return when it waits for a lock."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(0.5)
    assert thread.is_alive()  # it waits
    return thread


@pytest.mark.parametrize("way", ["door", "bus"])
def test_an_answer_waits_for_its_delivery_before_it_holds_the_case(
    region: Region, way: str
) -> None:
    content = region.tells("hospital", drafts.note())
    [delivery] = region.deliveries()
    body = drafts.dump(drafts.answer(content, LULEA))
    if way == "bus":
        region.partners["lulea"].publish(body, message_id="a")
        receive.receive_batch(region.store, region.transport, region.now, wait=0)

    def answers() -> object:
        if way == "door":
            return region.accept("lulea", body)
        return batches.process_batch(region.store, region.network, region.now)

    with region.store.begin() as tx:  # as a sender that gives up, and flags the case
        concerned.prefetch(tx, {("lulea",): [content]})
        thread = beside(answers)
        cases.lock(tx, delivery["case_id"])
    thread.join(10)
    assert region.deliveries(event="message")[0]["state"] == "confirmed"


def test_two_who_find_the_broker_empty_at_once_send_again_once(region: Region) -> None:
    region.tells("hospital", drafts.note())
    region.inbox("hospital")
    with region.store.begin() as tx:  # as somebody who looks for what is lost
        lost_deliveries.wait_for_other_looks(tx)
        thread = beside(
            lambda: maintenance.broker_was_empty(region.store, ["hospital"], region.now)
        )
    thread.join(10)
    maintenance.broker_was_empty(region.store, ["hospital"], region.now)
    region.turn()
    assert len(region.inbox("hospital")) == 1
