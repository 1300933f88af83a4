"""The heartbeat of a process: a row in the store with its findings about itself.

Workers have no HTTP door. So every process writes its own row every few seconds, and any process
that is asked for its health reports all of them.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from adapter.core import failures
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError, TransientError
from adapter.core.record_ids import Record, new_id
from adapter.operate import health
from adapter.operate.health import Finding, OwnHealth
from adapter.store import Store, heartbeats

log = logging.getLogger(__name__)
_Key: TypeAlias = tuple[str, str]  # of a finding: its name, and the process or loop
_STANDSTILL = health.LOST.total_seconds()


class Heartbeat:
    """Writes the row and logs changes.

    `loop_findings` returns what the loops of the process wait for; `is_consuming` says whether it
    consumes care.in.
    """

    def __init__(
        self,
        store: Store,
        part: str,
        settings: Settings,
        clock: Callable[[], datetime],
        loop_findings: Callable[[], Sequence[Finding]],
        is_consuming: Callable[[], bool],
    ) -> None:
        self.name = f"{part} {socket.gethostname()}/{os.getpid()}"
        self._identity = {"id": new_id(Record.PROCESS), "name": self.name, "part": part}
        self._store, self._settings, self._clock = store, settings, clock
        self._loop_findings, self._is_consuming = loop_findings, is_consuming
        self._write_seconds = self._clock_ahead = 0.0
        self._write_error = ""
        self._last_beat = self._started = time.monotonic()
        self._logged: dict[_Key, float] = {}
        self._previous: set[_Key] = set()

    @property
    def rest(self) -> float:
        """Return seconds until the next beat; short at first, while much changes."""
        is_new = time.monotonic() - self._started < 2 * health.BEAT
        return 1.0 if is_new else health.BEAT

    @property
    def own(self) -> OwnHealth:
        """Return the name and the findings of this process, for its doors."""
        return OwnHealth(name=self.name, findings=self.findings)

    def findings(self) -> list[Finding]:
        """Return what this process knows of itself at present, without reading the store."""
        findings = [
            *health.slow_store(self._write_seconds),
            *health.skewed_clock(self._clock_ahead),
            *self._loop_findings(),
        ]
        if self._write_error:
            findings.append(Finding(name="store", why=f"cannot be written: {self._write_error}"))
        elif self._store.failed:
            why = f"a transaction failed: {self._store.failed.detail}"
            findings.append(Finding(name="store", why=why))
        return [Finding(name=f.name, why=f.why, process=self.name) for f in findings]

    def beat(self) -> int:
        """Write the row, survey the health, log what has changed. Return 0: the loop may rest."""
        self._note_standstill()
        began = time.monotonic()
        try:
            self._write()
        except TransientError as error:
            self._write_error = error.detail or error.code
            raise
        self._write_error = ""
        self._write_seconds = time.monotonic() - began
        self._log_changes(health.survey(self._store, self._settings, self.own).findings)
        return 0

    def _write(self) -> None:
        with self._store.begin() as tx:
            before = self._clock()
            shared = heartbeats.clock(tx)
            self._clock_ahead = _seconds_ahead(before, shared, self._clock())
            row = self._identity | {"seen_at": shared, "consumes": self._is_consuming()}
            row |= {"ahead": self._clock_ahead, "probe": self._write_seconds}
            heartbeats.beat(tx, row | {"findings": health.dump_findings(self.findings())})

    def _note_standstill(self) -> None:
        """Log a pause between two beats that was so long that the process was frozen."""
        now = time.monotonic()
        silent, self._last_beat = now - self._last_beat, now
        if silent > _STANDSTILL:
            log.warning("stood-still", extra={"seconds": round(silent)})

    def _log_changes(self, findings: Sequence[Finding]) -> None:
        """Log a finding once when it is present at two beats in a row, and again when it ends."""
        now = time.monotonic()
        present = {(f.name, f.process or f.why.partition(":")[0]): f for f in findings}
        for key in present.keys() & self._previous - self._logged.keys():
            self._logged[key] = now
            log.warning("wrong", extra=_log_fields(present[key]))
        self._previous = set(present)
        for key in self._logged.keys() - present.keys():
            seconds = round(now - self._logged.pop(key), 1)
            log.info("right", extra={"finding": key[0], "seconds": seconds})

    def leave(self) -> None:
        """Delete the row: a process that stops in order is not missing."""
        try:
            with self._store.begin() as tx:
                heartbeats.leave(tx, self._identity["id"])
        except TransientError as error:
            log.warning("close-failed", extra={"code": error.code})


def _seconds_ahead(before: datetime, shared: datetime, after: datetime) -> float:
    """Return by how many seconds our clock is certainly ahead of the store's; negative: behind.

    Half the time of the query counts as doubt.
    """
    doubt = (after - before).total_seconds() / 2
    ahead = (before - shared).total_seconds() + doubt
    return max(0.0, ahead - doubt) if ahead > 0 else min(0.0, ahead + doubt)


def _log_fields(finding: Finding) -> dict[str, str]:
    return {"finding": finding.name, "why": finding.why, "process_name": finding.process}


def of_loops(waiting: Mapping[str, AdapterError]) -> Iterator[Finding]:
    """Yield what the loops of a process wait for, each problem once."""
    reported: set[tuple[str, str]] = set()
    for name, error in waiting.items():
        if (error.code, error.detail) not in reported:
            reported.add((error.code, error.detail))
            why = f"{name}: {error.detail or error.code}"
            yield Finding(name=failures.finding(error.code), why=why)
