"""The source files of the adapter, and which module may write which column."""

from __future__ import annotations

from pathlib import Path

from tests.kit.places import ADAPTER

WRITERS = {
    ("delivery", "state"): "adapter.store.outbox",
    ("message", "standing"): "adapter.store.inbox",
}
"""The only module that writes each of these columns, by table and column."""


def room(path: Path) -> str:
    """Return the room that a file of the adapter is in."""
    return path.relative_to(ADAPTER).parts[0]


def module(path: Path) -> str:
    """Return the name of the module that a file of the adapter holds."""
    parts = path.relative_to(ADAPTER.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


_EXEMPT = {"bench"}  # a measurement fills a store of its own with raw SQL
FILES = [
    path
    for path in sorted(ADAPTER.rglob("*.py"))
    if "versions" not in path.parts and room(path) not in _EXEMPT
]
"""Every file whose statements run against a store in use; migrations have their own rules."""
