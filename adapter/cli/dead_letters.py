"""`dead`: the command that lists dead letters and items by cause."""

from __future__ import annotations

from typing import Any

import typer

from adapter.cli import printing, texts
from adapter.cli.options import (
    FILE,
    AsJson,
    SettingsFile,
    StorePlace,
    now,
)
from adapter.cli.printing import when
from adapter.cli.session import Session, open_store
from adapter.operate.waiting import waiting
from adapter.store.queries.dead import Cause, DeadLetter

_SHOWN = 5  # ids of one cause


def dead(*, settings: SettingsFile = FILE, store: StorePlace = "", as_json: AsJson = False) -> None:
    """List dead deliveries, dead messages and open items by cause, with the owner and what to do.

    An item is a thing that a person must decide on or tell, such as a need without a receiver.
    What has a legal time comes first, so what is overdue is at the top. Exit 1 while there is any.
    """
    with open_store(settings, store) as session, session.store.read() as tx:
        causes = [_cause(session, cause) for cause in waiting(tx)]
    if as_json:
        printing.data({"causes": causes})
    else:
        _print_causes(causes)
    if causes:
        raise typer.Exit(1)


def _cause(session: Session, cause: Cause) -> dict[str, Any]:
    return {
        "kind": cause.kind,
        "code": cause.code,
        "endpoint": cause.endpoint,
        "count": len(cause.letters),
        "text": texts.cause(cause.code),
        "action": texts.action(cause.code),
        "owner": "; ".join(filter(None, map(session.owner, cause.responsible))),
        "oldest": min(letter.since for letter in cause.letters),
        "due": cause.letters[0].due_at,
        "closed_until": session.held().get(cause.endpoint),
        "letters": cause.letters,
    }


def _print_causes(causes: list[dict[str, Any]]) -> None:
    if not causes:
        printing.line("Nothing is dead, and no item is open.")
    for cause in causes:
        _print_cause(cause)
        for letter in cause["letters"][:_SHOWN]:
            _print_letter(cause["kind"], letter)
        if cause["count"] > _SHOWN:
            printing.line(f"  and {cause['count'] - _SHOWN} more: --json lists all")


def _print_cause(cause: dict[str, Any]) -> None:
    to = "to" if cause["kind"] == "delivery" else "from"
    endpoint = cause["endpoint"] or "unidentified"
    number = printing.counted(cause["count"], cause["kind"])
    printing.line(f"{cause['code']}: {number} {to} {endpoint}, oldest {when(cause['oldest'])}")
    printing.paragraph(f"{cause['text']} Owner: {cause['owner'] or 'unknown'}.", "  ")
    printing.paragraph(f"To do: {cause['action']}", "  ")
    if cause["closed_until"] and cause["kind"] == "delivery":
        printing.line(f"  Closed: a replay waits until {when(cause['closed_until'])}.")


def _print_letter(kind: str, letter: DeadLetter) -> None:
    due = texts.due(letter.due_at, now())
    if kind == "item":
        about = " ".join(part for part in (letter.subject, due and f"({due})") if part)
        printing.line(f"  {letter.id} {about}".rstrip())
        printing.paragraph(_item(letter), "    ")
        return
    printing.paragraph(_letter(letter) + (f"; {due}" if due else ""), "  ")


def _item(letter: DeadLetter) -> str:
    parts = (
        texts.nobody(letter.detail),
        f"case {letter.case_id}" if letter.case_id else f"message {letter.message_id}",
        _taken(letter),
    )
    return ", ".join(part for part in parts if part)


def _letter(letter: DeadLetter) -> str:
    detail = f" ({letter.detail})" if letter.detail else ""
    case = f", case {letter.case_id}" if letter.case_id else ""
    return f"{letter.id} {letter.event or 'unknown'}{detail}{case}: {_taken(letter)}"


def _taken(letter: DeadLetter) -> str:
    return f"taken by {letter.taken_by}" if letter.taken_by else "nobody has it yet"
