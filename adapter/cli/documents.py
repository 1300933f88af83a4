"""`plan` and `show`: messages as documents for people. Each reading is noted in the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace, Who, now
from adapter.cli.session import Session, open_store
from adapter.core.errors import FatalError
from adapter.core.lifecycle import Standing
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from adapter.store import cases, history, queries
from adapter.store.queries import matches
from adapter.store.transaction import Transaction

AsHtml = Annotated[bool, typer.Option("--html", help="One HTML page, for screen and A4.")]
AsPdf = Annotated[bool, typer.Option("--pdf", help="A PDF; needs WeasyPrint.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="A new file; by default standard output."),
]
Writer: TypeAlias = Callable[[Bundle], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A message that is about to be shown."""

    case_id: str | None
    message_id: str
    bundle: Bundle


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
    with open_store(settings, store) as session:
        with session.store.begin() as tx:
            case_id = cases.by_any_id(tx, id_)
            if changes and case_id is None:
                raise typer.BadParameter("--changes needs a case: it compares two versions")
            read = _versions(tx, session, case_id) if case_id else [_message(tx, session, id_)]
        if not case_id and bundles.event(read[0].bundle) is not Event.CARE_PLAN:
            raise typer.BadParameter(f"{id_} is no plan: `adapter show {id_}` shows it")
        shown = read[-2:] if changes else read[-1:]
        body = _text(_changes(shown)) if changes else _body(shown[-1].bundle, form)
        _show(session, shown, body, output, who)


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
    with open_store(settings, store) as session:
        with session.store.begin() as tx:
            read = _message(tx, session, id_)
        _show(session, [read], _body(read.bundle, form), output, who)


def _chosen(forms: Mapping[str, bool]) -> str:
    """Return the form that is asked for, "" for text; wrong use for two at once."""
    asked = [name for name, is_asked in forms.items() if is_asked]
    if len(asked) > 1:
        raise typer.BadParameter(f"choose one of {', '.join(asked)}")
    return next(iter(asked), "")


def _versions(tx: Transaction, session: Session, case_id: str) -> list[_Read]:
    """Return the versions of the newest plan of a case, oldest first."""
    from adapter.operate.documents import plan_versions

    versions = plan_versions(tx, session.network, case_id)
    return [_Read(case_id=case_id, message_id=v.message_id, bundle=v.bundle) for v in versions]


def _message(tx: Transaction, session: Session, id_: str) -> _Read:
    from adapter.operate.documents import stored_bundle

    ids = matches.message_ids(tx, id_)
    if len(ids) != 1:
        several = f"several messages have it, name one of {', '.join(ids)}"
        raise FatalError("unknown-id", several if ids else "no such case or message")
    view = queries.message_view(tx, ids[0])
    if view.message.standing != Standing.PROCESSED:
        printing.aside(f"{ids[0]} is {view.message.standing}: it was not sent on")
    bundle = stored_bundle(tx, session.network, ids[0])
    return _Read(case_id=view.message.case_id, message_id=ids[0], bundle=bundle)


def _show(
    session: Session, read: Sequence[_Read], body: bytes, output: Path | None, who: str
) -> None:
    """Note who reads, commit, and then write: what cannot be written is not noted as read."""
    from adapter.cli import paper

    with paper.opened(output) as file:
        with session.store.begin() as tx:
            for message in read:
                case_id, id_ = message.case_id, message.message_id
                history.note(tx, now(), "body-read", case=case_id, message=id_, who=who)
        file.write(body)


def _changes(versions: Sequence[_Read]) -> str:
    from adapter.fhir.readable import document
    from adapter.fhir.readable.changes import changes

    if len(versions) < 2:
        return "Planen har bara en version."
    older, newer = (version.bundle for version in versions)
    return "\n".join(changes(older, newer, document)) or "Ingenting har ändrats."


def _body(bundle: Bundle, form: str) -> bytes:
    """Return a message in the form that is asked for, ready to be written."""
    from adapter.fhir.readable import document, plain

    if form == "--json":
        return _text(printing.json_text(document(bundle)))
    if form:
        return _writers()[form](bundle)
    return _text(plain.text(document(bundle)))


def _text(text: str) -> bytes:
    """Return a text as it is printed, without control characters."""
    return (printing.clean(text.rstrip("\n")) + "\n").encode()


def _writers() -> dict[str, Writer]:
    from adapter.cli import paper
    from adapter.fhir.readable import document
    from adapter.fhir.readable.page import page

    def html(bundle: Bundle) -> str:
        return page(document(bundle))

    return {
        "--html": lambda bundle: html(bundle).encode(),
        "--pdf": lambda bundle: paper.pdf(html(bundle)),
        "--ics": _calendar,
    }


def _calendar(bundle: Bundle) -> bytes:
    from adapter.fhir.readable.calendar_file import calendar

    try:
        return calendar(bundle)
    except FatalError as error:
        raise typer.BadParameter(f"--ics: {error.detail}") from error
