"""A run of the bench: one measurement after the other, and a report of them all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adapter.bench import drain, given, journeys, latency, network, stopping, stored
from adapter.bench.arena import Arena, Sizes, prepare
from adapter.bench.errors import BrokenError, NotMeasuredError
from adapter.bench.given import accounts
from adapter.bench.network import Servers
from adapter.bench.report import Report, as_json, machine, rows
from adapter.bench.stopping import StoppedError
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
    """What the command line says."""

    broker: str = ""  # amqp URL; "" starts private servers
    store: str = ""  # PostgreSQL URL of an empty database
    accounts: Mapping[str, str] = field(default_factory=dict)  # amqp URLs of the parties
    only: Sequence[str] = ()  # of NAMES; empty measures everything
    sizes: Sizes = field(default_factory=Sizes)
    profiles: Path | None = None  # where workers write what cost them time


def run(options: Options, say: Callable[[str], None]) -> Report:
    """Measure. NotMeasuredError when it cannot begin; `say` is told how far it is.

    What breaks on the way stands in `Report.broke`, and the rest is measured. After SIGTERM or
    Ctrl-C the rest stands there too. What was measured took minutes: nothing may lose it.
    """
    made: list[Report] = []
    try:
        with stopping.by_signals():
            _run(options, say, made)
    except StoppedError as error:
        if not made:
            raise NotMeasuredError(f"stopped by {error} before anything was measured") from error
        _note_end(error, say, made[0])
    except Exception as error:
        if not made:
            raise
        _note_end(error, say, made[0])
    return made[0]


def _note_end(error: BaseException, say: Callable[[str], None], report: Report) -> None:
    say(f"the bench did not end in order: {_told(error)}")
    report.broke["end"] = _told(error)


def _run(options: Options, say: Callable[[str], None], made: list[Report]) -> None:
    with given.servers(options.broker, options.store, options.accounts) as servers:
        say("servers are ready")
        with _arena(options, servers, say) as arena:
            made.append(_empty(arena))
            measure(options.only or NAMES, arena, made[0])


@contextmanager
def _arena(options: Options, servers: Servers, say: Callable[[str], None]) -> Iterator[Arena]:
    street, port = network.partners(options.sizes.partners), network.free_port()
    with tempfile.TemporaryDirectory(prefix="adapter-bench-") as folder:
        store = Store(servers.store)
        arena = Arena(
            servers=servers,
            store=store,
            settings=network.settings(servers, street, port, options.sizes.slow),
            street=street,
            port=port,
            folder=Path(folder),
            sizes=options.sizes,
            say=say,
            profiles=options.profiles,
        )
        try:
            prepare(arena)
            yield arena
        finally:
            store.close()


def _empty(arena: Arena) -> Report:
    with arena.store.read() as tx:
        version: str = tx.connection.exec_driver_sql("show server_version").scalar_one()
    return Report(at=datetime.now(UTC), machine=machine(version), sizes=arena.sizes)


def measure(names: Sequence[str], arena: Arena, report: Report) -> None:
    """One after the other; whatever goes wrong with one is told, and costs no other its figures."""
    left = list(names)
    try:
        while left:
            _measured(left[0], arena, report)
            left.pop(0)
    except StoppedError as error:
        arena.say(f"stopped by {error}; not measured: {', '.join(left)}")
        report.broke |= dict.fromkeys(left, f"stopped by {error}")


def _measured(name: str, arena: Arena, report: Report) -> None:
    try:
        _MEASURES[name](arena, report)
    except Exception as error:
        arena.say(f"{name} broke: {_told(error)}")
        report.broke[name] = _told(error)


def _told(error: BaseException) -> str:
    known = isinstance(error, BrokenError | StoppedError)
    return str(error) if known else f"{type(error).__name__}: {error}"


def _journeys(arena: Arena, report: Report) -> None:
    for so_far in journeys.measure(arena):
        report.throughput = so_far


def _latency(arena: Arena, report: Report) -> None:
    report.latency_ms = latency.measure(arena)


def _drain(arena: Arena, report: Report) -> None:
    report.drain, report.memory_mb = drain.measure(arena)


def _slow_partner(arena: Arena, report: Report) -> None:
    report.slow_partner = latency.measure_beside_slow(arena)


def _queries(arena: Arena, report: Report) -> None:
    for so_far in stored.measure(arena):
        report.queries_ms = so_far


_MEASURES: dict[str, Callable[[Arena, Report], None]] = {
    "throughput": _journeys,
    "latency": _latency,
    "slow-partner": _slow_partner,
    "drain": _drain,  # after what is timed: PostgreSQL cleans up after it for minutes
    "queries": _queries,
}
NAMES = tuple(_MEASURES)
"""What can be measured, in the order in which it is."""
