"""Two operators or workers act on one row at once: one succeeds, and nothing happens twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from adapter.core.errors import FatalError, TransientError
from adapter.inbound import batches, receive
from adapter.operate import replay
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.store import Store, endpoints
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING, UMEA
from tests.kit.region import Region

HANDS = 6


def together(*acts: Callable[[Store], object], region: Region) -> list[str]:
    """Run the actions at once, each with its own store; return each result."""
    start, outcomes = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int) -> None:
        store = Store(region.store.url.render_as_string(hide_password=False))
        try:
            start.wait(10)
            acts[number](store)
            outcomes[number] = "done"
        except (FatalError, TransientError) as error:
            outcomes[number] = error.code
        finally:
            store.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def dead_delivery(region: Region) -> str:
    """A delivery that Umeå's system has refused."""
    content = region.tells("hospital", drafts.note(to=(UMEA,)))
    region.receipt("umea", content, "fatal-error")
    region.inbox("umea")
    [row] = region.deliveries(event="message")
    assert row["state"] == "dead"
    return str(row["id"])


def replayed(region: Region, id_: str) -> Callable[[Store], object]:
    """An operator replays the delivery."""

    def act(store: Store) -> None:
        with store.begin() as tx:
            replay.replay_unchecked(tx, region.network, id_, who="Anna", reason="x", now=region.now)

    return act


def discarded(region: Region, id_: str) -> Callable[[Store], object]:
    """An operator discards the delivery."""

    def act(store: Store) -> None:
        with store.begin() as tx:
            replay.discard(tx, region.network, id_, who="Bo", reason="y", now=region.now)

    return act


def test_a_delivery_that_several_replay_goes_once(region: Region) -> None:
    id_ = dead_delivery(region)
    outcomes = together(*[replayed(region, id_)] * HANDS, region=region)
    assert Counter(outcomes) == {"done": 1, "illegal-transition": HANDS - 1}
    region.turn()
    assert region.events("umea") == ["message"]
    assert len(region.history("replayed")) == 1


def test_of_one_who_replays_and_one_who_discards_one_has_it(region: Region) -> None:
    id_ = dead_delivery(region)
    acts = [replayed(region, id_), discarded(region, id_)] * 3
    assert Counter(together(*acts, region=region)) == {"done": 1, "illegal-transition": 5}
    region.turn()
    [row] = region.deliveries(event="message")
    went = region.events("umea")
    assert (row["state"], went) in (("discarded", []), ("in-flight", ["message"]))


def test_a_dead_message_that_several_replay_is_processed_once(region: Region) -> None:
    region.tells("hospital", drafts.stay(person=drafts.patient(municipality="0114")))
    body = drafts.dump(drafts.receipt("nothing", HOSPITAL))
    region.accept("hospital", body)
    id_ = region.messages()[-1]["id"]
    assert region.messages()[-1]["standing"] == "dead"
    outcomes = together(*[replayed(region, id_)] * HANDS, region=region)
    assert outcomes.count("done") == 1
    region.turn()
    assert region.messages()[-1]["standing"] == "dead"


def test_messages_that_several_processes_work_on_are_decided_once(region: Region) -> None:
    for number in range(20):
        region.says("hospital", drafts.note(to=(UMEA,), visit=f"V{number % 3}", minutes=number))
        region.says("planning", drafts.note(sender=PLANNING, to=(LULEA,), visit=f"P{number}"))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)

    def work(store: Store) -> None:
        while batches.process_batch(store, region.network, region.now):
            pass

    together(*[work] * 10, region=region)
    region.turn()
    assert {m["standing"] for m in region.messages()} == {"processed"}
    orders = Counter((d["order_key"], d["order_no"]) for d in region.deliveries())
    assert len(region.deliveries()) == 40
    assert set(orders.values()) == {1}


def test_deliveries_that_several_processes_claim_are_sent_once(region: Region) -> None:
    for number in range(20):
        region.says("hospital", drafts.note(to=(UMEA,), visit=f"V{number}"))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.process_batch(region.store, region.network, region.now)
    claimed: list[str] = []

    def work(store: Store) -> None:
        while batch := claim(store, region.network, {"umea": 3}, region.now):
            claimed.extend(d.id for d in batch)

    together(*[work] * 4, region=region)
    assert len(claimed) == len(set(claimed)) == 20


def test_a_pause_while_sending_lets_finish_what_has_begun_and_begins_nothing(
    region: Region,
) -> None:
    for visit in ("V1", "V2"):
        region.says("hospital", drafts.note(to=(UMEA,), visit=visit))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.process_batch(region.store, region.network, region.now)
    begun = claim(region.store, region.network, {"umea": 1}, region.now)
    with region.store.begin() as tx:
        endpoints.pause(tx, "umea", "Anna", "service window", region.now)
    region.written(send.hand_over(region.transport, begun, lambda: region.now))
    region.turn(timedelta(hours=3))
    assert len(region.events("umea")) == 1
    region.receipt("umea", begun[0].content_id)
    assert sorted(d["state"] for d in region.deliveries()) == ["confirmed", "waiting"]
    with region.store.begin() as tx:
        endpoints.resume(tx, "umea", region.now)
    region.turn()
    assert len(region.events("umea")) == 1
