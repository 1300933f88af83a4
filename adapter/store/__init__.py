"""The store: one schema for SQLite and PostgreSQL.

Every function of this room takes `tx` first and never commits. Only the rooms above open
transactions, so that a reader sees where each one begins and ends.
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
    """An engine, with one way to write and one to read.

    PostgreSQL gets at most `most` connections. A caller that finds none free waits up to
    `patience` seconds.
    """

    def __init__(self, url: str, *, most: int = 24, patience: float = 30.0) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgres(self.url, most, patience)
        self._pictures = self.engine if self.is_sqlite else _for_readers(self.engine)
        self._writing = self.engine.execution_options(writing=True)
        # SQLite has one writer. Eight threads on its busy handler alone gave a p99 of 0.6 s; in
        # a queue of our own they wait a few milliseconds.
        self._writer = RLock() if self.is_sqlite else nullcontext()

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that writes. Raise as `store_errors` does."""
        with store_errors(), self._writer, self._writing.begin() as connection:
            tx = Transaction(connection)
            yield tx
            tx.flush()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that reads one consistent picture. Raise as `store_errors` does."""
        with store_errors(), self._pictures.connect() as connection:
            yield Transaction(connection)
            connection.commit()  # a rollback would make psycopg forget what it has prepared

    def upgrade(self) -> None:
        """Bring the schema to the newest version; safe to call by several processes at once."""
        with self.begin() as tx:
            if not self.is_sqlite:
                tx.execute(sa.text("select pg_advisory_xact_lock(7126170612)"))
            command.upgrade(migrations(tx.connection), "head")

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def migrations(connection: sa.Connection) -> Config:
    """Alembic's configuration for the schema of this package, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _postgres(url: sa.URL, most: int, patience: float) -> sa.Engine:
    """Locks are taken by row and read again: what the server's default may not undo."""
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="READ COMMITTED",
        pool_size=most,
        max_overflow=0,
        pool_timeout=patience,
        pool_use_lifo=True,  # few connections, which have their statements prepared
    )

    @sa.event.listens_for(engine, "connect")
    def _plan_once(connection: Any, _record: object) -> None:
        for setting in _PLANS:
            connection.execute(f"set {setting}")
        connection.commit()

    @sa.event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """One that has just been used lives; the question would be a third of a short look."""
        now = time.monotonic()
        if now - record.info.setdefault(_PLANNED, now) > _PLANNED_SECONDS:
            _tell(connection, "discard plans")
            record.info[_PLANNED] = now
        elif now - record.info.get(_USED, -math.inf) > _FRESH_SECONDS:
            _tell(connection, "select 1")

    @sa.event.listens_for(engine, "checkin")
    def _note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_USED] = time.monotonic()

    return engine


_PLANS = (
    "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off",  # rows are looked up by index, also in a table that is small today
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_material = off",
    "jit = off",
)
_PLANNED, _PLANNED_SECONDS = "planned", 5  # a plan must not outlive the growth of its tables
_USED, _FRESH_SECONDS = "used", 0.2  # no server is back so soon


def _tell(connection: Any, statement: str) -> None:
    """DisconnectionError, after which the pool opens another, when nobody answers."""
    try:
        connection.execute(statement)
        connection.commit()
    except connection.Error as error:
        raise sa.exc.DisconnectionError from error


def _for_readers(engine: sa.Engine) -> sa.Engine:
    """The same connections, with all statements of a transaction seeing one moment."""
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's events below say when to BEGIN
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
