"""What can be wrong with a database, in words for the people who run it.

A driver gives a code; the functions here return the fault that it stands for. The text of an
error in a transaction quotes rows, so it is never used. The text of a connection that failed
holds only addresses, and names of roles and databases.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from adapter.core.logs import loggable


class Fault(StrEnum):
    """One way in which a database fails."""

    FULL = "full"
    NO_INODES = "no-inodes"
    DELETED = "deleted"
    MOVED = "moved"
    REPLACED = "replaced"
    LOG_DELETED = "log-deleted"
    LOG_ALONE = "log-alone"
    MISSING = "missing"
    NO_FOLDER = "no-folder"
    A_FOLDER = "a-folder"
    DAMAGED = "damaged"
    NO_DATABASE_FILE = "no-database-file"
    READ_ONLY = "read-only"
    NOT_PERMITTED = "not-permitted"
    LOCKED = "locked"
    OTHER_SCHEMA = "other-schema"
    NO_SERVER = "no-server"
    UNKNOWN_HOST = "unknown-host"
    WRONG_ROLE = "wrong-role"
    NO_DATABASE = "no-database"
    TLS = "tls"
    NO_CONNECTION_FREE = "no-connection-free"
    STARTING = "starting"
    CONNECTION_LOST = "connection-lost"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultEntry:
    """One fault: what is said of it, what to do, and whether other transactions may succeed."""

    what: str
    todo: str
    partial: bool = False


_RESTORE = "stop the adapter, put the newest backup in its place (`adapter backup`), and start it"
_GOES_ON = "the adapter goes on by itself"
_SETTING = "`store` in the settings, or ADAPTER_STORE"

FAULTS: dict[Fault, FaultEntry] = {
    Fault.FULL: FaultEntry(
        what="the disk is full",
        todo=f"Free space on the disk of the store; {_GOES_ON}.",
        partial=True,
    ),
    Fault.NO_INODES: FaultEntry(
        what="the disk has no free inodes: no file can be created on it",
        todo=f"Delete files that nobody needs on the disk of the store; {_GOES_ON}.",
        partial=True,
    ),
    Fault.DELETED: FaultEntry(
        what="the file was deleted while it was open",
        todo=f"Find out who did it. Then {_RESTORE}. What was stored after that backup is lost.",
    ),
    Fault.MOVED: FaultEntry(
        what="the file was moved or renamed while it was open",
        todo=f"Move it back, with its -wal and -shm: {_GOES_ON}. Or stop the adapter, and correct "
        f"{_SETTING}.",
    ),
    Fault.REPLACED: FaultEntry(
        what="another file has taken the place of the open one",
        todo="Restart the adapter if the new file is right; else put the old one back.",
    ),
    Fault.LOG_DELETED: FaultEntry(
        what="the -wal file beside it was deleted or replaced while it was open",
        todo="Stop every process of the adapter with SIGTERM: the last one writes what the -wal "
        "file held into the store. Then start it again.",
    ),
    Fault.LOG_ALONE: FaultEntry(
        what="there is no file, but its -wal file is there, with the newest transactions",
        todo="Put the store back beside its -wal file. To begin with an empty store, delete the "
        "-wal and -shm files.",
    ),
    Fault.MISSING: FaultEntry(
        what="there is no such file",
        todo=f"`adapter serve` creates it. Where it ran before: correct {_SETTING}, or {_RESTORE}.",
    ),
    Fault.NO_FOLDER: FaultEntry(
        what="its folder does not exist", todo=f"Create the folder, or correct {_SETTING}."
    ),
    Fault.A_FOLDER: FaultEntry(what="it is a folder", todo=f"Name a file in {_SETTING}."),
    Fault.DAMAGED: FaultEntry(
        what="the file is damaged",
        todo=f"Keep a copy of the file. Then {_RESTORE}; `sqlite3 FILE .recover` may save more.",
        partial=True,
    ),
    Fault.NO_DATABASE_FILE: FaultEntry(
        what="the file is no SQLite database, or its beginning is damaged",
        todo=f"Correct {_SETTING}; or keep a copy of the file, and {_RESTORE}.",
    ),
    Fault.READ_ONLY: FaultEntry(
        what="it is read-only",
        todo="Let the user that runs the adapter write the file and its folder, or mount the disk "
        "for writing; of PostgreSQL, name the primary server.",
    ),
    Fault.NOT_PERMITTED: FaultEntry(
        what="the user or the role lacks a permission",
        todo="Run the command as the user of the adapter, who must be able to write the file and "
        "its folder; in PostgreSQL, let the role own the tables, or grant it what it lacks.",
        partial=True,
    ),
    Fault.LOCKED: FaultEntry(
        what="another program has kept it locked for 30 seconds",
        todo="Find the program that has it open (`fuser -v FILE`), and end its transaction.",
    ),
    Fault.OTHER_SCHEMA: FaultEntry(
        what="tables or columns are missing: the store is empty, or of another version",
        todo="Start `adapter serve` of this version: it upgrades an older store.",
    ),
    Fault.NO_SERVER: FaultEntry(
        what="no server answers", todo=f"Start the server, or correct {_SETTING}; {_GOES_ON}."
    ),
    Fault.UNKNOWN_HOST: FaultEntry(
        what="the name of the server is unknown", todo=f"Correct {_SETTING}, or the name service."
    ),
    Fault.WRONG_ROLE: FaultEntry(
        what="the server refuses the role or its password",
        todo=f"Correct role and password in {_SETTING}, or on the server (pg_hba.conf).",
    ),
    Fault.NO_DATABASE: FaultEntry(
        what="the server has no such database",
        todo=f"Create it (`createdb`), or correct {_SETTING}.",
    ),
    Fault.TLS: FaultEntry(
        what="TLS fails: the certificate of the server is not accepted, or one side demands TLS",
        todo=f"Correct sslmode and sslrootcert in {_SETTING}, or the server's certificate.",
    ),
    Fault.NO_CONNECTION_FREE: FaultEntry(
        what="no connection is free",
        todo="Raise max_connections of the server, or run fewer processes.",
    ),
    Fault.STARTING: FaultEntry(
        what="the server is starting or stopping", todo=f"Wait; {_GOES_ON}."
    ),
    Fault.CONNECTION_LOST: FaultEntry(
        what="the connection was lost", todo=f"Look at the server; {_GOES_ON}."
    ),
    Fault.FAILED: FaultEntry(
        what="it refused an operation", todo="Look at the log of the database."
    ),
}

_SQLITE = {
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_CORRUPT: Fault.DAMAGED,
    sqlite3.SQLITE_NOTADB: Fault.NO_DATABASE_FILE,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_PERM: Fault.NOT_PERMITTED,
    sqlite3.SQLITE_AUTH: Fault.NOT_PERMITTED,
    sqlite3.SQLITE_BUSY: Fault.LOCKED,
    sqlite3.SQLITE_LOCKED: Fault.LOCKED,
}
_PRIMARY = 0xFF  # the rest of an extended code says where it happened
_POSTGRESQL = {  # SQLSTATE, or its class (PostgreSQL documentation, appendix A)
    "53100": Fault.FULL,
    "53300": Fault.NO_CONNECTION_FREE,
    "25006": Fault.READ_ONLY,
    "42501": Fault.NOT_PERMITTED,
    "42P01": Fault.OTHER_SCHEMA,
    "42703": Fault.OTHER_SCHEMA,
    "3D000": Fault.NO_DATABASE,
    "57P03": Fault.STARTING,
    "28": Fault.WRONG_ROLE,
    "XX001": Fault.DAMAGED,
    "XX002": Fault.DAMAGED,
    "57014": Fault.FAILED,
    "57": Fault.CONNECTION_LOST,
    "08": Fault.CONNECTION_LOST,
}
_CONNECTING = (
    (r"password authentication|role .* does not exist|no pg_hba|no password", Fault.WRONG_ROLE),
    (r"database .* does not exist", Fault.NO_DATABASE),
    (r"permission denied", Fault.NOT_PERMITTED),
    (r"closed the connection|closed unexpectedly|terminating|reset by", Fault.CONNECTION_LOST),
    (r"SSL|certificate|TLS", Fault.TLS),
    (r"resolve|translate host name|Name or service", Fault.UNKNOWN_HOST),
    (r"too many clients|connection slots|too many connections", Fault.NO_CONNECTION_FREE),
    (r"starting up|shutting down|recovery", Fault.STARTING),
)
_NO_TABLE = re.compile(r"no such (table|column)")


def of_sqlite(error: Any) -> Fault:
    """Return the fault that an error of the module sqlite3 stands for."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return Fault.MOVED
    if _NO_TABLE.match(str(error)):
        return Fault.OTHER_SCHEMA
    return Fault.FAILED if code is None else _SQLITE.get(code & _PRIMARY, Fault.FAILED)


def of_postgresql(error: Any) -> Fault:
    """Return the fault that an error of psycopg in a transaction stands for."""
    state = getattr(error, "sqlstate", None)
    if state is None:  # libpq's own: the server said nothing more
        return Fault.CONNECTION_LOST if type(error).__name__ == "OperationalError" else Fault.FAILED
    return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2], Fault.FAILED)


def of_connecting(text: str) -> Fault:
    """Return the fault that keeps libpq from connecting, by its text."""
    matching = (fault for pattern, fault in _CONNECTING if re.search(pattern, text))
    return next(matching, Fault.NO_SERVER)


def server_words(text: str) -> str:
    """Return what libpq says of the newest attempt, in characters that a log line may hold.

    The lines after the first are a hint, such as a question whether the server runs.
    """
    lines = text.rpartition("failed: ")[2].strip().splitlines()
    return loggable(lines[0] if lines else "")
