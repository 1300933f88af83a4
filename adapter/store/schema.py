"""The version of the store's schema: which one it has, which one this program needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa

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


def schema(tx: Transaction) -> Schema:
    """Return both versions; `current` is "" for an empty store."""
    current, known = _current(tx), versions()
    return Schema(current=current, newest=known[-1], known=not current or current in known)


def _current(tx: Transaction) -> str:
    """Return the version that Alembic has written into the store; "" where it wrote none."""
    if not sa.inspect(tx.connection).has_table("alembic_version"):
        return ""
    return tx.execute(sa.text("select version_num from alembic_version")).scalar() or ""


@cache
def versions() -> tuple[str, ...]:
    """Return the versions that this program knows, oldest first: each file's name begins so."""
    files = (MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def upgrade(tx: Transaction, place: str) -> None:
    """Bring the schema to the newest version; FatalError `settings` if a newer program made it."""
    version = schema(tx)
    if not version.known:
        raise FatalError("settings", f"{place}: {version.what}", todo=version.todo)
    if not version.fits:
        from adapter.store import migrate  # slow: it imports Alembic

        migrate.upgrade(tx.connection)
