"""Judge the health of the adapter: all its processes, the store and the broker.

Each process writes a heartbeat row to the store (`adapter.runner.heartbeat`). `survey` reads all
rows and the store itself, and returns findings. HTTP (`/health`), metrics and the command use it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapter.core import service_windows
from adapter.core.endpoint import Settings
from adapter.core.errors import TransientError
from adapter.operate import item_findings, partner_findings, store_findings
from adapter.settings.durations import duration_text
from adapter.store import Store, heartbeats, jobs
from adapter.store.heartbeats import ProcessRow
from adapter.store.queries import figures
from adapter.store.schema import schema
from adapter.store.transaction import Transaction

BEAT = 5.0  # seconds between two heartbeats
LOST = timedelta(seconds=20)  # a process without a heartbeat for longer is lost
FORGOTTEN = timedelta(days=1)  # the rows of lost processes are deleted after this
SLOW = 1.0  # seconds for the round trip of one small write
SKEW = 5.0  # seconds between two clocks
OVERDUE = timedelta(minutes=15)
STANDS_STILL = timedelta(minutes=5)  # a worker goes on with a job much sooner
_ZONE = ZoneInfo("Europe/Stockholm")  # for texts that operators read

PARTS = ("serve", "worker", "web")

FINDINGS = {
    "store": "the database does not answer or refuses writes, or its file is not what it was",
    "store-space": "the disk of a SQLite store has less than 256 MiB left",
    "schema": "the schema of the store has another version than this program needs",
    "store-slow": "a small write takes more than one second",
    "broker": "no connection to the broker",
    "broker-blocked": "the broker has a resource alarm and accepts no messages",
    "topology": "an exchange or queue of the broker is missing or differs from its declaration",
    "other-store": "another store owns the broker's virtual host; nothing is taken or sent there",
    "consumer": "no living worker consumes what partners publish",
    "worker": "no worker is alive: nothing is sent",
    "process": "a process has no heartbeat, and no later process of its part has replaced it",
    "loop": "a loop of a process fails at present",
    "descriptors": "a process has too few file descriptors for its connections",
    "clock": "clocks differ by more than five seconds",
    "overdue": "an endpoint's oldest late delivery is overdue by more than fifteen minutes",
    "dead": "a delivery or a message is dead; a person must decide what becomes of it",
    "paused": "a person has paused an endpoint: nothing is sent to it",
    "cut-off": "an endpoint does not answer; only a probe is sent to it from time to time",
    "only-refuses": "an endpoint has refused everything that was sent to it lately",
    "silent": "an endpoint has sent nothing for longer than its `expect_every` says",
    "nobody-to-tell": "a need of a patient has no receiver; a person must tell the unit in time",
    "held-notice": "an admission notice is held, and its legal time ends within six hours",
    "open-item": "another item has waited for a person for more than a working day",
    "job": "a job of replay, discard or take has stood still for five minutes",
}
"""Every finding, and what it means."""
DOOR = frozenset({"store", "schema"})
"""Findings that stop a process from accepting messages over HTTP and MLLP; others are warnings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault: its name in FINDINGS, the reason, and the process that reports it."""

    name: str
    why: str
    process: str = ""  # the name of the process; "" for a fault of no single process


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process, as its newest heartbeat describes it."""

    id: str
    name: str
    part: str  # one of PARTS
    started_at: datetime
    seen_at: datetime  # of the newest heartbeat, by the database's clock
    consumes: bool
    ahead: float  # seconds that its clock is ahead of the database's
    probe: float  # seconds that its newest write of a small row took
    findings: tuple[Finding, ...] = ()

    @property
    def works(self) -> bool:
        """Whether it processes and sends."""
        return self.part != "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHealth:
    """The findings of the process that asks. They are newer than those in its heartbeat row."""

    name: str = ""
    findings: Callable[[], Sequence[Finding]] = tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All findings, and every process that has written a heartbeat within a day."""

    findings: tuple[Finding, ...]
    processes: tuple[Process, ...] = ()
    now: datetime | None = None  # by the database's clock; None when it was not read

    @property
    def living(self) -> list[Process]:
        """The processes that are not lost."""
        return [p for p in self.processes if self.now and not lost(p, self.now)]


def lost(process: Process, now: datetime) -> bool:
    """Whether its last heartbeat is too old; `now` is the database's."""
    return now - process.seen_at > LOST


def required_queues(settings: Settings) -> tuple[str, ...]:
    """The queues that a worker must consume."""
    if not settings.broker:
        return ()
    from adapter.transports.rabbitmq import INCOMING  # slow: it imports the broker's library

    return (INCOMING,)


def survey(store: Store, settings: Settings, own_health: OwnHealth | None = None) -> Survey:
    """Read the store now and return every finding, without duplicates.

    `own_health` replaces what the calling process has in its own heartbeat row.
    """
    own = own_health or OwnHealth()
    began = time.monotonic()
    shared = _shared_survey(store, settings)
    own_findings = [*slow_store(time.monotonic() - began), *own.findings()]
    others = [f for f in shared.findings if not own.name or f.process != own.name]
    return replace(shared, findings=tuple(dict.fromkeys([*own_findings, *others])))


