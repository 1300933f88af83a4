"""`messages`: the search for messages whose ids are not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer

from adapter.cli import completions, options, patient_prompt, printing, texts
from adapter.cli.case_timeline import held_until
from adapter.cli.options import FILE, AsJson, Patient, SettingsFile, StorePlace, Who, WhyPatient
from adapter.cli.printing import when
from adapter.cli.session import Session, open_store
from adapter.core.errors import FatalError
from adapter.core.lifecycle import STATES
from adapter.core.model import Event
from adapter.store import queries
from adapter.store.queries import finding, matches, search
from adapter.store.queries.matches import Match
from adapter.store.queries.search import Page, Search
from adapter.store.queries.summaries import DeliverySummary, MessageSummary


def messages(  # noqa: PLR0913 - each option by name
    *,
    endpoint: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            autocompletion=completions.endpoints,
            help="The sender or a receiver.",
        ),
    ] = "",
    state: Annotated[
        str,
        typer.Option(
            metavar="STATE",
            autocompletion=completions.states,
            help=f"One of {', '.join(STATES)}.",
        ),
    ] = "",
    event: Annotated[
        str,
        typer.Option(
            metavar="EVENT",
            autocompletion=completions.events,
            help="An event, see `adapter systems`.",
        ),
    ] = "",
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Received since: 2026-11-17, 2026-11-17T09:30, 2h or 3d."
        ),
    ] = "",
    case: Annotated[
        str, typer.Option(metavar="ID", help="Of a case: its id, a name, or the visit number.")
    ] = "",
    receipt: Annotated[
        str, typer.Option(metavar="ID", help="With this id: a receipt's, or any other message's.")
    ] = "",
    patient: Patient = False,
    reason: WhyPatient = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The longest page.")] = 50,
    before: Annotated[
        int | None,
        typer.Option(metavar="N", help="The next page: the number that this page ends with."),
    ] = None,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """List messages, newest first, each with the state of its deliveries.

    A page searches a bounded part of the store. It may be short; it then ends with the
    number where the next page starts.
    """
    patient_prompt.check_reason(reason, patient=patient)
    wanted = Search(
        state=options.one_of(state, STATES),
        event=options.event(event),
        since=options.parse_time(since),
        before=before,
    )
    with open_store(settings, store) as session:
        of_patient = (
            patient_prompt.cases_of_patient(session.store, who, reason, options.now())
            if patient
            else []
        )
        matched = _matches(session, receipt)
        wanted = replace(
            wanted,
            endpoint=session.any_endpoint(endpoint),
            cases=(*of_patient, *_cases(session, case)),
            ids=tuple(match.message_id for match in matched),
        )
        _list(session, wanted, limit, matched, as_json=as_json)


def _cases(session: Session, text: str) -> tuple[str, ...]:
    with session.store.read() as tx:
        ids = finding.case_ids(tx, text) if text else []
    if text and not ids:
        raise FatalError("unknown-id", "no such case")
    return tuple(ids)


def _matches(session: Session, text: str) -> list[Match]:
    with session.store.read() as tx:
        matched = matches.matches(tx, text) if text else []
    if text and not matched:
        raise FatalError("unknown-id", "no such message")
    return matched


def _list(
    session: Session, wanted: Search, limit: int, matched: Sequence[Match], *, as_json: bool
) -> None:
    with session.store.read() as tx:
        page = search.messages(tx, wanted, limit)
        sent = queries.deliveries_of(tx, [m.id for m in page.messages])
        held = session.held()
    if as_json:
        printing.data(_page_data(page, sent, held) | {"matches": matched})
        return
    _print_page(page, sent, held)
    for match in matched:
        printing.paragraph(_found(match), "  ")


def _found(match: Match) -> str:
    """Say what it was that has the id: a message lists every delivery that it led to."""
    what = texts.event(match.event)
    if match.delivery_id:
        by = f"sent to {match.endpoint} in {match.delivery_id}, because of {match.message_id}"
    else:
        by = f"{match.message_id} from {match.endpoint or 'unidentified'}"
    return f"found by its {match.by}: {what} {by}"


def _page_data(
    page: Page, sent: Iterable[DeliverySummary], held: Mapping[str, datetime]
) -> dict[str, Any]:
    deliveries: dict[str, list[dict[str, Any]]] = {m.id: [] for m in page.messages}
    for d in sent:
        deliveries[d.message_id].append(
            {"id": d.id, "event": d.event, "endpoint": d.endpoint, "state": d.state}
            | {"held_until": held_until(d, held)}
        )
    rows = [
        {
            "id": m.id,
            "received_at": m.received_at,
            "endpoint": m.endpoint,
            "event": m.event or m.claimed_event,
            "standing": m.standing,
            "code": m.code,
            "note": m.note,
            "case": m.case_id,
            "deliveries": deliveries[m.id],
        }
        for m in page.messages
    ]
    return {"messages": rows, "next": page.next}


def _print_page(page: Page, sent: Iterable[DeliverySummary], held: Mapping[str, datetime]) -> None:
    deliveries: dict[str, list[str]] = {m.id: [] for m in page.messages}
    for d in sent:
        deliveries[d.message_id].append(_delivery(d, held))
    rows = [_row(m, deliveries[m.id]) for m in page.messages]
    columns = ["received (Sweden)", "id", "from", "event", "standing", "deliveries"]
    printing.entries(columns, rows, "deliveries")
    if page.next is not None:
        printing.aside(f"There may be more: add --before {page.next}")


def _delivery(delivery: DeliverySummary, held: Mapping[str, datetime]) -> str:
    until = held_until(delivery, held)
    window = f", held until {when(until)}" if until else ""
    ours = " (receipt)" if delivery.event == Event.RECEIPT else ""
    return f"{delivery.endpoint} {delivery.state}{window}{ours}"


def _row(message: MessageSummary, deliveries: Sequence[str]) -> list[str]:
    return [
        when(message.received_at),
        message.id,
        message.endpoint or "unidentified",
        message.event or message.claimed_event or "unknown",
        f"{message.standing} {message.code or message.note}".rstrip(),
        "; ".join(deliveries),
    ]
