"""Being the only one of all processes who works on something, across several transactions.

A lock of a transaction ends with its commit. These end with the work, or with the process.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from adapter.store import TROUBLE, Store, unavailable

_OURS = 712617061  # among the advisory locks of a database
_NAMES = "from unnest(cast(:names as text[])) as name"
_LOCK = sa.text(f"select name {_NAMES} where pg_try_advisory_lock(:ours, hashtext(name))")
_UNLOCK = sa.text(f"select pg_advisory_unlock(:ours, hashtext(name)) {_NAMES}")


@contextmanager
def exclusive_lock(store: Store, names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Those of these names on which nobody else works: they are ours until the end.

    SQLite has one writer anyway: there, whoever works, works on everything. TransientError
    `store-unavailable` as from every use of the store.
    """
    way = _with_file(store.url, names) if store.is_sqlite else _with_database(store.engine, names)
    with way as mine:
        yield mine


@contextmanager
def _with_file(url: sa.URL, names: Sequence[str]) -> Iterator[Sequence[str]]:
    with open(f"{url.database}-work", "a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield []
        else:
            yield names  # closing the file lets go


@contextmanager
def _with_database(engine: sa.Engine, names: Sequence[str]) -> Iterator[Sequence[str]]:
    try:
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            asked = {"ours": _OURS, "names": list(names)}
            mine = connection.execute(_LOCK, asked).scalars().all()
            try:
                yield mine
            finally:
                if mine:
                    connection.execute(_UNLOCK, {"ours": _OURS, "names": list(mine)})
    except TROUBLE as error:
        raise unavailable(error) from error
