"""Asks for a patient's number at the terminal: it is in no argument, no history and no file."""

from __future__ import annotations

import sys
from datetime import datetime

import typer

from adapter.operate import finding
from adapter.store import Store

_PROTECTED = (
    "the person has a protected identity (skyddade personuppgifter): say with --reason why you"
    " must see which cases are theirs; the history of each keeps it"
)


def check_reason(reason: str, *, patient: bool) -> None:
    """Raise wrong use for a reason without a search for a patient."""
    if reason and not patient:
        raise typer.BadParameter("--reason goes with --patient")


def at_terminal() -> bool:
    """Whether a person can type here."""
    return sys.stdin is not None and sys.stdin.isatty()


def cases_of_patient(store: Store, who: str, reason: str, now: datetime) -> list[str]:
    """Ask for a number, which is not shown; return the person's cases, and note the search."""
    if not at_terminal():
        raise typer.BadParameter("the number must not be kept anywhere: type it at a terminal")
    number = typer.prompt("The patient's number (it is not shown)", hide_input=True, err=True)
    try:
        return finding.of_patient(store, number, who, reason.strip(), now)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    except finding.ProtectedError:
        raise typer.BadParameter(_PROTECTED) from None
