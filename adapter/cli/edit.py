"""`edit`: write the bytes of a dead letter to a file, and send a corrected file in its place."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter.cli import printing
from adapter.cli.errors import issue_line
from adapter.cli.options import (
    FILE,
    AlthoughOvertaken,
    AsJson,
    SettingsFile,
    StorePlace,
    Who,
    now,
    read_input,
)
from adapter.cli.session import Session, open_store
from adapter.core.errors import FatalError, Issue
from adapter.operate import edit as operation
from adapter.operate.edit import Edited, Original
from adapter.store import history


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Who edits, why, and what the options allow."""

    who: str
    reason: str
    although_arrived: bool
    although_overtaken: bool
    as_json: bool


def edit(  # noqa: PLR0913 - each option by name
    id_: Annotated[
        str,
        typer.Argument(metavar="ID", help="A dead delivery, or a dead or refused message."),
    ],
    *,
    from_: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="The corrected file; `-` is standard input."),
    ] = None,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; it is kept in the history. Needed to send.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the difference and what would be sent.")
    ] = False,
    although_arrived: Annotated[
        bool,
        typer.Option("--although-arrived", help="Send even if the receiver may have the original."),
    ] = False,
    although_overtaken: AlthoughOvertaken = False,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Correct a dead delivery, or a dead or refused message, and send it in its place.

    Without --from, the command writes the original to a file in this folder. With --from, it
    checks the file and sends it with new ids: a delivery to its receiver, a message as if its
    sender had sent it. The original keeps its bytes, and is never sent again.

    The bytes are patient data: the history notes each reading with your name.
    """
    order = _Order(
        who=who,
        reason=reason,
        although_arrived=although_arrived,
        although_overtaken=although_overtaken,
        as_json=as_json,
    )
    if from_ is None and (dry_run or reason):
        raise typer.BadParameter("--dry-run and --reason go with --from FILE")
    if from_ is not None and not (dry_run or reason.strip()):
        raise typer.BadParameter("--reason is missing: say why in a few words")
    with open_store(settings, store) as session:
        if from_ is None:
            _write(session, id_, order)
        elif dry_run:
            _try(session, id_, read_input(from_), order)
        else:
            _send(session, id_, read_input(from_), order)


def _opened(session: Session, id_: str, who: str) -> Original:
    """Read the original in one transaction with the note of it: no reading goes unnoted."""
    with session.store.begin() as tx:
        first = operation.original(tx, session.network, id_)
        place: dict[str, Any] = {"case": first.record.case_id, **first.place}
        history.note(tx, now(), "body-read", **place, who=who)
    return first


def _write(session: Session, id_: str, order: _Order) -> None:
    first = _opened(session, id_, order.who)
    path = Path(f"{first.id}.{first.system.content}")
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise typer.BadParameter(
            f"{path} exists and is not overwritten: move it away first"
        ) from None
    except OSError as problem:
        raise typer.BadParameter(f"{path}: {problem.strerror}") from problem
    with os.fdopen(place, "wb") as file:
        file.write(operation.written_out(session.network, first))
    if order.as_json:
        printing.data({"id": first.id, "file": str(path)})
        return
    printing.line(f"{path} written. Edit it, then: adapter edit {id_} --from {path} --dry-run")
    printing.aside("The file holds patient data: delete it afterwards.")


def _try(session: Session, id_: str, body: bytes, order: _Order) -> None:
    first = _opened(session, id_, order.who)
    with session.store.begin() as tx:
        edited = operation.trial(
            tx, session.network, id_, body, who=order.who, reason=order.reason, now=now()
        )
    changes = list(_difference(session, first, edited))
    if order.as_json:
        printing.data({"edited": _data(edited), "difference": changes})
        return
    for line in changes:
        printing.line(line)
    _print(edited)


def _difference(session: Session, first: Original, edited: Edited) -> Iterator[str]:
    before, after = (
        operation.readable(session.network, first, body).splitlines()
        for body in (first.body, edited.readable)
    )
    return difflib.unified_diff(before, after, first.id, "edited", lineterm="")


def _send(session: Session, id_: str, body: bytes, order: _Order) -> None:
    with session.store.begin() as tx:
        edited = operation.edit(
            tx, session.network, id_, body, who=order.who, reason=order.reason, now=now()
        )
        _check(edited, order)
    if order.as_json:
        printing.data({"edited": _data(edited)})
        return
    printing.line(f"{edited.replaces} replaced by {edited.id}, by {order.who}")
    _print(edited)


def _check(edited: Edited, order: _Order) -> None:
    """Raise a FatalError, which undoes everything, for what the options do not allow."""
    issues = []
    if edited.may_have_arrived and not order.although_arrived:
        issues.append(Issue(code="may-have-arrived", detail=edited.replaces))
    if edited.overtaken_by and not order.although_overtaken:
        detail = f"{edited.replaces} by {', '.join(edited.overtaken_by)}"
        issues.append(Issue(code="overtaken", detail=detail))
    if issues:
        raise FatalError(issues[0].code, issues[0].detail, issues)


def _print(edited: Edited) -> None:
    for issue in edited.issues:
        printing.aside(f"{issue.severity} {issue_line(issue)}")
    if not edited.sent:
        printing.line(f"{edited.event} to nobody: {edited.note or 'it answers what we have sent'}")
        return
    rows = [
        [
            d.event,
            d.endpoint,
            f"{d.state} {d.code}".rstrip(),
            "may have arrived" if edited.may_have_arrived else "has not arrived",
            ", ".join(edited.overtaken_by) or "nothing",
        ]
        for d in edited.sent
    ]
    printing.table(["event", "endpoint", "sent", "original", "overtaken by"], rows)


def _data(edited: Edited) -> dict[str, Any]:
    return {
        "id": edited.id,
        "replaces": edited.replaces,
        "event": edited.event,
        "content_id": edited.content_id,
        "note": edited.note,
        "may_have_arrived": edited.may_have_arrived,
        "overtaken_by": edited.overtaken_by,
        "issues": edited.issues,
        "sent": [
            {"id": d.id, "event": d.event, "endpoint": d.endpoint, "state": d.state}
            for d in edited.sent
        ],
    }
