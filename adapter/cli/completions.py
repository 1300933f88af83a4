"""What a shell may complete: events, states, causes, and the endpoints of the settings file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path

import typer

from adapter.core.catalogue import CATALOGUE
from adapter.core.lifecycle import STATES
from adapter.core.model import Event


def events(incomplete: str) -> list[str]:
    """Return the events that begin so."""
    return _beginning(map(str, Event), incomplete)


def states(incomplete: str) -> list[str]:
    """Return the states of messages and deliveries that begin so."""
    return _beginning(STATES, incomplete)


def causes(incomplete: str) -> list[str]:
    """Return the codes that begin so, and `any`."""
    return _beginning(["any", *sorted(CATALOGUE)], incomplete)


def endpoints(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the endpoints of the settings file that begin so; none where it cannot be read."""
    chosen = ctx.params.get("settings") or os.environ.get("ADAPTER_SETTINGS") or "adapter.toml"
    try:
        tables = tomllib.loads(Path(chosen).read_text(encoding="utf-8"))["endpoint"]
        return _beginning([str(each["name"]) for each in tables], incomplete)
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
