"""The version of the store's schema: which one it has, which one this program needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapter.core.errors import FatalError
from adapter.store.transaction import Transaction

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The schema version of the store, and the version that this program needs."""

    current: str
    newest: str
    known: bool  # whether this program has a migration of the current version

    @property
    def fits(self) -> bool:
        """Whether both versions are the same."""
        return self.current == self.newest

    @property
    def what(self) -> str:
        """How the versions differ, in words for an operator; "" where they fit."""
        if self.fits:
            return ""
        if not self.current:
            return f"it is empty, this program needs schema {self.newest}"
        side = "older" if self.known else "newer"
        return f"its schema {self.current} is {side} than this program's {self.newest}"

    @property
    def todo(self) -> str:
        """What an operator does about it."""
        if self.known:
            return "Start `serve`, `worker` or `web` of this program: each upgrades the store."
        return (
            "Start the version of the adapter that upgraded the store; or restore the backup that "
            "was made before."
        )


def migrations(connection: sa.Connection) -> Config:
    """Return Alembic's configuration for the schema of this package, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def schema(tx: Transaction) -> Schema:
    """Return both versions; `current` is "" for an empty store."""
    current = MigrationContext.configure(tx.connection).get_current_revision() or ""
    scripts = ScriptDirectory.from_config(migrations(tx.connection))
    known = {script.revision for script in scripts.walk_revisions()}
    newest = scripts.get_current_head() or ""
    return Schema(current=current, newest=newest, known=not current or current in known)


def require_known(tx: Transaction, place: str) -> None:
    """Raise FatalError `settings` when a newer program has upgraded the store."""
    version = schema(tx)
    if not version.known:
        raise FatalError("settings", f"{place}: {version.what}", todo=version.todo)


def upgrade(tx: Transaction) -> None:
    """Bring the schema to the newest version."""
    command.upgrade(migrations(tx.connection), "head")
