"""What must be as it should for messages to go on, and who says so when it is not.

Every process tells of itself in a row of the store (adapter.runner.heartbeat). Whoever is asked, by
HTTP or by a command, looks at all rows and at the store itself, and judges them here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapter.core import service_windows
from adapter.core.endpoint import Settings
from adapter.core.errors import TransientError
from adapter.store import Store, heartbeats
from adapter.store.heartbeats import ProcessRow
from adapter.store.queries import figures
from adapter.store.transaction import Transaction
from adapter.transports.rabbitmq import INCOMING

BEAT = 5.0  # seconds between two signs of life
LOST = timedelta(seconds=20)
FORGOTTEN = timedelta(days=1)
SLOW = 1.0  # seconds for the round trip of one small write
SKEW = 5.0  # seconds
OVERDUE = timedelta(minutes=15)
_ZONE = ZoneInfo("Europe/Stockholm")  # operators read it

PARTS = ("serve", "worker", "web")

FINDINGS = {
    "store": "the database does not answer, or cannot be written",
    "schema": "the store's schema is not the one that this program needs",
    "store-slow": "a small write takes more than a second",
    "broker": "the broker cannot be reached",
    "broker-blocked": "the broker has an alarm, and takes nothing",
    "topology": "an exchange or a queue of the broker is not as it must be",
    "consumer": "no living worker takes what partners publish",
    "worker": "no worker lives: nothing is sent",
    "process": "a process has given no sign of life, and nothing has begun in its place",
    "loop": "a part of a process cannot go on at present",
    "clock": "clocks differ by more than five seconds",
    "overdue": "something is late by, or still failing after, more than fifteen minutes",
}
DOOR = frozenset({"store", "schema"})
"""Findings of a process that keep its doors from taking messages; all others are warnings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be; `process` is the name of the one that says so."""

    name: str
    why: str
    process: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What a process told of itself, and when."""

    id: str
    name: str
    part: str
    started_at: datetime
    seen_at: datetime
    consumes: bool
    ahead: float
    probe: float
    findings: tuple[Finding, ...] = ()

    @property
    def works(self) -> bool:
        """Whether it processes and sends."""
        return self.part != "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHealth:
    """The process that asks: what it knows of itself is newer than its row."""

    name: str = ""
    findings: Callable[[], Sequence[Finding]] = tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found, and every process that has told of itself within a day."""

    findings: tuple[Finding, ...]
    processes: tuple[Process, ...] = ()
    now: datetime | None = None

    @property
    def living(self) -> list[Process]:
        """Those that were seen lately."""
        return [p for p in self.processes if self.now and not lost(p, self.now)]


def lost(process: Process, now: datetime) -> bool:
    """Whether it has been silent for too long; `now` is the database's."""
    return now - process.seen_at > LOST


def queues(settings: Settings) -> tuple[str, ...]:
    """What somebody has to consume."""
    return (INCOMING,) if settings.broker else ()


def survey(store: Store, settings: Settings, oneself: OwnHealth | None = None) -> Survey:
    """Look at everything now, and judge."""
    asking = oneself or OwnHealth()
    began = time.monotonic()
    try:
        with store.read() as tx:
            found = _looked(tx, settings)
    except TransientError as error:
        why = f"{error.entry.en} {error.detail}".strip()
        found = Survey(findings=(Finding(name="store", why=why),))
    own = [*slow(time.monotonic() - began), *asking.findings()]
    others = [f for f in found.findings if not asking.name or f.process != asking.name]
    unique = dict.fromkeys([*own, *others])
    return Survey(findings=tuple(unique), processes=found.processes, now=found.now)


def _looked(tx: Transaction, settings: Settings) -> Survey:
    schema = figures.schema(tx)
    if not schema.fits:
        why = f"its schema is {schema.current or 'empty'}, this program needs {schema.newest}"
        return Survey(findings=(Finding(name="schema", why=why),))
    now = heartbeats.clock(tx)
    rows = tuple(_process(row) for row in heartbeats.rows(tx))
    late = _overdue(settings, figures.oldest_late(tx, now - OVERDUE), now)
    found = (*judged(rows, now, queues(settings)), *late)
    return Survey(findings=found, processes=rows, now=now)


def _process(row: ProcessRow) -> Process:
    findings = json.loads(row.findings or "[]")
    own = tuple(Finding(**finding, process=row.name) for finding in findings)
    return Process(**{**asdict(row), "findings": own})


def written(findings: Sequence[Finding]) -> str:
    """Findings of one process as its row keeps them."""
    return json.dumps([{"name": f.name, "why": f.why} for f in findings])


def _overdue(
    settings: Settings, oldest: Iterable[tuple[str, datetime]], now: datetime
) -> Iterator[Finding]:
    known = {endpoint.name: endpoint for endpoint in settings.endpoints}
    for name, made in oldest:
        by = timedelta(seconds=service_windows.overdue(known.get(name), made, now))
        if by > OVERDUE:
            since = f"{made.astimezone(_ZONE):%Y-%m-%d %H:%M}"
            why = f"{name}: the oldest late delivery is {spoken(now - made)} old, from {since}"
            yield Finding(name="overdue", why=why)


def judged(rows: Sequence[Process], now: datetime, queues: Sequence[str]) -> Iterator[Finding]:
    """What the processes say of themselves, and what only all of them together show."""
    living = [p for p in rows if not lost(p, now)]
    for one in missed(rows, now):
        why = f"not seen for {spoken(now - one.seen_at)}"
        yield Finding(name="process", why=why, process=one.name)
    if not any(p.works for p in living):
        yield Finding(name="worker", why="no worker lives: nothing is sent")
    for queue in queues:
        if not any(p.consumes for p in living):
            yield Finding(name="consumer", why=f"no living worker consumes {queue}")
    yield from _apart(living)
    for one in living:
        yield from one.findings


def missed(rows: Sequence[Process], now: datetime) -> list[Process]:
    """Those that are lost, and in whose place nothing of the same part has begun."""
    gone: list[Process] = []
    heirs = list(rows)
    for one in sorted((p for p in rows if lost(p, now)), key=lambda p: p.seen_at):
        heir = next((p for p in heirs if _succeeds(p, one)), None)
        if heir is None:
            gone.append(one)
        else:
            heirs.remove(heir)
    return gone


def _succeeds(later: Process, one: Process) -> bool:
    return later.part == one.part and later.started_at > one.seen_at


def _apart(living: Sequence[Process]) -> Iterator[Finding]:
    """Two clocks that differ from each other, though neither is far from the database's."""
    near = sorted((p for p in living if abs(p.ahead) <= SKEW), key=lambda p: p.ahead)
    if near and near[-1].ahead - near[0].ahead > SKEW:
        by = near[-1].ahead - near[0].ahead
        why = f"the clocks of {near[0].name} and {near[-1].name} differ by {by:.0f} s"
        yield Finding(name="clock", why=why)


def skewed(ahead: float) -> Iterator[Finding]:
    """Of one process: its clock is not the database's."""
    if abs(ahead) > SKEW:
        side = "ahead of" if ahead > 0 else "behind"
        yield Finding(name="clock", why=f"its clock is {abs(ahead):.0f} s {side} the database")


def slow(seconds: float) -> Iterator[Finding]:
    """Of one process: its round trip to the store took too long."""
    if seconds > SLOW:
        yield Finding(name="store-slow", why=f"a round trip took {seconds:.1f} s")


def spoken(length: timedelta) -> str:
    """`40 s`, `12 min`, `3 h`."""
    seconds = length.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
