"""The store: one schema for SQLite and PostgreSQL.

Every function of this room takes `tx` first and never commits. Only the rooms above open
transactions, so that their code shows where each transaction begins and ends.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import RLock
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import ConnectionPoolEntry

from adapter.store.errors import RowRefusedError, StoreUnavailableError, store_errors
from adapter.store.transaction import Transaction

__all__ = ["RowRefusedError", "Store", "StoreUnavailableError"]
MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """A database: `begin` opens a transaction that writes, `read` one that reads.

    PostgreSQL gets at most `most` connections. A caller waits up to `patience` seconds for a free
    connection.
    """

    def __init__(self, url: str, *, most: int = 24, patience: float = 30.0) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgres(self.url, most, patience)
        self._readers = self.engine if self.is_sqlite else _for_readers(self.engine)
        self._writing = self.engine.execution_options(writing=True)
        # SQLite allows one writer at a time. With its busy handler alone, eight threads had a p99
        # of 0.6 s. With this lock in front they wait a few milliseconds.
        self._writer = RLock() if self.is_sqlite else nullcontext()

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction that writes. Raise as `store_errors` does."""
        try:
            with store_errors(), self._writer, self._writing.begin() as connection:
                tx = Transaction(connection)
                yield tx
                tx.flush()
        except UnicodeEncodeError:  # half a surrogate pair; the text of the error quotes the row
            raise RowRefusedError("UnicodeEncodeError") from None

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that reads one snapshot. Raise StoreUnavailableError."""
        try:
            with store_errors(), self._readers.connect() as connection:
                yield Transaction(connection)
                connection.commit()  # a rollback would make psycopg drop its prepared statements
        except RowRefusedError as error:  # nothing was to be written
            raise StoreUnavailableError("store-unavailable", str(error)) from error

    def upgrade(self) -> None:
        """Bring the schema to the newest version; safe to call by several processes at once."""
        with self.begin() as tx:
            if not self.is_sqlite:
                tx.execute(sa.text("select pg_advisory_xact_lock(7126170612)"))
            command.upgrade(migrations(tx.connection), "head")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def migrations(connection: sa.Connection) -> Config:
    """Return Alembic's configuration for the schema of this package, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _postgres(url: sa.URL, most: int, patience: float) -> sa.Engine:
    """Return an engine with READ COMMITTED, whatever the server's default is.

    The store locks rows and then reads them again; only that level sees what others committed.
    """
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="READ COMMITTED",
        pool_size=most,
        max_overflow=0,
        pool_timeout=patience,
        pool_use_lifo=True,  # reuse few connections: these have their statements prepared
    )

    @sa.event.listens_for(engine, "connect")
    def _set_planner(connection: Any, _record: object) -> None:
        for setting in _PLANNER_SETTINGS:
            connection.execute(f"set {setting}")
        connection.commit()

    @sa.event.listens_for(engine, "checkout")
    def _check_out(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """Test a connection before use, unless it was used a moment ago.

        The test takes a third of the time of a short read.
        """
        now = time.monotonic()
        if now - record.info.setdefault(_PLANNED, now) > _PLANNED_SECONDS:
            _run_or_disconnect(connection, "discard plans")
            record.info[_PLANNED] = now
        elif now - record.info.get(_USED, -math.inf) > _FRESH_SECONDS:
            _run_or_disconnect(connection, "select 1")

    @sa.event.listens_for(engine, "checkin")
    def _check_in(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_USED] = time.monotonic()

    return engine


_PLANNER_SETTINGS = (
    "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off",  # use an index also in a table that is small today
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_material = off",
    "jit = off",
)
_PLANNED, _PLANNED_SECONDS = "planned", 5  # new plans as the tables grow
_USED, _FRESH_SECONDS = "used", 0.2  # a server cannot restart in less time


def _run_or_disconnect(connection: Any, statement: str) -> None:
    """Execute; raise DisconnectionError on failure, so that the pool opens a new connection."""
    try:
        connection.execute(statement)
        connection.commit()
    except connection.Error as error:
        raise sa.exc.DisconnectionError from error


def _for_readers(engine: sa.Engine) -> sa.Engine:
    """Return the same engine with one snapshot for all statements of a transaction."""
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the handler below sends BEGIN
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
