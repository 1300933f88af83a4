"""`dead`, `take` and `discard`: commands that list dead letters and act on them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from adapter.cli import printing, texts
from adapter.cli.errors import all_or_none
from adapter.cli.options import (
    FILE,
    AsJson,
    DeadIds,
    Reason,
    SettingsFile,
    StorePlace,
    Who,
    now,
)
from adapter.cli.printing import when
from adapter.cli.session import Session, open_store
from adapter.operate import replay as operation
from adapter.store.queries.dead import Cause, DeadLetter, dead_letters

_SHOWN = 5  # ids of one cause


def dead(*, settings: SettingsFile = FILE, store: StorePlace = "", as_json: AsJson = False) -> None:
    """List dead deliveries and messages by cause, with the owner and what to do.

    Exit 1 while there is any.
    """
    with open_store(settings, store) as session:
        with session.store.read() as tx:
            letters = dead_letters(tx)
        causes = [_cause(session, cause) for cause in letters]
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
        "owner": session.owner(cause.endpoint),
        "oldest": cause.letters[0].since,
        "closed_until": session.held().get(cause.endpoint),
        "letters": cause.letters,
    }


def _print_causes(causes: list[dict[str, Any]]) -> None:
    if not causes:
        printing.line("Nothing is dead.")
    for cause in causes:
        _print_cause(cause)
        for letter in cause["letters"][:_SHOWN]:
            printing.line(f"  {_letter(letter)}")
        if cause["count"] > _SHOWN:
            printing.line(f"  and {cause['count'] - _SHOWN} more: --json lists all")


def _print_cause(cause: dict[str, Any]) -> None:
    to = "to" if cause["kind"] == "delivery" else "from"
    endpoint = cause["endpoint"] or "unidentified"
    number = f"{cause['count']} {cause['kind']}"
    printing.line(f"{cause['code']}: {number} {to} {endpoint}, oldest {when(cause['oldest'])}")
    printing.line(f"  {cause['text']} Owner: {cause['owner'] or 'unknown'}.")
    printing.line(f"  To do: {cause['action']}")
    if cause["closed_until"] and cause["kind"] == "delivery":
        printing.line(f"  Closed: a replay waits until {when(cause['closed_until'])}.")


def _letter(letter: DeadLetter) -> str:
    taken = f"taken by {letter.taken_by}" if letter.taken_by else "nobody has it yet"
    detail = f" ({letter.detail})" if letter.detail else ""
    case = f", case {letter.case_id}" if letter.case_id else ""
    return f"{letter.id} {letter.event or 'unknown'}{detail}{case}: {taken}"


def take(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of deliveries or messages.")],
    *,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Take deliveries or messages over from the endpoint's owner; all of them or none."""
    wanted = list(dict.fromkeys(ids))
    with open_store(settings, store) as session, all_or_none(), session.store.begin() as tx:
        before = operation.each(tx, wanted, partial(operation.take, tx, who=who, now=now()))
    if as_json:
        rows = zip(wanted, before, strict=True)
        printing.data({"taken": [{"id": id_, "by": who, "from": old} for id_, old in rows]})
        return
    for id_, old in zip(wanted, before, strict=True):
        printing.line(f"{id_} taken by {who}" + (f", until now by {old}" if old else ""))


def discard(
    ids: DeadIds,
    *,
    reason: Reason,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Give dead deliveries or messages up for good; all of them or none."""
    wanted = list(dict.fromkeys(ids))
    with open_store(settings, store) as session, all_or_none(), session.store.begin() as tx:
        act = partial(operation.discard, tx, session.network, who=who, reason=reason, now=now())
        operation.each(tx, wanted, act)
    if as_json:
        printing.data({"discarded": [{"id": id_, "by": who} for id_ in wanted]})
        return
    printing.line(f"discarded by {who}: {', '.join(wanted)}")
