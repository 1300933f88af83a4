"""The commands of the program, as its command line has them."""

from __future__ import annotations

from typing import Any

import typer

from adapter.cli import app
from adapter.cli.loading import LoadedCommands


def program() -> dict[str, Any]:
    """Each command by its name, imported, with its arguments and options."""
    group = typer.main.get_command(app)
    assert isinstance(group, LoadedCommands)
    return {name: group.loaded(name) for name in group.by_name}
