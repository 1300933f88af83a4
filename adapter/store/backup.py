"""A copy of a SQLite store while it is in use (https://sqlite.org/backup.html).

A copy of the file alone is no backup: the newest transactions are in its -wal file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapter.core.errors import FatalError
from adapter.store import Store
from adapter.store.faults import FAULTS, of_sqlite
from adapter.store.schema import schema
from adapter.store.sqlite_file import private_file, private_folder

_DUMP = "pg_dump --format=custom --file=FILE DATABASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was written: its file, its size in bytes, and the version of its schema."""

    file: str
    size: int
    schema: str


def backup(store: Store, file: Path) -> Backup:
    """Copy a SQLite store to a new file that only we may read; what is stored goes on meanwhile.

    The copy holds every transaction that was committed when it began. It appears under its name
    when it is whole, is on the disk and was found sound. FatalError `settings` for PostgreSQL and
    in memory; FileExistsError and other OSErrors of the new file; StoreUnavailableError.
    """
    if store.file is None:
        what = f"{store.place}: `backup` copies a SQLite file"
        raise FatalError("settings", what, todo=f"For PostgreSQL use `{_DUMP}`.")
    if os.path.lexists(file):
        raise FileExistsError(file)
    private_folder(file.parent)
    part = file.with_name(file.name + ".part")
    with _removed_at_the_end(part), store.read() as tx:
        os.close(private_file(part))
        _copy(tx.connection.connection.driver_connection, part)
        _put_on_disk(part)
        os.link(part, file)  # unlike a rename, it never takes the place of another file
        version = schema(tx).current
    _put_on_disk(file.parent)
    return Backup(file=str(file), size=file.stat().st_size, schema=version)


@contextmanager
def _removed_at_the_end(part: Path) -> Iterator[None]:
    if os.path.lexists(part):
        raise FileExistsError(part)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _copy(source: Any, part: Path) -> None:
    with closing(sqlite3.connect(part)) as copy:
        try:
            source.backup(copy)
            (first,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            raise OSError(0, f"the copy failed: {FAULTS[of_sqlite(error)].what}") from error
    if first != "ok":
        raise OSError(0, "the store is damaged, and so is the copy")


def _put_on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
