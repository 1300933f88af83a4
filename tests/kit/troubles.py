"""Small inputs that other systems read wrongly, as fixtures, and what ours makes of each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from adapter.core.model import Bundle
from tests.kit import places

FOLDER = places.FIXTURES / "troubles"
FILES = {path.name for path in FOLDER.iterdir() if path.suffix in (".hl7", ".json")}
ROWS: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "expected.toml").read_text())


def body(name: str) -> bytes:
    """Return the bytes of an input."""
    return (FOLDER / name).read_bytes()


def having(key: str) -> list[str]:
    """Return the names of the inputs whose row has this key."""
    return [name for name, row in ROWS.items() if key in row]


def shown(bundle: Bundle, paths: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what stands at each path of a message; `+period` is an extension of that name."""
    return {path: list(_values(bundle, path)) for path in paths}


def _values(bundle: Bundle, path: str) -> Iterator[Any]:
    kind, *keys = path.split(".")
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == kind:
            yield from _below(entry["resource"], keys)


def _below(value: Any, keys: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for member in value:
            yield from _below(member, keys)
    elif not keys:
        yield value
    elif keys[0].startswith("+"):
        yield from _below(_extensions(value, keys[0][1:]), keys[1:])
    elif keys[0] in value:
        yield from _below(value[keys[0]], keys[1:])


def _extensions(value: Mapping[str, Any], name: str) -> list[Any]:
    return [e for e in value.get("extension", ()) if e["url"].rpartition("/")[2] == name]
