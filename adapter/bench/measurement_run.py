"""A run of the bench: all measurements in turn, and their report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adapter.bench import (
    adt_feed,
    drain,
    latency,
    measured_network,
    query_times,
    stop_signals,
    throughput,
)
from adapter.bench.measured_network import Servers
from adapter.bench.measurement_errors import BrokenError, NotMeasuredError
from adapter.bench.measurement_setup import MeasurementSetup, Sizes, prepare
from adapter.bench.report import Report, as_json, machine, rows
from adapter.bench.servers import accounts, open_servers
from adapter.bench.stop_signals import StoppedError
from adapter.store import Store

__all__ = [
    "NAMES",
    "BrokenError",
    "NotMeasuredError",
    "Options",
    "Sizes",
    "accounts",
    "as_json",
    "rows",
    "run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command line."""

    broker: str = ""  # amqp URL; "" starts private servers
    store: str = ""  # PostgreSQL URL of an empty database
    accounts: Mapping[str, str] = field(default_factory=dict)  # amqp URLs of the parties
    only: Sequence[str] = ()  # of NAMES; empty measures everything
    sizes: Sizes = field(default_factory=Sizes)
    profiles: Path | None = None  # where workers write their profiles


def run(options: Options, say: Callable[[str], None]) -> Report:
    """Measure, and report progress to `say`. NotMeasuredError when it cannot begin.

    `Report.broke` names each measurement that failed; the others are measured. After SIGTERM or
    Ctrl-C it also names those that are left. Figures take minutes, so no error may lose them.
    """
    reports: list[Report] = []
    try:
        with stop_signals.raise_stopped():
            _run(options, say, reports)
    except StoppedError as error:
        if not reports:
            raise NotMeasuredError(f"stopped by {error} before anything was measured") from error
        _note_end(error, say, reports[0])
    except Exception as error:
        if not reports:
            raise
        _note_end(error, say, reports[0])
    return reports[0]


def _note_end(error: BaseException, say: Callable[[str], None], report: Report) -> None:
    say(f"the bench did not end in order: {_error_text(error)}")
    report.broke["end"] = _error_text(error)


def _run(options: Options, say: Callable[[str], None], reports: list[Report]) -> None:
    with open_servers(options.broker, options.store, options.accounts) as servers:
        say("servers are ready")
        with _setup(options, servers, say) as setup:
            reports.append(_empty(setup))
            measure(options.only or NAMES, setup, reports[0])


@contextmanager
def _setup(
    options: Options, servers: Servers, say: Callable[[str], None]
) -> Iterator[MeasurementSetup]:
    http_partners, port = (
        measured_network.partners(options.sizes.partners),
        measured_network.free_port(),
    )
    with tempfile.TemporaryDirectory(prefix="adapter-bench-") as folder:
        store = Store(servers.store)
        setup = MeasurementSetup(
            servers=servers,
            store=store,
            settings=measured_network.settings(servers, http_partners, port, options.sizes.slow),
            http_partners=http_partners,
            port=port,
            folder=Path(folder),
            sizes=options.sizes,
            say=say,
            profiles=options.profiles,
        )
        try:
            prepare(setup)
            yield setup
        finally:
            store.close()


def _empty(setup: MeasurementSetup) -> Report:
    with setup.store.read() as tx:
        version: str = tx.connection.exec_driver_sql("show server_version").scalar_one()
    return Report(at=datetime.now(UTC), machine=machine(version), sizes=setup.sizes)


def measure(names: Sequence[str], setup: MeasurementSetup, report: Report) -> None:
    """Run the measurements in turn. An error costs only the measurement in which it occurs."""
    left = list(names)
    try:
        while left:
            _measured(left[0], setup, report)
            left.pop(0)
    except StoppedError as error:
        setup.say(f"stopped by {error}; not measured: {', '.join(left)}")
        report.broke |= dict.fromkeys(left, f"stopped by {error}")


def _measured(name: str, setup: MeasurementSetup, report: Report) -> None:
    try:
        _MEASURES[name](setup, report)
    except Exception as error:
        setup.say(f"{name} broke: {_error_text(error)}")
        report.broke[name] = _error_text(error)


def _error_text(error: BaseException) -> str:
    has_text = isinstance(error, BrokenError | StoppedError)
    return str(error) if has_text else f"{type(error).__name__}: {error}"


def _journeys(setup: MeasurementSetup, report: Report) -> None:
    for so_far in throughput.measure(setup):
        report.throughput = so_far


def _latency(setup: MeasurementSetup, report: Report) -> None:
    report.latency_ms = latency.measure(setup)


def _adt_feed(setup: MeasurementSetup, report: Report) -> None:
    report.adt_feed = adt_feed.measure(setup)


def _drain(setup: MeasurementSetup, report: Report) -> None:
    report.drain, report.memory_mb = drain.measure(setup)


def _slow_partner(setup: MeasurementSetup, report: Report) -> None:
    report.slow_partner = latency.measure_beside_slow(setup)


def _queries(setup: MeasurementSetup, report: Report) -> None:
    for so_far in query_times.measure(setup):
        report.queries_ms = so_far


_MEASURES: dict[str, Callable[[MeasurementSetup, Report], None]] = {
    "throughput": _journeys,
    "latency": _latency,
    "adt-feed": _adt_feed,
    "slow-partner": _slow_partner,
    "drain": _drain,  # after all that is timed: PostgreSQL vacuums for minutes after it
    "queries": _queries,
}
NAMES = tuple(_MEASURES)
"""The names of the measurements, in order."""
