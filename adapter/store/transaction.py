"""A transaction: reads rows ahead, and writes rows of one kind together.

A statement costs far more than a row. Many messages are processed in one transaction. Their
writes wait until the next read, or until the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy.sql.selectable import TypedReturnsRows

from adapter.store.bulk_write import Insert, Write, write
from adapter.store.errors import store_errors
from adapter.store.prefetch import Kept, Memory, Prefetch

Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]
_T = TypeVar("_T", bound=tuple[Any, ...])
_K = TypeVar("_K")
_V = TypeVar("_V")
_Waiting: TypeAlias = dict[Write, dict[object, dict[str, Any]]]


class Transaction:
    """The `tx` of the store's functions. Only the rooms above the store begin and end it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._memory = Memory()
        self._before: _Waiting = {}  # rows of earlier attempts
        self._now: _Waiting = {}  # rows of the attempt under way
        self._attempting = False
        self._savepoint: sa.NestedTransaction | None = None

    def kept(self, kind: Prefetch[_K, _V]) -> Kept[_K, _V]:
        """Return what this transaction keeps of one kind."""
        return self._memory.of(kind)

    @property
    def dialect(self) -> str:
        """Return `postgresql` or `sqlite`."""
        return self._connection.dialect.name

    @property
    def engine(self) -> sa.Engine:
        """Return the engine of the transaction."""
        return self._connection.engine

    @property
    def connection(self) -> sa.Connection:
        """Return SQLAlchemy's connection, for tools that need one; write what waits first."""
        self.flush()
        return self._connection

    @overload
    def execute(
        self, statement: TypedReturnsRows[_T], parameters: Parameters | None = None
    ) -> sa.CursorResult[_T]: ...

    @overload
    def execute(
        self, statement: sa.Executable, parameters: Parameters | None = None
    ) -> sa.CursorResult[Any]: ...

    def execute(
        self, statement: sa.Executable, parameters: Parameters | None = None
    ) -> sa.CursorResult[Any]:
        """Execute a statement, after the writes that wait.

        Raise StoreUnavailableError when the database fails, RowRefusedError when it refuses a row.
        """
        self.flush()
        self._memory.executed(statement, parameters)
        with store_errors():
            return self._connection.execute(statement, parameters)

    def later(self, kind: Write, row: dict[str, Any]) -> None:
        """Write a row, together with the others of its kind.

        Rows of one kind keep their order; different kinds do not. So two kinds must not change the
        same columns of a row.
        """
        self._memory.written(kind.table, row)
        _add(self._now, kind, kind.key(row), row)

    def flush(self) -> None:
        """Write all that waits."""
        if self._attempting and self._savepoint is None:
            self._write(self._before)
            with store_errors():
                self._savepoint = self._connection.begin_nested()
        if not self._attempting:
            self._write(self._before)
        self._write(self._now)

    def _write(self, waiting: _Waiting) -> None:
        """Write inserts first: an update may concern a new row."""
        if waiting:
            with store_errors(), self._pipeline():
                for kind in sorted(waiting, key=lambda each: not isinstance(each, Insert)):
                    write(self._connection, kind, waiting[kind].values())
            waiting.clear()

    @contextmanager
    def _pipeline(self) -> Iterator[None]:
        """Send statements without waiting for results: on PostgreSQL one round trip for all.

        Raise refusals as errors of SQLAlchemy, as any statement does.
        """
        driver: Any = self._connection.connection.driver_connection
        if self.dialect != "postgresql":
            yield
            return
        try:
            with driver.pipeline():
                yield
        except driver.Error as error:
            raise sa.exc.DBAPIError.instance(None, None, error, driver.Error) from error

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Do all or nothing of the block. A savepoint is made only when the block reads."""
        self._attempting = True
        self._memory.begin()
        for kind, rows in self._now.items():
            for key, row in rows.items():
                _add(self._before, kind, key, row)
        self._now = {}
        try:
            yield
        except BaseException:
            self._memory.undo()
            self._now = {}
            if self._savepoint is not None:
                with store_errors():
                    self._savepoint.rollback()
            raise
        else:
            self._memory.end()
            if self._savepoint is not None:
                with store_errors():
                    self._savepoint.commit()
        finally:
            self._attempting, self._savepoint = False, None

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Undo the block at its end."""
        with suppress(_Undone), self.attempt():
            yield
            raise _Undone


class _Undone(Exception):  # noqa: N818 - nothing is wrong
    """Ends a trial, whose changes are undone."""


def _add(waiting: _Waiting, kind: Write, key: object, row: dict[str, Any]) -> None:
    rows = waiting.setdefault(kind, {})
    rows[key] = kind.merged(rows[key], row) if key in rows else row
