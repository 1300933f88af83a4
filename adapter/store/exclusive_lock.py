"""Locks on names that last longer than one transaction.

A row lock ends with its transaction. These locks end with the `with` block, or with the process.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import sqlalchemy as sa

from adapter.store import Store
from adapter.store.sqlite_file import private_opener

_OURS = 712617061  # the adapter's class of advisory locks
_NAMES = "from unnest(cast(:names as text[])) as name"
_LOCK = sa.text(f"select name {_NAMES} where pg_try_advisory_lock(:ours, hashtext(name))")
_UNLOCK = sa.text(f"select pg_advisory_unlock(:ours, hashtext(name)) {_NAMES}")


def exclusive_lock(store: Store, names: Sequence[str]) -> AbstractContextManager[Sequence[str]]:
    """Lock those of these names that no other process has locked, and yield them.

    With SQLite one lock file stands for all names together. Raise StoreUnavailableError when the
    database does not answer.
    """
    if not store.is_sqlite:
        return _with_database(store, names)
    if store.url.database in (None, "", ":memory:"):  # no other process has it
        return nullcontext(names)
    return _with_file(store.url, names)


@contextmanager
def _with_file(url: sa.URL, names: Sequence[str]) -> Iterator[Sequence[str]]:
    with open(f"{url.database}-work", "a", encoding="utf-8", opener=private_opener) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield []
        else:
            yield names  # closing the file ends the lock


@contextmanager
def _with_database(store: Store, names: Sequence[str]) -> Iterator[Sequence[str]]:
    autocommit = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    with store.errors(), autocommit.connect() as connection:
        values = {"ours": _OURS, "names": list(names)}
        locked = connection.execute(_LOCK, values).scalars().all()
        try:
            yield locked
        finally:
            if locked:
                connection.execute(_UNLOCK, {"ours": _OURS, "names": list(locked)})
