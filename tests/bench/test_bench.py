"""The bench: its arithmetic, its parties, and a tiny run of every measurement on real servers."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from adapter import mappings
from adapter.bench import bus_party, figures, latency, measured_network, query_times, report
from adapter.bench import measurement_run as bench
from adapter.bench.bus_party import BusParty
from adapter.bench.drain import Drain, Memory
from adapter.bench.measured_network import RECEIVERS, SENDERS, Servers
from adapter.bench.message_templates import MessageTemplates, ReceiptTemplates, receiver_place
from adapter.bench.message_times import empty_times
from adapter.bench.report import Report
from adapter.bench.send_schedule import SLICE, SendLimits, SendSchedule
from adapter.bench.servers import open_servers
from adapter.bench.worker_processes import WorkerCommand, WorkerProcesses
from adapter.cli import app
from adapter.fhir import profiles
from adapter.settings import survey
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import Organisation
from adapter.store import Store
from adapter.store.queries.everything import is_empty
from benchmarks import cost
from tests.kit.servers import PostgreSQL, RabbitMQ

TINY = bench.Sizes(
    workers=1,
    seconds=1,
    warm_up=1,
    rounds=1,
    window=20,
    rate=20,
    paced=1,
    backlog=20,
    stored=200,
    partners=5,
    slow=3,
)
SENDER, RECEIVER, OTHER = (
    Organisation(hsa=f"SE0000000001-{name}", name=name) for name in ("FROM", "TO", "ALSO")
)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_so_large_a_share_of_values_is_at_most_the_percentile(
    values: list[float], share: float
) -> None:
    found = figures.percentile(values, share)
    assert found in values
    assert sum(v <= found for v in values) >= share * len(values)
    below = [v for v in values if v < found]
    assert len(below) < share * len(values)


def test_what_never_ended_has_waited_until_nobody_looked_any_more() -> None:
    assert figures.waits([1.0, 2.0, 0.0], [1.5, 0.0, 0.0], until=12.0) == [500.0, 10_000.0]
    assert math.isnan(figures.percentile([], 0.99))


def test_late_messages_are_in_the_percentiles_and_not_only_counted() -> None:
    sent = [1.0 + place for place in range(100)]
    received = [0.0 if place % 10 == 3 else at + 0.05 for place, at in enumerate(sent)]
    found = latency.beside(latency.OthersTimes(sent=sent, received=received, until=111.0), TINY)
    assert found.others_late == 10
    assert found.others_p50_ms == pytest.approx(50)
    assert found.others_p99_ms == pytest.approx(97_000)


def test_a_figure_that_nothing_was_measured_for_is_null_to_a_strict_reader() -> None:
    found = Report(at=datetime.now(UTC), machine=report.machine("15"), sizes=TINY)
    found.slow_partner = latency.beside(latency.OthersTimes(sent=[], received=[], until=1.0), TINY)
    told = json.loads(json.dumps(bench.as_json(found), allow_nan=False))
    assert told["slow_partner"]["others_p99_ms"] is None


@given(st.integers(1, 300), st.integers(1, 60), st.lists(st.integers(0, 299), max_size=300))
def test_a_sender_never_has_more_under_way_than_its_window(
    total: int, window: int, order: list[int]
) -> None:
    ends = [0.0] * total
    schedule = SendSchedule(range(total), SendLimits(total=total, window=window), ends)
    sent: list[int] = []
    for number in [*order, *range(300)]:
        sent += schedule.due(0)
        assert len(sent) - sum(map(bool, ends)) <= window
        if number in sent:
            ends[number] = 1.0
    sent += schedule.due(0)
    assert sent == list(range(len(sent)))
    assert len(sent) == total


def test_a_sender_keeps_its_rate_and_stops_in_time() -> None:
    schedule = SendSchedule(
        range(0, 1000, 2), SendLimits(total=1000, rate=10, seconds=5), [0.0] * 1000
    )
    assert list(schedule.due(0)) == [0]
    assert schedule.wait(0, 60) == pytest.approx(0.1)
    assert list(schedule.due(0.25)) == [2, 4]
    assert not list(schedule.due(0.29))
    assert not list(schedule.due(5.1))
    assert schedule.wait(5.1, 60) == 60


def test_a_message_of_a_paced_sender_counts_from_when_it_should_have_left() -> None:
    schedule = SendSchedule(range(1, 1000, 2), SendLimits(total=1000, rate=10), [0.0] * 1000)
    late = list(schedule.due(3.05))
    assert [schedule.moment(number, 3.05) for number in late[:3]] == pytest.approx([0, 0.1, 0.2])
    assert schedule.moment(late[-1], 3.05) == pytest.approx(3)


def test_a_message_of_a_sender_without_a_rate_counts_from_when_it_left() -> None:
    assert SendSchedule(range(10), SendLimits(total=10), [0.0] * 10).moment(3, 7.5) == 7.5


def test_a_sender_that_was_held_up_does_not_hide_what_its_messages_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, clock = empty_times(100, 0), _Clock()
    monkeypatch.setattr(bus_party, "RabbitMqClient", clock.client_that_stalls(at=20, seconds=3))
    monkeypatch.setattr(bus_party, "time", clock)
    clock.ends(run.stop, after=10)
    party = BusParty(name="planning", organisation=SENDER, url="amqp://host")
    sending = bus_party.SenderJob(
        party=party,
        place=0,
        senders=1,
        receivers=(RECEIVER,),
        limits=SendLimits(total=100, rate=50),
    )
    bus_party.send(sending, run)
    waits = figures.waits(run.sent, clock.published, until=clock.now)
    assert max(waits) == pytest.approx(3000, abs=25)
    assert sum(wait > 1000 for wait in waits) > 50


class _Clock:
    """Time that passes only while a sender's client waits or stalls."""

    def __init__(self) -> None:
        self.now = 1.0
        self.published: list[float] = []
        self._over: tuple[Event, float] | None = None

    def monotonic(self) -> float:
        return self.now

    def ends(self, over: Event, after: float) -> None:
        self._over = over, self.now + after

    def passes(self, seconds: float) -> None:
        self.now += seconds
        if self._over and self.now >= self._over[1]:
            self._over[0].set()

    def client_that_stalls(self, at: int, seconds: float) -> Callable[..., Any]:
        def publish(*_: Any, **__: Any) -> None:
            self.passes(seconds if len(self.published) == at else 0)
            self.published.append(self.now)

        def get(longest: float) -> None:
            self.passes(longest)

        client = SimpleNamespace(
            publish=publish, get=get, acknowledge=lambda: None, close=lambda: None
        )
        return lambda *_: client


