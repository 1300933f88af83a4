"""`plan` and `show`: messages as documents for people. Each reading is noted in the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace, Who, now
from adapter.cli.session import Session, open_store
from adapter.core.errors import FatalError
from adapter.core.lifecycle import Standing
from adapter.core.model import Bundle
from adapter.store import cases, history, queries
from adapter.store.transaction import Transaction

AsHtml = Annotated[bool, typer.Option("--html", help="One HTML page, for screen and A4.")]
AsPdf = Annotated[bool, typer.Option("--pdf", help="A PDF; needs WeasyPrint.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="A new file; by default standard output."),
]
Writer: TypeAlias = Callable[[Bundle], bytes]


def plan(  # noqa: PLR0913 - each option by name
    id_: Annotated[
        str, typer.Argument(metavar="CASE", help="A case's id or name, or a plan's message id.")
    ],
    *,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    html: AsHtml = False,
    pdf: AsPdf = False,
    changes: Annotated[
        bool, typer.Option("--changes", help="What the newest version changes.")
    ] = False,
    output: Output = None,
    who: Who,
    as_json: AsJson = False,
) -> None:
    """Show the newest plan in force of a case, in large print for the person whom it is about.

    By default as text. It is patient data: the history notes each reading with your name.
    """
    form = _chosen({"--html": html, "--pdf": pdf, "--changes": changes, "--json": as_json})
    with open_store(settings, store) as session, session.store.begin() as tx:
        case_id = cases.by_any_id(tx, id_)
        if changes and case_id is None:
            raise typer.BadParameter("--changes needs a case: it compares its last two versions")
        bundles = (
            _versions(tx, session, case_id, who) if case_id else [_message(tx, session, id_, who)]
        )
    if changes:
        _put(_changes(bundles), output)
    else:
        _write(bundles[-1], form, output)


def show(  # noqa: PLR0913 - each option by name
    id_: Annotated[
        str, typer.Argument(metavar="MESSAGE", help="The id of a message, or a content id.")
    ],
    *,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    html: AsHtml = False,
    pdf: AsPdf = False,
    ics: Annotated[
        bool, typer.Option("--ics", help="An invitation as a calendar file, without the person.")
    ] = False,
    output: Output = None,
    who: Who,
    as_json: AsJson = False,
) -> None:
    """Show any message as a document for people: an invitation, a planning basis, a notice.

    By default as text. It is patient data: the history notes each reading with your name.
    """
    form = _chosen({"--html": html, "--pdf": pdf, "--ics": ics, "--json": as_json})
    with open_store(settings, store) as session, session.store.begin() as tx:
        bundle = _message(tx, session, id_, who)
    _write(bundle, form, output)


def _chosen(forms: Mapping[str, bool]) -> str:
    """Return the form that is asked for, "" for text; wrong use for two at once."""
    asked = [name for name, is_asked in forms.items() if is_asked]
    if len(asked) > 1:
        raise typer.BadParameter(f"choose one of {', '.join(asked)}")
    return next(iter(asked), "")


def _versions(tx: Transaction, session: Session, case_id: str, who: str) -> list[Bundle]:
    """Return the versions of the newest plan of a case, oldest first."""
    from adapter.operate.documents import plan_versions

    versions = plan_versions(tx, session.network, case_id)
    for version in versions[-2:]:
        _note(tx, case_id, version.message_id, who)
    return [version.bundle for version in versions]


def _message(tx: Transaction, session: Session, id_: str, who: str) -> Bundle:
    """Read a message in one transaction with the note of it: no reading goes unnoted."""
    from adapter.operate.documents import stored_bundle

    ids = queries.message_ids(tx, id_)
    if len(ids) != 1:
        several = f"several messages have it, name one of {', '.join(ids)}"
        raise FatalError("unknown-id", several if ids else "no such case or message")
    view = queries.message_view(tx, ids[0])
    _note(tx, view.message.case_id, ids[0], who)
    if view.message.standing != Standing.PROCESSED:
        printing.aside(f"{ids[0]} is {view.message.standing}: it was not sent on")
    return stored_bundle(tx, session.network, ids[0])


def _note(tx: Transaction, case_id: str | None, message_id: str, who: str) -> None:
    history.note(tx, now(), "body-read", case=case_id, message=message_id, who=who)


def _changes(versions: list[Bundle]) -> str:
    from adapter.fhir.readable import document
    from adapter.fhir.readable.changes import changes

    if len(versions) < 2:
        return "Planen har bara en version."
    return "\n".join(changes(versions[-2], versions[-1], document)) or "Inget är ändrat."


def _write(bundle: Bundle, form: str, output: Path | None) -> None:
    from adapter.cli import paper
    from adapter.fhir.readable import document, plain

    if form == "--json":
        _put(printing.json_text(document(bundle)), output)
    elif form:
        paper.write(_writers()[form](bundle), output)
    else:
        _put(plain.text(document(bundle)), output)


def _put(text: str, output: Path | None) -> None:
    """Print a text, or write it to the file as it would be printed."""
    from adapter.cli import paper

    lines = printing.clean(text.rstrip("\n")) + "\n"
    paper.write(lines.encode(), output)


def _writers() -> dict[str, Writer]:
    from adapter.cli import paper
    from adapter.fhir.readable import document
    from adapter.fhir.readable.calendar_file import calendar
    from adapter.fhir.readable.page import page

    def html(bundle: Bundle) -> str:
        return page(document(bundle))

    return {
        "--html": lambda bundle: html(bundle).encode(),
        "--pdf": lambda bundle: paper.pdf(html(bundle)),
        "--ics": calendar,
    }
