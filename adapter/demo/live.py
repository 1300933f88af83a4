"""The play as it happens: a thread reads the store, and shows each row once it is final."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from types import TracebackType

from adapter.core.errors import AdapterError
from adapter.demo.rows import Row, RowKind, rows
from adapter.demo.screen import Screen
from adapter.demo.stage import Stage

_EVERY = 0.1  # seconds between two readings of the store
_SETTLED = timedelta(seconds=0.2)  # a younger row may still get an older neighbour


class Live:
    """Shows rows while its block runs, and at its end also those that never became final."""

    def __init__(self, stage: Stage, screen: Screen) -> None:
        self._stage, self._screen = stage, screen
        self._start = datetime.now(UTC)
        self._shown: set[tuple[RowKind, str]] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="demo rows", daemon=True)

    def __enter__(self) -> Live:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if error is None:
            self._show(self._unshown())

    def _follow(self) -> None:
        while not self._ended.wait(_EVERY):
            try:
                self._show_settled()
            except AdapterError:
                continue  # the store is busy: the next reading shows what this one would have

    def _show_settled(self) -> None:
        limit = datetime.now(UTC) - _SETTLED
        unshown = self._unshown()
        self._show([row for row in unshown if row.final and row.at <= limit])
        self._screen.waiting_for([row for row in unshown if not row.final])

    def _unshown(self) -> list[Row]:
        everything = rows(self._stage.picture(), self._stage.moments)
        return [row for row in everything if (row.kind, row.id) not in self._shown]

    def _show(self, new: list[Row]) -> None:
        for row in new:
            self._shown.add((row.kind, row.id))
            self._screen.show(row, self._start)