def test_a_backlog_leaves_in_slices_so_that_the_sender_can_look_up() -> None:
    schedule = SendSchedule(range(120), SendLimits(total=120), [0.0] * 120)
    assert [len(list(schedule.due(0))) for _ in range(4)] == [SLICE, SLICE, 20, 0]


def test_a_message_is_known_by_its_content_id_and_only_in_its_own_measurement() -> None:
    mine, other = empty_times(10, 0), empty_times(10, 0)
    assert [mine.number(mine.content_id(n)) for n in range(10)] == list(range(10))
    assert mine.number(other.content_id(3)) is None


def test_what_the_parties_write_is_valid_and_names_its_receiver() -> None:
    templates, run = MessageTemplates(SENDER, [RECEIVER, OTHER], 2), empty_times(8, 0)
    for number in range(8):
        message = templates.message(run, number)
        bundle = json.loads(message.body)
        assert not profiles.validate(bundle)
        assert bundle["id"] == message.envelope_id
        received = FhirFormat(RECEIVER).read(message.body)
        assert run.number(received.content_id) == number
        assert received.case == message.case
        to = bundle["entry"][0]["resource"]["destination"][0]["endpoint"]
        assert to == f"urn:hsa:{[RECEIVER, OTHER][receiver_place(number, 2, 2)].hsa}"


def test_a_receipt_speaks_of_the_message_that_came() -> None:
    message = MessageTemplates(SENDER, [RECEIVER], 1).message(empty_times(1, 0), 0)
    received = FhirFormat(RECEIVER).read(message.body)
    given_ = FhirFormat(SENDER).read(ReceiptTemplates(RECEIVER).receipt(received).body)
    assert (given_.about, given_.code, given_.case) == (received.content_id, "ok", received.case)
    again = FhirFormat(SENDER).read(ReceiptTemplates(RECEIVER).receipt(received).body)
    assert given_.content_id != again.content_id


def test_the_settings_of_the_bench_have_no_problem(tmp_path: Path) -> None:
    accounts = {name: f"amqp://{name}@host/" for name in (*SENDERS, *RECEIVERS)}
    servers = Servers(broker="amqp://host/", store="postgresql://host/db", accounts=accounts)
    file = tmp_path / "adapter.toml"
    measured_network.write(
        measured_network.settings(servers, measured_network.partners(50), 9000, 120), file
    )
    reached = {"ADAPTER_STORE": servers.store, "ADAPTER_BROKER": servers.broker}
    assert not survey(file, reached, mappings.load())
    assert 'timeout = "150s"' in file.read_text()


@pytest.mark.waits
def test_a_worker_that_ends_breaks_the_measurement_with_its_last_words(tmp_path: Path) -> None:
    command = ("python3", "-c", "import sys; sys.exit('no such store')")
    crew = WorkerCommand(
        command=command, settings=tmp_path / "none", environment={}, number=1, folder=tmp_path
    )
    with (
        pytest.raises(bench.BrokenError, match="ended with 1:\nno such store"),
        WorkerProcesses(crew),
    ):
        pass


