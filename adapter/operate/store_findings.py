"""What is wrong with the file of the store and its disk, as findings of the health."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.store import Store
from adapter.store.sqlite_file import LOW


def findings(store: Store) -> Iterator[tuple[str, str]]:
    """Yield name and reason of what the file of a SQLite store shows, without a transaction."""
    if store.file is None:
        return
    problem, low = store.file.problem, low_on_space(store)
    if problem:
        yield "store", problem.detail
    elif low:
        yield "store-space", f"{store.place}: {low}"


def low_on_space(store: Store) -> str:
    """Say how little is free on the disk of a SQLite store; "" where it is enough."""
    free = store.file.free_bytes() if store.file else None
    return f"its disk has {free >> 20} MiB left" if free is not None and free < LOW else ""
