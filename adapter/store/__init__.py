"""The store: one schema for SQLite and PostgreSQL.

Every function of this room takes `tx` first and never commits. Only the rooms above open
transactions, so that their code shows where each transaction begins and ends.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import RLock
from typing import Any

import sqlalchemy as sa

from adapter.core.logs import loggable
from adapter.store import faults, schema
from adapter.store.engines import for_readers, postgresql, sqlite
from adapter.store.errors import RowRefusedError, StoreUnavailableError, store_errors
from adapter.store.faults import FAULTS
from adapter.store.sqlite_file import SqliteFile
from adapter.store.transaction import Transaction

__all__ = ["RowRefusedError", "Store", "StoreUnavailableError"]
REMEMBERED = 30.0  # seconds for which a failed write counts, though a smaller one succeeds
_CHECKING = 2.0  # seconds for the search for damage when a process starts


class Store:
    """A database: `begin` opens a transaction that writes, `read` one that reads.

    PostgreSQL gets at most `most` connections. A caller waits up to `patience` seconds for a free
    connection. `file` is the file of a SQLite store; None for PostgreSQL and in memory.
    """

    def __init__(self, url: str, *, most: int = 24, patience: float = 30.0) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.file = _file(self.url) if self.is_sqlite else None
        self.place = self.file.place if self.file else _server(self.url)
        if self.is_sqlite:
            self.engine = sqlite(self.url, self.file)
        else:
            self.engine = postgresql(self.url, most, patience, self.place)
        self._readers = self.engine if self.is_sqlite else for_readers(self.engine)
        self._writing = self.engine.execution_options(writing=True)
        # SQLite allows one writer at a time. With its busy handler alone, eight threads had a p99
        # of 0.6 s. With this lock in front they wait a few milliseconds.
        self._writer = RLock() if self.is_sqlite else nullcontext()
        self._failed: tuple[float, StoreUnavailableError] | None = None

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction that writes. Raise as `store_errors` does.

        Raise StoreUnavailableError too when the transaction was committed to a file that has lost
        its name: nothing may be answered yes into such a file.
        """
        try:
            with self.errors():
                with self._writer, self._writing.begin() as connection:
                    tx = Transaction(connection)
                    yield tx
                    tx.flush()
                if self.file:
                    self.file.require_same()
        except UnicodeEncodeError:  # half a surrogate pair; the text of the error quotes the row
            raise RowRefusedError("UnicodeEncodeError") from None

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that reads one snapshot. Raise StoreUnavailableError."""
        try:
            with self.errors(), self._readers.connect() as connection:
                yield Transaction(connection)
                connection.commit()  # a rollback would make psycopg drop its prepared statements
        except RowRefusedError as error:  # nothing was to be written
            raise StoreUnavailableError(faults.Fault.FAILED, str(error), self.place) from error

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raise errors of the database with place and cause, as `store_errors` does otherwise."""
        try:
            with store_errors():
                yield
        except StoreUnavailableError as error:
            explained = self._explained(_first(error))
            if FAULTS[explained.fault].partial:
                self._failed = (time.monotonic(), explained)
            raise explained from error

    def _explained(self, error: StoreUnavailableError) -> StoreUnavailableError:
        if self.file:
            return self.file.error(error.fault, error.cause)
        return StoreUnavailableError(error.fault, error.cause, self.place)

    @property
    def failed(self) -> StoreUnavailableError | None:
        """Why a transaction failed within half a minute, where others may have succeeded since.

        On a full disk a small write succeeds where a message fails.
        """
        at, error = self._failed or (-math.inf, None)
        return error if time.monotonic() - at < REMEMBERED else None

    def upgrade(self) -> None:
        """Bring the schema to the newest version; safe to call by several processes at once.

        A SQLite file is created where it is missing. Raise FatalError `settings` for a schema that
        a newer program made, StoreUnavailableError for a damaged file.
        """
        if self.file:
            self.file.prepare()
            self.require_undamaged(_CHECKING)
        with self.begin() as tx:
            if not self.is_sqlite:
                tx.execute(sa.text("select pg_advisory_xact_lock(7126170612)"))
            schema.upgrade(tx, self.place)

    def require_undamaged(self, seconds: float = math.inf) -> None:
        """Read the whole SQLite file; StoreUnavailableError when its structure is damaged.

        It stops after so many seconds, and has then seen no damage so far.
        """
        if not self.file:
            return
        with self.read() as tx:
            if not sound(tx.connection, seconds):
                raise StoreUnavailableError(faults.Fault.DAMAGED)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        if self.file:
            self.file.forget()


def sound(connection: sa.Connection, seconds: float) -> bool:
    """Whether SQLite finds no damage within so many seconds."""
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    try:
        (first, *_) = driver.execute("PRAGMA quick_check(1)").fetchone()
    except driver.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_INTERRUPT":
            raise sa.exc.DBAPIError.instance(None, None, error, driver.Error) from error
        return True
    finally:
        driver.set_progress_handler(None, 0)
    return bool(first == "ok")


def _first(error: StoreUnavailableError) -> StoreUnavailableError:
    """Return the error that came first: rolling back after it often fails as well."""
    first, cause = error, error.__context__
    while cause is not None:
        first = cause if isinstance(cause, StoreUnavailableError) else first
        cause = cause.__context__
    return first


def _file(url: sa.URL) -> SqliteFile | None:
    """Return the file of a URL; None in memory, and for an address that SQLite itself reads."""
    path = url.database or ""
    return None if path in ("", ":memory:") or path.startswith("file:") else SqliteFile(path)


def _server(url: sa.URL) -> str:
    if url.get_backend_name() == "sqlite":
        return "SQLite in memory"
    at = f"{url.host or 'the local socket'}:{url.port or 5432}"
    return loggable(f"PostgreSQL database {url.database} at {at}")