def test_the_table_says_of_each_budget_whether_it_is_met() -> None:
    found = Report(at=datetime.now(UTC), machine=report.machine("15"), sizes=TINY)
    found.drain = Drain(messages_per_s=1, messages=10, seconds=10)
    found.memory_mb = Memory(peak=300, after_tenth=100, at_end=121)
    found.queries_ms = {"case": 199.4, "dead": 200.6}
    rows = list(bench.rows(found))
    assert [row.met for row in rows] == ["", "NO", "", "yes", "NO"]
    assert "throughput" not in bench.as_json(found)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--broker", "amqp://host"], "name both --broker and --store"),
        (["--broker", "amqp://host", "--store", "sqlite:///a"], "measures on PostgreSQL"),
        (["--broker", "amqp://host", "--store", "postgresql://host/a"], "ADAPTER_BENCH_JOURNAL"),
        (["--only", "luck"], "no 'luck'"),
    ],
)
def test_a_bench_that_cannot_begin_says_what_is_missing(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["bench", *arguments])
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.servers
@pytest.mark.timeout(240)
@pytest.mark.quiet
def test_a_tiny_bench_measures_everything(rabbitmq: RabbitMQ, postgresql: PostgreSQL) -> None:
    broker = rabbitmq.fresh()
    names = (*SENDERS, *RECEIVERS)
    options = bench.Options(
        broker=broker,
        store=postgresql.fresh(),
        accounts={name: rabbitmq.partner(name, beside=broker) for name in names},
        sizes=TINY,
    )
    told: list[str] = []
    found = bench.as_json(bench.run(options, told.append))
    assert not found["broke"], told
    found["adt_feed"].pop("purged_stays_per_s")  # so short a feed may end no stay
    parts = ("throughput", "latency_ms", "adt_feed", "drain", "memory_mb", "queries_ms")
    assert _not_positive({name: found[name] for name in parts}) == [], told
    assert set(found["queries_ms"]) == {"case", "dead", "messages"}
    assert found["throughput"]["ratio"] == pytest.approx(
        found["throughput"]["journeys_per_s"] / found["throughput"]["naive_per_s"], rel=0.1
    )
    assert found["drain"]["messages"] == 20
    assert found["slow_partner"]["others_late"] == 0
    assert found["slow_partner"]["others_p99_ms"] > 0
    with pytest.raises(bench.NotMeasuredError, match="has messages already"):
        bench.run(options, told.append)


def _not_positive(figures: Any, name: str = "") -> list[str]:
    """Return the name and value of each figure that is missing or not above zero."""
    if isinstance(figures, dict):
        return [line for key in figures for line in _not_positive(figures[key], f"{name}.{key}")]
    if isinstance(figures, list):
        return [line for each in figures for line in _not_positive(each, f"{name}[]")]
    is_positive = figures is not None and figures > 0
    return [] if is_positive else [f"{name.lstrip('.')} = {figures}"]


@pytest.mark.parametrize("total", [20_000, 50_000, 1_000_000])
def test_each_question_is_asked_of_all_endpoints_and_of_all_kinds_of_cases(total: int) -> None:
    turns = list(query_times.turns(total // query_times.CASE_MESSAGES))
    asked = Counter(turn.endpoint for turn in turns)
    assert asked == dict.fromkeys((*SENDERS, *RECEIVERS), 5)
    assert len({turn.case for turn in turns}) >= 10
    assert {turn.case % 2 for turn in turns} == {0, 1}, "both senders' cases"
    assert sum(turn.case % 100 == 0 for turn in turns) < 10, "cases of dead deliveries are rare"


@pytest.mark.servers
def test_a_private_postgresql_starts_anew_and_has_what_it_had(postgresql: PostgreSQL) -> None:
    del postgresql  # only that it is installed
    with open_servers("", "", {}) as servers, closing(Store(servers.store)) as store:
        began = _started(store)
        store.upgrade()
        query_times.empty_cache(store, servers)
        assert _started(store) > began
        with store.read() as tx:
            assert is_empty(tx)


def _started(store: Store) -> datetime:
    with store.read() as tx:
        found: datetime = tx.connection.exec_driver_sql(
            "select pg_postmaster_start_time()"
        ).scalar_one()
    return found


@pytest.mark.servers
def test_what_a_journey_costs_is_told_for_the_adapter_and_for_postgresql(
    postgresql: PostgreSQL,
) -> None:
    found = cost.measured(postgresql.fresh(), journeys=20, together=10)
    assert found.ended == 20
    assert found.adapter.keys() == {"take", "process", "claim", "record"}
    assert all(milliseconds > 0 for milliseconds in found.adapter.values())
    assert found.server > 0
