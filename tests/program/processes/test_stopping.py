"""A stopped process finishes its current work; nothing is lost or doubled."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapter.store import heartbeats
from tests.kit.crew import TIMEOUT, Crew

pytestmark = pytest.mark.servers
MANY = 400


def test_a_sending_that_is_under_way_is_finished_and_receipted(crew: Crew) -> None:
    worker = crew.start("worker")
    crew.slow_umea(TIMEOUT / 2)
    (content,) = crew.publish(1)
    assert crew.umea_has_begun()
    began = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.ends(TIMEOUT + 20) == 0
    assert time.monotonic() - began < TIMEOUT + 5
    [sent] = crew.sent()
    assert (sent["state"], sent["attempt"]) == ("confirmed", 1)
    assert crew.received_by_umea() == {content: 1}


def test_what_was_prefetched_or_half_worked_off_is_neither_lost_nor_doubled(crew: Crew) -> None:
    worker = crew.start("worker")
    with ThreadPoolExecutor(1) as planning:
        published = planning.submit(crew.publish, MANY)
        crew.wait(lambda: bool(crew.taken()), worker)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.ends(TIMEOUT + 20) == 0
        contents = published.result()
    crew.start("worker")
    crew.wait(lambda: sum(row["state"] == "confirmed" for row in crew.sent()) == MANY)
    assert crew.received_by_umea() == dict.fromkeys(contents, 1)
    assert len(crew.taken()) == MANY


def test_a_stop_does_not_wait_longer_than_it_may_and_what_is_still_out_is_sent_again(
    crew: Crew,
) -> None:
    worker = crew.start("worker", more='stop_within = "500ms"\n')
    crew.slow_umea(TIMEOUT - 1)
    (content,) = crew.publish(1)
    assert crew.umea_has_begun()
    began = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.ends(TIMEOUT + 20) == 0
    assert time.monotonic() - began < TIMEOUT - 1
    [line] = worker.lines("stop-cut-short")
    assert line["count"] >= 1  # Umeå's message, and our receipt where it was still on its way
    assert [row["state"] for row in crew.sent()] == ["in-flight"]
    assert _running(crew) == 0
    crew.slow_umea(0)
    crew.start("worker")
    crew.wait(lambda: [row["state"] for row in crew.sent()] == ["confirmed"])
    assert crew.received_by_umea() == {content: 2}


def test_who_stops_in_order_is_not_missed(crew: Crew) -> None:
    worker = crew.start("worker")
    crew.wait(lambda: _running(crew) == 1, worker)
    worker.process.send_signal(signal.SIGTERM)
    assert worker.ends(20) == 0
    assert _running(crew) == 0
    assert [line["did"] for line in worker.lines("stopping")] == [
        "takes no new messages, finishes those in progress"
    ]


def _running(crew: Crew) -> int:
    with crew.store.read() as tx:
        return len(heartbeats.rows(tx))
