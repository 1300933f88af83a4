"""This process's sign of life in the store, with what it knows of itself.

Workers have no door to be asked at. So every process writes a row every few seconds, away from
the messages, and whoever is asked tells of all of them.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError, TransientError
from adapter.core.record_ids import Record, new_id
from adapter.operate import health
from adapter.operate.health import Finding, OwnHealth
from adapter.store import Store, heartbeats

log = logging.getLogger(__name__)
_OF_LOOPS = {"unreachable": "broker", "settings": "topology"}
_Key: TypeAlias = tuple[str, str]  # of a finding: its name, and whose it is
_PATIENCE = health.LOST.total_seconds()


class Heartbeat:
    """`around` says what is wrong around this process, `consumes` whether it takes care.in."""

    def __init__(
        self,
        store: Store,
        part: str,
        settings: Settings,
        clock: Callable[[], datetime],
        around: Callable[[], Sequence[Finding]],
        consumes: Callable[[], bool],
    ) -> None:
        self.name = f"{part} {socket.gethostname()}/{os.getpid()}"
        self._who = {"id": new_id(Record.PROCESS), "name": self.name, "part": part}
        self._store, self._settings, self._clock = store, settings, clock
        self._around, self._consumes = around, consumes
        self._probe = self._ahead = 0.0
        self._unwritable = ""
        self._before = self._born = time.monotonic()
        self._told: dict[_Key, float] = {}
        self._seen: set[_Key] = set()

    @property
    def rest(self) -> float:
        """Seconds until the next beat; short at first, while much changes."""
        young = time.monotonic() - self._born < 2 * health.BEAT
        return 1.0 if young else health.BEAT

    @property
    def oneself(self) -> OwnHealth:
        """For the doors of this process."""
        return OwnHealth(name=self.name, findings=self.findings)

    def findings(self) -> list[Finding]:
        """What this process knows of itself at present, without asking anybody."""
        found = [*health.slow(self._probe), *health.skewed(self._ahead), *self._around()]
        if self._unwritable:
            found.append(Finding(name="store", why=f"cannot be written: {self._unwritable}"))
        return [Finding(name=f.name, why=f.why, process=self.name) for f in found]

    def beat(self) -> int:
        """Write the row, look at everything, log what has changed. 0: there is time to rest."""
        self._note_standstill()
        began = time.monotonic()
        try:
            self._write()
        except TransientError as error:
            self._unwritable = error.detail or error.code
            raise
        self._unwritable = ""
        self._probe = time.monotonic() - began
        self._tell(health.survey(self._store, self._settings, self.oneself).findings)
        return 0

    def _write(self) -> None:
        with self._store.begin() as tx:
            before = self._clock()
            shared = heartbeats.clock(tx)
            self._ahead = _difference(before, shared, self._clock())
            row = self._who | {"seen_at": shared, "consumes": self._consumes()}
            row |= {"ahead": self._ahead, "probe": self._probe}
            heartbeats.beat(tx, row | {"findings": health.written(self.findings())})

    def _note_standstill(self) -> None:
        """A process that was frozen does not know; only its clock tells."""
        now = time.monotonic()
        silent, self._before = now - self._before, now
        if silent > _PATIENCE:
            log.warning("stood-still", extra={"seconds": round(silent)})

    def _tell(self, findings: Sequence[Finding]) -> None:
        """What is found twice in a row is told once, and again when it has ended."""
        now = time.monotonic()
        present = {(f.name, f.process or f.why.partition(":")[0]): f for f in findings}
        for key in present.keys() & self._seen - self._told.keys():
            self._told[key] = now
            log.warning("wrong", extra=_line(present[key]))
        self._seen = set(present)
        for key in self._told.keys() - present.keys():
            seconds = round(now - self._told.pop(key), 1)
            log.info("right", extra={"finding": key[0], "seconds": seconds})

    def leave(self) -> None:
        """This process ends in order; nobody shall miss it."""
        try:
            with self._store.begin() as tx:
                heartbeats.leave(tx, self._who["id"])
        except TransientError as error:
            log.warning("close-failed", extra={"code": error.code})


def _difference(before: datetime, shared: datetime, after: datetime) -> float:
    """By how many seconds our clock is surely ahead; the answer's way home counts as doubt."""
    doubt = (after - before).total_seconds() / 2
    ahead = (before - shared).total_seconds() + doubt
    return max(0.0, ahead - doubt) if ahead > 0 else min(0.0, ahead + doubt)


def _line(finding: Finding) -> dict[str, str]:
    return {"finding": finding.name, "why": finding.why, "process_name": finding.process}


def of_loops(waiting: Mapping[str, AdapterError]) -> Iterator[Finding]:
    """What the loops of a process wait for, each trouble once."""
    told: set[tuple[str, str]] = set()
    for name, error in waiting.items():
        if (error.code, error.detail) not in told:
            told.add((error.code, error.detail))
            finding = _OF_LOOPS.get(error.code, "loop")
            why = f"{name}: {error.detail or error.code}"
            yield Finding(name=finding, why=why)
