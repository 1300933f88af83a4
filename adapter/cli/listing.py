"""`messages` and `dead`: finding what one does not yet know by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from adapter.cli import printing, words
from adapter.cli.desk import FILE, AsJson, Desk, SettingsFile, StorePlace, existing, time
from adapter.cli.printing import when
from adapter.cli.timeline import held_until
from adapter.core.model import Event
from adapter.store import queries
from adapter.store.queries import dead as letters
from adapter.store.queries import search
from adapter.store.queries.dead import Cause
from adapter.store.queries.search import Page, Search
from adapter.store.queries.summaries import DeliverySummary

_SHOWN = 5  # ids of one cause


def messages(  # noqa: PLR0913 - each option by name
    *,
    endpoint: Annotated[str, typer.Option(metavar="NAME", help="Its sender or a receiver.")] = "",
    state: Annotated[
        str, typer.Option(metavar="STATE", help=f"One of {', '.join(search.STATES)}.")
    ] = "",
    event: Annotated[str, typer.Option(metavar="E", help="See `adapter systems`.")] = "",
    since: Annotated[
        str, typer.Option(metavar="TIME", help="2026-11-17, 2026-11-17T09:30, or 2h, 3d ago.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    before: Annotated[
        int | None, typer.Option(metavar="N", help="Go on from the page before.")
    ] = None,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """List messages, newest first, each with the state of its deliveries.

    A page looks at a bounded part of the store: it may be short, and says where to go on.
    """
    wanted = Search(
        endpoint=endpoint,
        state=_one_of(state, search.STATES),
        event=_one_of(event, [str(e) for e in Event]),
        since=time(since),
        before=before,
    )
    with existing(settings, store) as desk, desk.store.read() as tx:
        page = search.messages(tx, wanted, limit)
        sent = queries.deliveries_of(tx, [m.id for m in page.messages])
        held = desk.held()
    if as_json:
        printing.data(_page_data(page, sent, held))
        return
    _print_page(page, sent, held)


def _one_of(word: str, known: Iterable[str]) -> str:
    names = list(known)
    if word and word not in names:
        raise typer.BadParameter(f"no {word!r}; one of {', '.join(names)}")
    return word


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
    told: dict[str, list[str]] = {m.id: [] for m in page.messages}
    for d in sent:
        ours = " (receipt)" if d.event == Event.RECEIPT else ""
        until = held_until(d, held)
        window = f", held until {when(until)}" if until else ""
        told[d.message_id].append(f"{d.endpoint} {d.state}{window}{ours}")
    rows = [
        [
            when(m.received_at),
            m.id,
            m.endpoint or "unidentified",
            m.event or m.claimed_event or "unknown",
            f"{m.standing} {m.code or m.note}".rstrip(),
            "; ".join(told[m.id]),
        ]
        for m in page.messages
    ]
    printing.table(["received (Sweden)", "id", "from", "event", "standing", "deliveries"], rows)
    if page.next is not None:
        printing.aside(f"There may be more: add --before {page.next}")


def dead(*, settings: SettingsFile = FILE, store: StorePlace = "", as_json: AsJson = False) -> None:
    """List what is dead and in front of a person, by cause: whose it is, and what to do.

    Exit 1 while there is any.
    """
    with existing(settings, store) as desk:
        with desk.store.read() as tx:
            causes = letters.dead_letters(tx)
        told = [_cause(desk, cause) for cause in causes]
    if as_json:
        printing.data({"causes": told})
    else:
        _print_causes(told)
    if causes:
        raise typer.Exit(1)


def _cause(desk: Desk, cause: Cause) -> dict[str, Any]:
    return {
        "kind": cause.kind,
        "code": cause.code,
        "endpoint": cause.endpoint,
        "count": len(cause.letters),
        "text": words.cause(cause.code),
        "action": words.action(cause.code),
        "owner": desk.owner(cause.endpoint),
        "oldest": cause.letters[0].since,
        "closed_until": desk.held().get(cause.endpoint),
        "letters": cause.letters,
    }


def _print_causes(causes: list[dict[str, Any]]) -> None:
    if not causes:
        printing.line("Nothing is dead.")
    for cause in causes:
        to = "to" if cause["kind"] == "delivery" else "from"
        place = cause["endpoint"] or "unidentified"
        number = f"{cause['count']} {cause['kind']}"
        printing.line(f"{cause['code']}: {number} {to} {place}, oldest {when(cause['oldest'])}")
        printing.line(f"  {cause['text']} Owner: {cause['owner'] or 'unknown'}.")
        printing.line(f"  To do: {cause['action']}")
        if cause["closed_until"] and cause["kind"] == "delivery":
            printing.line(f"  Closed: a replay waits until {when(cause['closed_until'])}.")
        for letter in cause["letters"][:_SHOWN]:
            printing.line(f"  {_letter(letter)}")
        if cause["count"] > _SHOWN:
            printing.line(f"  and {cause['count'] - _SHOWN} more: --json has all")


def _letter(letter: letters.DeadLetter) -> str:
    taken = f"taken by {letter.taken_by}" if letter.taken_by else "nobody has it yet"
    detail = f" ({letter.detail})" if letter.detail else ""
    case = f", case {letter.case_id}" if letter.case_id else ""
    return f"{letter.id} {letter.event or 'unknown'}{detail}{case}: {taken}"
