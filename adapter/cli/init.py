"""`init`: create the settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter import settings
from adapter.cli import printing
from adapter.cli.options import FILE


def init(
    file: Annotated[Path, typer.Argument(help="The file to write; `-` is standard output.")] = FILE,
) -> None:
    """Write a commented settings file that `adapter serve` can start with.

    An existing file is not overwritten.
    """
    if str(file) == "-":
        typer.echo(settings.template(), nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(settings.template())
    except FileExistsError:
        printing.aside(f"{file} exists already, and is not overwritten.")
        printing.aside(
            "To do: name another file, as in `adapter init other.toml`, or move this one."
        )
        raise typer.Exit(1) from None
    except OSError as problem:
        raise typer.BadParameter(f"{file}: {problem.strerror}") from problem
    printing.line(f"{file} written. Next: adapter check --settings {file}")
