"""`case`: everything that happened in one case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Annotated

import typer

from adapter.cli import patient_prompt, printing
from adapter.cli.case_rights import print_rights
from adapter.cli.case_timeline import Entry, timeline
from adapter.cli.options import (
    FILE,
    AsJson,
    Patient,
    SettingsFile,
    StorePlace,
    Who,
    WhyPatient,
    now,
)
from adapter.cli.printing import when
from adapter.cli.session import Session, open_store
from adapter.core.errors import FatalError
from adapter.operate.case_rights import CaseRights, case_rights
from adapter.store import queries
from adapter.store.queries import CaseView, finding


def case(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="[ID]", help="The case's id or name, its visit number, or a message's id."
        ),
    ] = "",
    *,
    patient: Patient = False,
    reason: WhyPatient = "",
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Show a case (vårdtillfälle, ärende): participants, open items, and its timeline.

    The timeline has messages, deliveries and receipts, what mappings lost, and what persons did.
    A name of the case is <HSA-id>/<visit number>, or the planning service's own name. Any id of
    a message, a delivery or a receipt leads to its case. Where several cases have a visit number
    or a patient, they are listed.
    """
    if bool(id_) == patient:
        raise typer.BadParameter("give an id, or --patient")
    patient_prompt.check_reason(reason, patient=patient)
    with open_store(settings, store) as session:
        if patient:
            ids = patient_prompt.cases_of_patient(session.store, who, reason, now())
        else:
            ids = _ids(session, id_)
        if len(ids) > 1:
            _print_several(session, ids, as_json=as_json)
            raise typer.Exit(1)
        _show(session, ids[0], as_json=as_json)


def _ids(session: Session, text: str) -> list[str]:
    with session.store.read() as tx:
        ids = finding.case_ids(tx, text)
    if not ids:
        raise FatalError("unknown-id", "no such case")
    return ids


def _print_several(session: Session, ids: list[str], *, as_json: bool) -> None:
    with session.store.read() as tx:
        heads = finding.heads(tx, ids)
    if as_json:
        printing.data({"cases": heads})
        return
    rows = [[when(h.opened_at), h.id, h.name, when(h.closed_at) or "open"] for h in heads]
    printing.table(["opened (Sweden)", "id", "name", "closed"], rows)
    printing.aside(f"{len(ids)} cases: name the one that you mean")


def _show(session: Session, id_: str, *, as_json: bool) -> None:
    with session.store.read() as tx:
        view = queries.case_view(tx, id_)
        if view is None:
            raise FatalError("unknown-id", "no such case")
        rights = case_rights(tx, view.case.id)
    entries = timeline(view, session.held())
    if as_json:
        shown = {"case": view.case, "names": view.aliases, "timeline": entries}
        printing.data(shown | {field.name: getattr(rights, field.name) for field in fields(rights)})
        return
    _print_case(view, rights, entries)


def _print_case(view: CaseView, rights: CaseRights, entries: Iterable[Entry]) -> None:
    printing.paragraph(
        f"Case {view.case.name or view.case.id}: {', '.join(_state(view, rights))}", ""
    )
    for name in view.aliases:
        if name != view.case.name:
            printing.line(f"also {name}")
    print_rights(rights, now())
    rows = [[when(e.at), e.what, e.endpoint, _text(e), e.delivery or e.message] for e in entries]
    printing.entries(["time (Sweden)", "what", "endpoint", "", "id"], rows, "")


def _text(entry: Entry) -> str:
    return f"{entry.text} by {entry.who}".strip() if entry.who else entry.text


def _state(view: CaseView, rights: CaseRights) -> Iterator[str]:
    case_ = view.case
    yield f"id {case_.id}"
    yield f"opened {when(case_.opened_at)}"
    yield f"stay shared {when(case_.shared_at)}" if case_.shared_at else "stay not shared"
    if case_.closed_at:
        yield f"closed {when(case_.closed_at)}"
    if case_.flagged:
        yield "flagged: look at it"
    if case_.protected or rights.protection:
        level = f": {rights.protection}" if rights.protection else ""
        yield f"protected identity (skyddad identitet){level}"
