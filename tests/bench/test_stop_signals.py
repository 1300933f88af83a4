"""What the bench has measured is printed whatever happens, and nothing that it began is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapter.bench import measurement_run, query_times, report, stop_signals, throughput
from adapter.bench.measured_network import RECEIVERS, SENDERS
from adapter.bench.report import Report
from adapter.core.errors import TransientError
from tests.kit.servers import PostgreSQL, RabbitMQ
from tests.kit.waiting import wait_for

NAMES = ("queries", "throughput", "latency")


@pytest.fixture
def told() -> list[str]:
    return []


def measured(
    monkeypatch: pytest.MonkeyPatch, told: list[str], throughput: Callable[[], None]
) -> Report:
    """A run in which `throughput` does what a test says, and the others succeed."""

    def queries(_: Any, found: Report) -> None:
        found.queries_ms = {"case": 1.0}

    ways = {"queries": queries, "throughput": lambda *_: throughput(), "latency": lambda *_: None}
    monkeypatch.setattr(measurement_run, "_MEASURES", ways)
    setup: Any = SimpleNamespace(say=told.append)
    found = _empty()
    measurement_run.measure(NAMES, setup, found)
    return found


def test_what_breaks_half_way_keeps_the_rounds_and_questions_before_it(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    setup: Any = SimpleNamespace(
        say=told.append, sizes=measurement_run.Sizes(stored=10, rounds=2), store=None
    )
    monkeypatch.setattr(query_times, "_body", lambda _: b"")
    monkeypatch.setattr(query_times, "fill", lambda *_: 1)
    monkeypatch.setattr(query_times, "_measured", _gives(2, 2.0))
    monkeypatch.setattr(throughput, "_adapter", _gives(1, throughput.Round(rate=7)))
    monkeypatch.setattr(throughput, "_naive", _gives(1, throughput.Round(rate=5)))
    monkeypatch.setattr(throughput, "body_bytes", lambda _: 3600)
    found = _empty()
    measurement_run.measure(["queries", "throughput"], setup, found)
    assert found.queries_ms == {"case": 2.0, "dead": 2.0}
    assert found.throughput is not None
    assert (found.throughput.journeys, found.throughput.ratio) == ((7,), 1.4)
    assert found.broke == {"queries": "no more", "throughput": "no more"}


def _gives(times: int, result: object) -> Callable[..., object]:
    """Something that gives its result so often, and then breaks."""
    left = [result] * times

    def give(*_: object) -> object:
        if not left:
            raise measurement_run.BrokenError("no more")
        return left.pop()

    return give


def _empty() -> Report:
    return Report(at=datetime.now(UTC), machine=report.machine("15"), sizes=measurement_run.Sizes())


@pytest.mark.parametrize(
    "error",
    [
        measurement_run.BrokenError("a worker ended"),
        TransientError("store-unavailable", "DiskFull"),
        OSError(28, "x"),
    ],
)
def test_an_error_of_any_kind_costs_only_what_it_happened_in(
    monkeypatch: pytest.MonkeyPatch, told: list[str], error: Exception
) -> None:
    def breaks() -> None:
        raise error

    found = measured(monkeypatch, told, breaks)
    assert found.queries_ms == {"case": 1.0}
    assert list(found.broke) == ["throughput"]
    assert str(error) in found.broke["throughput"]
    assert told == [f"throughput broke: {found.broke['throughput']}"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_after_a_signal_what_is_left_is_named(
    monkeypatch: pytest.MonkeyPatch, told: list[str], number: signal.Signals
) -> None:
    with stop_signals.raise_stopped():
        found = measured(monkeypatch, told, lambda: os.kill(os.getpid(), number))
    assert found.queries_ms == {"case": 1.0}
    assert found.broke == dict.fromkeys(["throughput", "latency"], f"stopped by {number.name}")
    assert told == [f"stopped by {number.name}; not measured: throughput, latency"]


def test_a_bench_that_is_stopped_before_it_measures_says_so(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.setattr(
        measurement_run, "open_servers", lambda *_: os.kill(os.getpid(), signal.SIGTERM)
    )
    with pytest.raises(
        measurement_run.NotMeasuredError, match="stopped by SIGTERM before anything"
    ):
        measurement_run.run(measurement_run.Options(), told.append)


def test_an_error_at_the_very_end_leaves_the_report(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    def breaks(_options: object, _say: object, made: list[Report]) -> None:
        made.append(_empty())
        raise OSError(28, "the directory stays")

    monkeypatch.setattr(measurement_run, "_run", breaks)
    found = measurement_run.run(measurement_run.Options(), told.append)
    assert found.broke == {"end": "OSError: [Errno 28] the directory stays"}


def test_a_second_signal_does_not_cut_short_what_the_first_one_ends() -> None:
    ended: list[str] = []
    with pytest.raises(stop_signals.StoppedError):
        _stopped_twice(ended)
    assert ended == ["all of it"]


def _stopped_twice(ended: list[str]) -> None:
    with stop_signals.raise_stopped():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            ended.append("all of it")


def test_signals_mean_what_they_meant_when_the_run_is_over() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with stop_signals.raise_stopped():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_the_table_names_what_was_not_measured() -> None:
    found = _empty()
    found.broke["drain"] = "a worker ended with 1:\nno such store"
    (row,) = measurement_run.rows(found)
    assert (row.what, row.value, row.met) == (
        "drain: not measured, or not all of it",
        "a worker ended with 1:",
        "NO",
    )


@pytest.mark.servers
@pytest.mark.parametrize("end", [os.kill, os.killpg], ids=["the bench", "its terminal"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_bench_that_is_ended_prints_what_it_has_and_leaves_nothing(
    rabbitmq: RabbitMQ,
    postgresql: PostgreSQL,
    tmp_path: Path,
    number: signal.Signals,
    end: Callable[[int, int], None],
) -> None:
    bench = _bench(rabbitmq, postgresql, tmp_path)
    _wait_for(lambda: _workers(tmp_path) == 2)
    assert len(_session(bench.pid)) > 2
    end(bench.pid, number)
    told, _ = bench.communicate(timeout=60)
    found = json.loads(told)
    assert bench.returncode == 1
    assert found["queries_ms"].keys() == {"case", "dead", "messages"}
    assert found["broke"] == dict.fromkeys(["latency", "drain"], f"stopped by {number.name}")
    assert list(tmp_path.iterdir()) == []
    _wait_for(lambda: _session(bench.pid) == [])


def _bench(rabbitmq: RabbitMQ, postgresql: PostgreSQL, folder: Path) -> subprocess.Popen[str]:
    broker, sizes = rabbitmq.fresh(), ["--stored", "20", "--seconds", "60"]
    only = [word for name in ("queries", "latency", "drain") for word in ("--only", name)]
    servers = ["--broker", broker, "--store", postgresql.fresh()]
    return subprocess.Popen(
        [sys.executable, "-m", "adapter", "bench", "--json", *only, *sizes, *servers],
        env=os.environ | _accounts(rabbitmq, broker) | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _accounts(rabbitmq: RabbitMQ, broker: str) -> Mapping[str, str]:
    return {
        f"ADAPTER_BENCH_{name.upper()}": rabbitmq.partner(name, beside=broker)
        for name in (*SENDERS, *RECEIVERS)
    }


def _workers(folder: Path) -> int:
    return len(list(folder.glob("adapter-bench-*/worker-*.output")))


def _session(leader: int) -> list[str]:
    """Its processes: the sixth field of /proc/PID/stat (proc(5)), the fourth after the name."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[3]) == leader:
                found.append(stat.parent.name)
    return found


def _wait_for(reached: Callable[[], bool]) -> None:
    wait_for("such state of the bench", reached)
