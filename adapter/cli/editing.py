"""`edit`: the bytes of what is dead into a file, and what a person made of them out again."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter.cli import printing
from adapter.cli.desk import (
    FILE,
    AsJson,
    Desk,
    SettingsFile,
    StorePlace,
    Who,
    existing,
    given,
    now,
)
from adapter.cli.failures import told
from adapter.core.errors import FatalError, Issue
from adapter.operate import edit as hands
from adapter.operate.edit import Edited, Original
from adapter.store import history


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Who wants it, why, and what they have said yes to beforehand."""

    who: str
    reason: str
    although_arrived: bool
    although_overtaken: bool
    as_json: bool


def edit(  # noqa: PLR0913 - each option by name
    id_: Annotated[
        str,
        typer.Argument(metavar="ID", help="Of a dead delivery, or of a dead or refused message."),
    ],
    *,
    from_: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="What goes in its place; `-`: standard input."),
    ] = None,
    reason: Annotated[
        str, typer.Option(metavar="T", help="Why; it stays in the history. Needed to send.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the difference, and what would be sent.")
    ] = False,
    although_arrived: Annotated[
        bool, typer.Option("--although-arrived", help="The receiver may have the original.")
    ] = False,
    although_overtaken: Annotated[
        bool, typer.Option("--although-overtaken", help="Later ones of the case have gone.")
    ] = False,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Correct what is dead or refused: the edited one is sent, in place of the original.

    Without --from, writes it into a file here. With --from, checks the file's content and sends
    it under ids of its own: a delivery to its receiver, a message as if its sender had sent it
    so. The original keeps its bytes, and is never sent again.

    It is patient data: whoever is shown it stands in the history.
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
        raise typer.BadParameter("--reason is needed: say why in a few words")
    with existing(settings, store) as desk:
        if from_ is None:
            _write(desk, id_, order)
        elif dry_run:
            _try(desk, id_, given(from_), order)
        else:
            _send(desk, id_, given(from_), order)


def _opened(desk: Desk, id_: str, who: str) -> Original:
    """One transaction: nobody reads a body that is not in the history."""
    with desk.store.begin() as tx:
        first = hands.original(tx, desk.network, id_)
        place: dict[str, Any] = {"case": first.row["case_id"], **first.place}
        history.note(tx, now(), "body-read", **place, who=who)
    return first


def _write(desk: Desk, id_: str, order: _Order) -> None:
    first = _opened(desk, id_, order.who)
    path = Path(f"{first.id}.{first.system.content}")
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise typer.BadParameter(f"{path} exists and is left as it is") from None
    except OSError as problem:
        raise typer.BadParameter(f"{path}: {problem.strerror}") from problem
    with os.fdopen(place, "wb") as file:
        file.write(hands.written_out(desk.network, first))
    if order.as_json:
        printing.data({"id": first.id, "file": str(path)})
        return
    printing.line(f"{path} written. Edit it, then: adapter edit {id_} --from {path} --dry-run")
    printing.aside("It is patient data: delete the file afterwards.")


def _try(desk: Desk, id_: str, body: bytes, order: _Order) -> None:
    first = _opened(desk, id_, order.who)
    with desk.store.begin() as tx:
        edited = hands.trial(
            tx, desk.network, id_, body, who=order.who, reason=order.reason, now=now()
        )
    changes = list(_difference(desk, first, edited))
    if order.as_json:
        printing.data({"edited": _data(edited), "difference": changes})
        return
    for line in changes:
        printing.line(line)
    _print(edited)


def _difference(desk: Desk, first: Original, edited: Edited) -> Iterator[str]:
    before, after = (
        hands.readable(desk.network, first, body).splitlines()
        for body in (first.body, edited.readable)
    )
    return difflib.unified_diff(before, after, first.id, "edited", lineterm="")


def _send(desk: Desk, id_: str, body: bytes, order: _Order) -> None:
    with desk.store.begin() as tx:
        edited = hands.edit(
            tx, desk.network, id_, body, who=order.who, reason=order.reason, now=now()
        )
        _insist(edited, order)
    if order.as_json:
        printing.data({"edited": _data(edited)})
        return
    printing.line(f"{edited.replaces} replaced by {edited.id}, by {order.who}")
    _print(edited)


def _insist(edited: Edited, order: _Order) -> None:
    """FatalError, which undoes it all, for what nobody has said yes to."""
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
        printing.aside(f"{issue.severity} {told(issue)}")
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
