"""`backup`: copy a SQLite store while the adapter runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace
from adapter.cli.session import store_of_any_schema
from adapter.store.backup import backup

Target = Annotated[Path, typer.Argument(metavar="FILE", help="The new file; never overwritten.")]


def backup_(
    file: Target,
    *,
    settings_file: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Copy the SQLite store to a new file, while the adapter runs.

    The copy holds everything that was stored when it began; it is checked, and only its owner may
    read it. For PostgreSQL use pg_dump.
    """
    with store_of_any_schema(settings_file, store) as opened:
        try:
            written = backup(opened, file)
        except FileExistsError as problem:
            text = f"{problem.args[-1]} exists and is not overwritten: name another file"
            raise typer.BadParameter(text) from None
        except OSError as problem:
            raise typer.BadParameter(f"{file}: {problem.strerror}") from problem
    if as_json:
        printing.data(written)
    else:
        size = f"{written.size / 1e6:.1f} MB"
        printing.line(f"{file} written: {size}, schema {written.schema}, and found sound.")
        printing.aside("The file holds patient data.")
