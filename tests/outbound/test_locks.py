"""Two transactions never wait for each other in a ring (PostgreSQL; SQLite has one writer)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapter.inbound import batches, receive
from adapter.operate import maintenance
from adapter.store import cases, concerned, due_deliveries, lost_deliveries, outbox
from adapter.store.replaced_endpoints import Replacement
from adapter.store.transaction import Transaction
from tests.kit import drafts
from tests.kit.drafts import LULEA
from tests.kit.queued_notices import claimed, end, entitled, opened, queued
from tests.kit.recall_words import recall
from tests.kit.region import Region
from tests.kit.statute_county import CASE

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


def test_a_recall_waits_for_the_delivery_before_it_holds_the_case(region: Region) -> None:
    content = region.tells("hospital", drafts.in_case(drafts.note(), CASE))
    region.receipt("lulea", content)  # it is open no more: only the recall locks it
    [delivery] = region.deliveries()
    region.says("hospital", recall(drafts.HOSPITAL, content))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    with region.store.begin() as tx:  # as an answer to it, which flags the case
        concerned.prefetch(tx, {("lulea",): [content]})
        thread = beside(lambda: batches.process_batch(region.store, region.network, region.now))
        cases.lock(tx, delivery["case_id"])
    thread.join(10)
    region.turn()
    assert region.events("lulea") == ["message", "recall"]


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


def ends_right(region: Region, case: str, states: list[str]) -> None:
    """End Luleå's right as processing does: deliveries are locked first, and then the case."""
    with region.store.begin() as tx:
        outbox.lock_open_of_cases(tx, [case])
        cases.lock(tx, case)
        states += [d.state for d in outbox.lock_open(tx, case, ["lulea"])]
        end(tx, region, case)


def test_a_right_that_ends_waits_for_a_claim_that_is_earlier(region: Region) -> None:
    """The claim needs the case while it holds the delivery: processing holds neither by then."""
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    states: list[str] = []
    with region.store.begin() as tx:
        due = due_deliveries.look(tx, "lulea", 50, region.now, region.now, Replacement())
        thread = beside(lambda: ends_right(region, case, states))
        due_deliveries.take(tx, due, region.now, region.now)
        cases.lock(tx, case)
    thread.join(10)
    assert states == ["in-flight"]
    assert len(region.attempts(notice.id)) == 1


def test_a_claim_takes_nothing_whose_right_is_about_to_end(region: Region) -> None:
    case, other = opened(region, "SE1/1"), opened(region, "SE1/2")
    for each in (case, other):
        entitled(region, each)
    notice, free = queued(region, case), queued(region, other)
    with region.store.begin() as tx:
        outbox.lock_open_of_cases(tx, [case])
        cases.lock(tx, case)
        assert [d.id for d in outbox.lock_open(tx, case, ["lulea"])] == [notice.id]
        assert [d.id for d in claimed(region)] == [free.id]
        end(tx, region, case)
    assert claimed(region) == []
    assert region.deliveries(id=notice.id)[0]["state"] == "no-longer-due"
    assert region.attempts(notice.id) == []


def test_what_was_queued_before_the_case_was_locked_is_locked_too(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    with region.store.begin() as tx:
        outbox.lock_open_of_cases(tx, [case])
        notice = queued(region, case)
        cases.lock(tx, case)
        assert [d.id for d in outbox.lock_open(tx, case, ["lulea"])] == [notice.id]
        assert claimed(region) == []


def test_only_what_is_open_to_these_endpoints_is_locked_and_no_receipt(region: Region) -> None:
    case = opened(region)
    first = queued(region, case)
    queued(region, case, "umea")
    queued(region, case, order_key=None)
    queued(region, case, order_no=2, state="confirmed", next_attempt_at=None)
    with region.store.begin() as tx:
        assert [d.id for d in outbox.lock_open(tx, case, ["lulea"])] == [first.id]


def test_claims_and_ending_rights_beside_each_other_never_wait_in_a_ring(region: Region) -> None:
    """Many of both, in several threads: each delivery is claimed, or its right ended first."""
    ids = [opened(region, f"SE1/{number}") for number in range(30)]
    for case in ids:
        entitled(region, case)
        queued(region, case)
    before: dict[str, list[str]] = {case: [] for case in ids}

    def end_all(some: list[str]) -> None:
        for case in some:
            ends_right(region, case, before[case])

    def claim_all() -> None:
        for _ in ids:
            claim_with_case(region)

    at_once(lambda: end_all(ids[::2]), lambda: end_all(ids[::-2]), claim_all, claim_all)
    claimed(region)
    for case in ids:
        [row] = region.deliveries(case_id=case)
        was_claimed = before[case] == ["in-flight"]
        assert row["state"] == ("in-flight" if was_claimed else "no-longer-due")
        assert len(region.attempts(row["id"])) == int(was_claimed)


def at_once(*works: Callable[[], object]) -> None:
    """Run all of these, each in a thread; raise the errors of all."""
    with ThreadPoolExecutor(len(works)) as pool:
        for running in [pool.submit(work) for work in works]:
            running.result(60)


def claim_with_case(region: Region) -> None:
    """Claim one delivery and then lock its case, as a claim does that buries or judges it."""
    with region.store.begin() as tx:
        due = due_deliveries.look(tx, "lulea", 1, region.now, region.now, Replacement())
        stands = [each for each in due if each.right == "stands"]
        lock_cases(tx, [each.delivery.case_id or "" for each in due])
        due_deliveries.take(tx, stands, region.now, region.now.replace(year=2027))


def lock_cases(tx: Transaction, ids: list[str]) -> None:
    """Lock cases in the order of their ids."""
    cases.prefetch(tx, (), ids)
