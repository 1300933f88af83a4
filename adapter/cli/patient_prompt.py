"""Asks for a patient's number at the terminal: it is in no argument, no history and no file."""

from __future__ import annotations

import sys
from datetime import datetime

import typer

from adapter.operate import finding
from adapter.store import Store


def at_terminal() -> bool:
    """Whether a person can type here."""
    return sys.stdin is not None and sys.stdin.isatty()


def cases_of_patient(store: Store, who: str, now: datetime) -> list[str]:
    """Ask for a number, which is not shown; return the person's cases, and note the search."""
    if not at_terminal():
        raise typer.BadParameter("the number must not be kept anywhere: type it at a terminal")
    number = typer.prompt("The patient's number (it is not shown)", hide_input=True, err=True)
    try:
        return finding.of_patient(store, number, who, now)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
