"""The findings about processes and store, from their heartbeats."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapter.core.endpoint import Settings
from adapter.core.errors import TransientError
from adapter.operate import health
from adapter.operate.health import Finding, Process
from adapter.runner.heartbeat import Heartbeat, of_loops
from adapter.runner.loops import Loops
from adapter.store import Store, heartbeats
from adapter.store.tables import process
from tests.kit.new_store import new_store

BUS = Settings(broker="amqp://127.0.0.1/")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def running(name: str, **more: Any) -> Process:
    """Return a process that has run for an hour and was seen just now."""
    values: dict[str, Any] = {
        "id": f"p-{name}",
        "part": name.partition(" ")[0],
        "started_at": NOW - timedelta(hours=1),
        "seen_at": NOW,
        "consumes": False,
        "ahead": 0.0,
        "probe": 0.0,
    }
    return Process(name=name, **values | more)


def findings_of(*rows: Process, queues: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(f.name, f.why) for f in health.judge(rows, NOW, queues)]


def silent(seconds: float, name: str = "worker a", **more: Any) -> Process:
    return running(name, seen_at=NOW - timedelta(seconds=seconds), **more)


# Processes


def test_a_process_that_was_seen_lately_is_not_missing() -> None:
    assert findings_of(silent(19)) == []


def test_a_silent_process_is_missing_with_the_time_since_its_heartbeat() -> None:
    rows = (silent(40), running("worker b"))
    [finding] = health.judge(rows, NOW, ())
    assert (finding.process, finding.why) == ("worker a", "not seen for 40 s")


def test_a_later_process_replaces_one_lost_process_but_not_two() -> None:
    successor = running("worker c", started_at=NOW - timedelta(seconds=20))
    first, second = silent(60), silent(50, "worker b")
    assert findings_of(first, successor) == []
    assert findings_of(first, second, successor) == [("process", "not seen for 50 s")]


def test_a_web_process_does_not_replace_a_worker() -> None:
    web = running("web w", started_at=NOW)
    assert ("process", "not seen for 60 s") in findings_of(silent(60), web)


def test_of_several_deaths_in_a_row_only_the_last_is_missing() -> None:
    first = silent(600)
    second = silent(300, "worker b", started_at=NOW - timedelta(seconds=590))
    assert findings_of(first, second, running("worker d")) == [("process", "not seen for 5 min")]


def test_without_a_worker_nothing_is_sent() -> None:
    assert findings_of(running("web a")) == [("worker", "no worker lives: nothing is sent")]
    assert findings_of(running("serve a")) == []


def test_a_worker_must_consume_where_there_is_a_broker() -> None:
    missing = [("consumer", "no living worker consumes care.in")]
    assert findings_of(running("worker a"), queues=("care.in",)) == missing
    assert findings_of(running("worker a", consumes=True), queues=("care.in",)) == []
    dead = silent(60, "worker b", consumes=True)
    assert missing[0] in findings_of(running("worker a"), dead, queues=("care.in",))


def test_two_clocks_that_differ_are_a_finding_even_if_both_are_near_the_databases() -> None:
    rows = (running("worker a", ahead=-3.0), running("worker b", ahead=3.5))
    assert findings_of(*rows) == [("clock", "the clocks of worker a and worker b differ by 6 s")]


@pytest.mark.parametrize(
    ("ahead", "why"),
    [
        (300.0, "its clock is 300 s ahead of the database"),
        (-8.2, "its clock is 8 s behind the database"),
    ],
)
def test_a_clock_that_differs_from_the_databases_is_a_finding(ahead: float, why: str) -> None:
    assert [f.why for f in health.skewed_clock(ahead)] == [why]
    assert list(health.skewed_clock(4.9)) == []


# The row


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(f"sqlite:///{tmp_path}/adapter.db")
    yield store
    store.close()


class Clock:
    """A clock that a test sets wrong."""

    def __init__(self) -> None:
        self.wrong = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.wrong


def pulse(store: Store, clock: Clock, *around: Finding) -> Heartbeat:
    return Heartbeat(store, "worker", BUS, clock.now, lambda: around, lambda: True)


def test_a_heartbeat_stores_the_findings_of_its_process_until_it_leaves(store: Store) -> None:
    heartbeat = pulse(store, Clock(), Finding(name="broker", why="care.in: broker: gone"))
    heartbeat.beat()
    survey = health.survey(store, BUS)
    assert [(f.name, f.process) for f in survey.findings] == [("broker", heartbeat.name)]
    assert [p.name for p in survey.living] == [heartbeat.name]
    heartbeat.leave()
    assert {f.name for f in health.survey(store, BUS).findings} == {"worker", "consumer"}


def test_a_clock_jump_is_a_finding_at_the_next_heartbeat(store: Store) -> None:
    clock = Clock()
    heartbeat = pulse(store, clock)
    heartbeat.beat()
    assert heartbeat.findings() == []
    clock.wrong = timedelta(minutes=-5)
    heartbeat.beat()
    assert [f.why for f in heartbeat.findings()] == ["its clock is 300 s behind the database"]


def test_the_start_time_of_a_process_does_not_change(store: Store) -> None:
    heartbeat = pulse(store, Clock())
    heartbeat.beat()
    [first] = health.survey(store, Settings()).processes
    heartbeat.beat()
    [second] = health.survey(store, Settings()).processes
    assert second.started_at == first.started_at
    assert second.seen_at >= first.seen_at


def test_a_store_that_cannot_be_written_shuts_the_door(store: Store) -> None:
    heartbeat = pulse(store, Clock())
    with store.begin() as tx:
        tx.connection.exec_driver_sql("pragma query_only = on")  # of the pool's only connection
    with pytest.raises(TransientError):
        heartbeat.beat()
    assert [(f.name, f.why) for f in heartbeat.findings()] == [
        ("store", f"cannot be written: {store.place}: it is read-only (SQLITE_READONLY)")
    ]


def test_a_process_that_is_gone_for_a_day_is_forgotten(store: Store) -> None:
    pulse(store, Clock()).beat()
    with store.begin() as tx:
        tx.execute(process.update().values(seen_at=heartbeats.clock(tx) - timedelta(days=2)))
        heartbeats.forget(tx, heartbeats.clock(tx) - health.FORGOTTEN)
    assert health.survey(store, Settings()).processes == ()


def test_a_finding_is_logged_once_when_it_lasts_and_once_when_it_ends(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    around = [Finding(name="broker", why="care.in: broker: gone")]
    heartbeat = Heartbeat(store, "worker", Settings(), Clock().now, lambda: around, lambda: True)
    with caplog.at_level(logging.INFO, logger="adapter"):
        for _ in range(4):
            heartbeat.beat()
        around.clear()
        heartbeat.beat()
    assert [(r.message, vars(r)["finding"]) for r in caplog.records] == [
        ("wrong", "broker"),
        ("right", "broker"),
    ]


# The loops


def test_what_a_loop_waits_for_is_logged_once_and_is_a_finding_until_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loops = Loops()
    seen: list[str] = []
    failures = [TransientError("unreachable", "broker: gone")] * 2

    def step() -> int:
        seen.extend(f.why for f in of_loops(loops.waiting))
        if failures:
            raise failures.pop()
        loops.stopping.set()
        return 0

    with caplog.at_level(logging.INFO, logger="adapter"):
        loops.start("take care.in", step, lambda: None)
        loops.join()
    assert seen == ["take care.in: broker: gone"] * 2
    assert [r.message for r in caplog.records] == ["waits", "goes-on"]
    assert loops.waiting == {}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("no-connection", "broker"),
        ("unreachable", "broker"),
        ("settings", "topology"),
        ("store-unavailable", "loop"),
    ],
)
def test_what_a_loop_waits_for_is_a_finding(code: str, name: str) -> None:
    waiting = {
        "take care.in": TransientError(code, "x"),
        "take care.dead": TransientError(code, "x"),
    }
    assert [(f.name, f.why) for f in of_loops(waiting)] == [(name, "take care.in: x")]


def test_findings_are_stored_as_json_without_the_name_of_their_process() -> None:
    finding = Finding(name="broker", why="gone", process="worker a")
    assert json.loads(health.dump_findings([finding])) == [{"name": "broker", "why": "gone"}]