def _shared_survey(store: Store, settings: Settings) -> Survey:
    try:
        with store.read() as tx:
            survey_ = _read_survey(tx, settings)
    except TransientError as error:
        survey_ = Survey(findings=(Finding(name="store", why=error.detail or error.entry.en),))
    of_file = [Finding(name=name, why=why) for name, why in store_findings.findings(store)]
    return replace(survey_, findings=tuple(dict.fromkeys([*of_file, *survey_.findings])))


def _read_survey(tx: Transaction, settings: Settings) -> Survey:
    version = schema(tx)
    if not version.fits:
        return Survey(findings=(Finding(name="schema", why=version.what),))
    now = heartbeats.clock(tx)
    processes = tuple(_process(row) for row in heartbeats.rows(tx))
    late = _overdue(settings, figures.oldest_late(tx, now - OVERDUE), now)
    of_partners = (*partner_findings.findings(tx, settings, now), *item_findings.findings(tx, now))
    partners = (Finding(name=each.name, why=each.text) for each in of_partners)
    findings = (
        *judge(processes, now, required_queues(settings)),
        *late,
        *partners,
        *_jobs(tx, now),
    )
    return Survey(findings=findings, processes=processes, now=now)


def _jobs(tx: Transaction, now: datetime) -> Iterator[Finding]:
    for id_ in jobs.left_alone(tx, now - STANDS_STILL):
        yield Finding(name="job", why=f"{id_} stands still: no worker goes on with it")


def _process(row: ProcessRow) -> Process:
    reported = json.loads(row.findings or "[]")
    findings = tuple(Finding(**fields, process=row.name) for fields in reported)
    return Process(**{**asdict(row), "findings": findings})


def dump_findings(findings: Sequence[Finding]) -> str:
    """Return the findings of one process as JSON for its heartbeat row."""
    return json.dumps([{"name": f.name, "why": f.why} for f in findings])


def _overdue(
    settings: Settings, oldest: Iterable[tuple[str, datetime]], now: datetime
) -> Iterator[Finding]:
    """A finding for each endpoint whose oldest delivery is late, service windows not counted."""
    known = {endpoint.name: endpoint for endpoint in settings.endpoints}
    for name, created in oldest:
        late_by = timedelta(seconds=service_windows.overdue(known.get(name), created, now))
        if late_by > OVERDUE:
            since = f"{created.astimezone(_ZONE):%Y-%m-%d %H:%M}"
            age = duration_text(now - created)
            why = f"{name}: the oldest late delivery is {age} old, from {since}"
            yield Finding(name="overdue", why=why)


def judge(processes: Sequence[Process], now: datetime, queues: Sequence[str]) -> Iterator[Finding]:
    """Return what the processes report, and the faults that only all of them together show."""
    living = [p for p in processes if not lost(p, now)]
    for process in missing(processes, now):
        why = f"not seen for {duration_text(now - process.seen_at)}"
        yield Finding(name="process", why=why, process=process.name)
    if not any(p.works for p in living):
        yield Finding(name="worker", why="no worker lives: nothing is sent")
    if not any(p.consumes for p in living):
        for queue in queues:
            yield Finding(name="consumer", why=f"no living worker consumes {queue}")
    yield from _clock_difference(living)
    for process in living:
        yield from process.findings


def missing(processes: Sequence[Process], now: datetime) -> list[Process]:
    """Return the lost processes that no later process of the same part has replaced.

    Each process replaces at most one.
    """
    unreplaced: list[Process] = []
    candidates = list(processes)
    gone = sorted((p for p in processes if lost(p, now)), key=lambda p: p.seen_at)
    for process in gone:
        successor = next((p for p in candidates if _succeeds(p, process)), None)
        if successor is None:
            unreplaced.append(process)
        else:
            candidates.remove(successor)
    return unreplaced


def _succeeds(later: Process, earlier: Process) -> bool:
    return later.part == earlier.part and later.started_at > earlier.seen_at


def _clock_difference(living: Sequence[Process]) -> Iterator[Finding]:
    """A finding when two clocks differ too much, though each is close to the database's."""
    near = sorted((p for p in living if abs(p.ahead) <= SKEW), key=lambda p: p.ahead)
    if near and near[-1].ahead - near[0].ahead > SKEW:
        seconds = near[-1].ahead - near[0].ahead
        why = f"the clocks of {near[0].name} and {near[-1].name} differ by {seconds:.0f} s"
        yield Finding(name="clock", why=why)


def skewed_clock(ahead: float) -> Iterator[Finding]:
    """A finding when one process's clock is `ahead` seconds off the database's."""
    if abs(ahead) > SKEW:
        side = "ahead of" if ahead > 0 else "behind"
        yield Finding(name="clock", why=f"its clock is {abs(ahead):.0f} s {side} the database")


def slow_store(seconds: float) -> Iterator[Finding]:
    """A finding when a round trip to the store took too long."""
    if seconds > SLOW:
        yield Finding(name="store-slow", why=f"a round trip took {seconds:.1f} s")
