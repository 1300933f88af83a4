"""Being the only one of all processes who works on something, across several transactions.

A lock of a transaction ends with its commit. These end with the work, or with the process.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from adapter.store import TROUBLE, Store, unavailable

_OURS = 712617061  # among the advisory locks of a database
_LOCK = sa.text("select pg_try_advisory_lock(:ours, hashtext(:name))")
_UNLOCK = sa.text("select pg_advisory_unlock(:ours, hashtext(:name))")


@contextmanager
def alone(store: Store, name: str) -> Iterator[bool]:
    """True when nobody else works on `name` until the end; False when somebody does.

    SQLite has one writer anyway: there, whoever works, works on everything. TransientError
    `store-unavailable` as from every use of the store.
    """
    way = _with_file(store.url) if store.is_sqlite else _with_database(store.engine, name)
    with way as mine:
        yield mine


@contextmanager
def _with_file(url: sa.URL) -> Iterator[bool]:
    with open(f"{url.database}-work", "a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True  # closing the file lets go


@contextmanager
def _with_database(engine: sa.Engine, name: str) -> Iterator[bool]:
    key = {"ours": _OURS, "name": name}
    try:
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            taken = connection.execute(_LOCK, key).scalar_one()
            try:
                yield bool(taken)
            finally:
                if taken:
                    connection.execute(_UNLOCK, key)
    except TROUBLE as error:
        raise unavailable(error) from error
