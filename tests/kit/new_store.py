"""A store at the newest version. A new SQLite file is a copy: migrations take 0.1 s each time."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from adapter.store import Store


def new_store(url: str) -> Store:
    """Return the store at this URL with the newest schema; what is in it stays."""
    file = Path(sa.make_url(url).database or "")
    if url.startswith("sqlite:") and not file.exists():
        file.write_bytes(_empty())
        return Store(url)
    store = Store(url)
    store.upgrade()
    return store


@cache
def _empty() -> bytes:
    """Return a SQLite file with the newest schema and no row."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        store = Store(f"sqlite:///{file}")
        store.upgrade()
        store.close()
        return file.read_bytes()
