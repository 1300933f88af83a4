"""The file of a SQLite store: who may read it, whether it is still the one that we opened."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from adapter.core.logs import loggable
from adapter.store.errors import StoreUnavailableError
from adapter.store.faults import Fault

PRIVATE_FILE, PRIVATE_FOLDER, OTHERS = 0o600, 0o700, 0o077
LOG, BESIDE = "-wal", ("-wal", "-shm", "-work")  # files that the store makes beside its own
FULL = 1 << 20  # bytes; with less, the next message may not fit
LOW = 256 << 20  # bytes
_Identity: TypeAlias = tuple[int, int]  # device and inode


class SqliteFile:
    """The file of one open store, and the -wal file that holds its newest transactions.

    Whoever deletes or moves a file leaves it open: SQLite goes on writing to it, and what it
    commits is lost when the process ends. So each commit is followed by `require_same`.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)
        self.place = f"SQLite file {loggable(self.path)}"
        self._file: _Identity | None = None
        self._log: _Identity | None = None
        self.has_log = True  # not on a disk where SQLite cannot keep one (network file systems)

    def connect(self, **options: Any) -> sqlite3.Connection:
        """Open the file, and never create it; StoreUnavailableError when it is not there."""
        address = f"file:{quote(self.path)}?mode=rw"
        try:
            connection: sqlite3.Connection = sqlite3.connect(address, uri=True, **options)
        except sqlite3.Error as error:
            raise self.error(Fault.FAILED, error.sqlite_errorname) from error
        try:
            self._note()
        except BaseException:
            connection.close()
            raise
        return connection

    def _note(self) -> None:
        """Keep which file the first connection opened; refuse any other."""
        if self._file is None:
            self._file = _identity(self.path)
        if self._file is None or self._file != _identity(self.path):
            raise self.error(Fault.DELETED)

    def require_same(self) -> None:
        """Raise StoreUnavailableError when what was committed is not in the file of this name."""
        if _identity(self.path) != self._file:
            raise self.error(Fault.DELETED)
        if self.has_log:
            self._require_same_log(_identity(self.path + LOG))

    def _require_same_log(self, log: _Identity | None) -> None:
        if self._log is None:
            self._log = log
        if log is None or log != self._log:
            raise self.error(Fault.LOG_DELETED)

    def forget(self) -> None:
        """Forget which file was open: every connection is closed."""
        self._file = self._log = None

    def error(self, fault: Fault, cause: str = "") -> StoreUnavailableError:
        """Return the error of a fault, after a look at the file: SQLite's codes say little."""
        seen = self._seen(fault)
        return StoreUnavailableError(seen, "" if seen in _PLAIN else cause, self.place)

    def _seen(self, fault: Fault) -> Fault:
        if fault in (Fault.DAMAGED, Fault.NO_DATABASE_FILE, Fault.LOCKED, Fault.LOG_DELETED):
            return fault
        seen = self.unlike() or self._unusable() or self._without_room()
        return seen or fault

    def unlike(self) -> Fault | None:
        """Return why the file of this name is not the open one; None where it is."""
        if self._file is None:
            return None
        now = _identity(self.path)
        if now == self._file:
            lost = self._log is not None and _identity(self.path + LOG) != self._log
            return Fault.LOG_DELETED if lost else None
        if _is_deleted(self._file):
            return Fault.DELETED if now is None else Fault.REPLACED
        return Fault.MOVED

    def _unusable(self) -> Fault | None:
        """Return why the file cannot be opened and written."""
        path = Path(self.path)
        if not path.exists():
            return self._missing(path)
        if path.is_dir():
            return Fault.A_FOLDER
        if _is_read_only(path.parent):
            return Fault.READ_ONLY
        allowed = os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
        return None if allowed else Fault.NOT_PERMITTED

    def _missing(self, path: Path) -> Fault:
        """Return why it is missing; NOT_PERMITTED where it could not be created either."""
        if _holds(self.path + LOG):
            return Fault.LOG_ALONE
        folder = path.parent if path.parent.exists() else path.parent.parent
        if not folder.is_dir():
            return Fault.NO_FOLDER
        return Fault.MISSING if os.access(folder, os.W_OK | os.X_OK) else Fault.NOT_PERMITTED

    def _without_room(self) -> Fault | None:
        room = self._room()
        if room is None:
            return None
        if room.f_files and not room.f_favail:
            return Fault.NO_INODES
        return Fault.FULL if room.f_bavail * room.f_frsize < FULL else None

    def _room(self) -> os.statvfs_result | None:
        try:
            return os.statvfs(Path(self.path).parent)
        except OSError:
            return None

    @property
    def problem(self) -> StoreUnavailableError | None:
        """What is wrong with the file now, though no transaction has met it yet."""
        fault = self.unlike() or self._unusable() or self._without_room()
        return StoreUnavailableError(fault, place=self.place) if fault else None

    def free_bytes(self) -> int | None:
        """Return what is free on the disk of the store; None where the system does not say."""
        room = self._room()
        return None if room is None else room.f_bavail * room.f_frsize

    def open_to_others(self) -> Iterator[tuple[str, int]]:
        """Yield the files of the store, and its folder, that others may use, with their modes."""
        for path in (*self._files(), str(Path(self.path).parent)):
            mode = stat.S_IMODE(os.stat(path).st_mode)
            if mode & OTHERS:
                yield path, mode

    def _files(self) -> list[str]:
        return [p for p in (self.path, *(self.path + end for end in BESIDE)) if os.path.exists(p)]

    def prepare(self) -> None:
        """Create the file where it is missing, for us alone; close an open one to others.

        SQLite gives the files beside it the same mode. StoreUnavailableError when it cannot be
        created, or when its -wal file is there alone: a new file would discard that.
        """
        try:
            self._create()
        except OSError as error:
            raise self.error(Fault.FAILED, type(error).__name__) from error
        for path in self._files():
            if os.stat(path).st_uid == os.geteuid() and os.stat(path).st_mode & OTHERS:
                os.chmod(path, PRIVATE_FILE)

    def _create(self) -> None:
        if _identity(self.path):
            return
        if _holds(self.path + LOG):
            raise StoreUnavailableError(Fault.LOG_ALONE, place=self.place)
        private_folder(Path(self.path).parent)
        os.close(private_file(self.path))


def private_folder(folder: Path) -> None:
    """Create a folder that only we may use, whatever the umask; an existing one stays as it is."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER)
    except FileExistsError:
        return
    folder.chmod(PRIVATE_FOLDER)


def private_file(path: str | Path) -> int:
    """Create a file that only we may use, whatever the umask; return its open descriptor.

    Raise FileExistsError where there is one.
    """
    return private_opener(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)


def private_opener(path: str | Path, flags: int) -> int:
    """Open a file for us alone, for `open(…, opener=…)`; another user's keeps its mode."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, PRIVATE_FILE)
    if os.fstat(descriptor).st_uid == os.geteuid():
        os.fchmod(descriptor, PRIVATE_FILE)
    return descriptor


_PLAIN = frozenset({Fault.DELETED, Fault.MOVED, Fault.REPLACED, Fault.MISSING, Fault.NO_FOLDER})


def _identity(path: str) -> _Identity | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_deleted(identity: _Identity) -> bool:
    """Whether no name is left of a file that this process has open (Linux: /proc/self/fd)."""
    for each in Path("/proc/self/fd").glob("*"):
        try:
            status = each.stat()
        except OSError:
            continue
        if (status.st_dev, status.st_ino) == identity:
            return status.st_nlink == 0
    return True


def _holds(path: str) -> bool:
    return os.path.exists(path) and os.path.getsize(path) > 0


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
