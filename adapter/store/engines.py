"""How SQLAlchemy connects to PostgreSQL and to SQLite."""

from __future__ import annotations

import math
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from adapter.store import faults
from adapter.store.errors import StoreUnavailableError
from adapter.store.sqlite_file import SqliteFile


def postgresql(url: sa.URL, most: int, patience: float, place: str) -> sa.Engine:
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

    _connect_with_words(engine, place)
    _test_before_use(engine)
    return engine


def _connect_with_words(engine: sa.Engine, place: str) -> None:
    """Connect so that an error names the server and the cause."""

    @sa.event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, _record: object, words: Any, options: Any) -> Any:
        try:
            return dialect.connect(*words, **options)
        except dialect.loaded_dbapi.Error as error:
            fault, cause = faults.of_connecting(str(error)), faults.server_words(str(error))
            raise StoreUnavailableError(fault, cause, place) from error

    @sa.event.listens_for(engine, "connect")
    def _set_planner(connection: Any, _record: object) -> None:
        for setting in _PLANNER_SETTINGS:
            connection.execute(f"set {setting}")
        connection.commit()


def _test_before_use(engine: sa.Engine) -> None:
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


def for_readers(engine: sa.Engine) -> sa.Engine:
    """Return the same engine with one snapshot for all statements of a transaction."""
    return engine.execution_options(isolation_level="REPEATABLE READ")


def sqlite(url: sa.URL, file: SqliteFile | None) -> sa.Engine:
    engine = sa.create_engine(url, connect_args=_SQLITE_OPTIONS)

    if file:

        @sa.event.listens_for(engine, "do_connect")
        def _connect(_dialect: Any, _record: Any, _words: Any, _options: Any) -> Any:
            return file.connect(**_SQLITE_OPTIONS)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the handler below sends BEGIN
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        if file:
            file.has_log = mode == "wal"

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


_SQLITE_OPTIONS = {"check_same_thread": False, "timeout": 30}
