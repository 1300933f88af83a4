"""`case` and `message`: everything of one. Whoever reads a body leaves that in the history."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import typer

from adapter.cli import printing, words
from adapter.cli.desk import (
    FILE,
    AsJson,
    Desk,
    SettingsFile,
    StorePlace,
    Who,
    existing,
    now,
)
from adapter.cli.printing import when
from adapter.cli.timeline import Entry, held_until, losses, outcome, timeline
from adapter.cli.timeline import now as standing
from adapter.core.errors import FatalError
from adapter.core.lifecycle import Standing
from adapter.store import history, queries
from adapter.store.queries import AttemptBytes, CaseView, MessageView
from adapter.store.queries.summaries import DeliverySummary, HistoryEntry, MessageSummary

_Held: TypeAlias = Mapping[str, datetime]


def case(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The case's id, or any name of it.")],
    *,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Show the timeline of a case (vårdtillfälle, ärende): every hop, loss, receipt and hand.

    A name is <HSA-id>/<visit number>, or the planning service's own.
    """
    with existing(settings, store) as desk, desk.store.read() as tx:
        view = queries.case_view(tx, id_)
    if view is None:
        raise FatalError("unknown-id", "no such case")
    entries = timeline(view, desk.held())
    if as_json:
        printing.data({"case": view.case, "names": view.aliases, "timeline": entries})
        return
    _print_case(view, entries)


def _print_case(view: CaseView, entries: Iterable[Entry]) -> None:
    printing.line(f"Case {view.case.name or view.case.id}: {', '.join(_state(view))}")
    for name in view.aliases:
        if name != view.case.name:
            printing.line(f"also {name}")
    rows = [[when(e.at), e.what, e.endpoint, _text(e), e.delivery or e.message] for e in entries]
    printing.table(["time (Sweden)", "what", "endpoint", "", "id"], rows)


def _text(entry: Entry) -> str:
    return f"{entry.text} by {entry.who}".strip() if entry.who else entry.text


def _state(view: CaseView) -> Iterator[str]:
    case_ = view.case
    yield f"id {case_.id}"
    yield f"opened {when(case_.opened_at)}"
    yield f"stay shared {when(case_.shared_at)}" if case_.shared_at else "stay not shared"
    if case_.closed_at:
        yield f"closed {when(case_.closed_at)}"
    if case_.flagged:
        yield "flagged: look at it"
    if case_.protected:
        yield "protected identity (skyddad identitet)"


def message(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="Of a message, a delivery, or its content id.")
    ],
    *,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    bodies: Annotated[
        bool, typer.Option("--bodies/--no-bodies", help="Also the bytes; that is written down.")
    ] = True,
    who: Who,
    as_json: AsJson = False,
) -> None:
    """Show one message: each delivery, each attempt with its bytes, each receipt.

    Bodies are patient data: every reading stands in the history with your name.
    """
    with existing(settings, store) as desk:
        view = _view(desk, id_)
        found = _read(desk, view, who) if bodies else _Bodies({}, b"")
        held = desk.held()
    if as_json:
        printing.data(_as_data(view, found, held))
        return
    for told_line in _lines(view, found, held):
        printing.line(told_line)


class _Bodies:
    """The bytes of a message and of its attempts, by delivery and number."""

    def __init__(self, attempts: dict[tuple[str, int], AttemptBytes], body: bytes | None) -> None:
        self.attempts, self.body = attempts, body


def _view(desk: Desk, text: str) -> MessageView:
    with desk.store.read() as tx:
        ids = queries.message_ids(tx, text)
        if len(ids) == 1:
            return queries.message_view(tx, ids[0])
    if ids:
        raise FatalError("unknown-id", f"it came several times: {', '.join(ids)}")
    raise FatalError("unknown-id", "no such message")


def _read(desk: Desk, view: MessageView, who: str) -> _Bodies:
    """One transaction: nobody reads a body that is not in the history."""
    line = view.message
    with desk.store.begin() as tx:
        history.note(tx, now(), "body-read", case=line.case_id, message=line.id, who=who)
        attempts = queries.attempt_bytes(tx, line.id)
        body = queries.message_body(tx, line.id)
    return _Bodies({(a.delivery_id, a.number): a for a in attempts}, body)


def _lines(view: MessageView, found: _Bodies, held: _Held) -> Iterator[str]:
    line = view.message
    yield f"Message {line.id}: {words.event(line.event or line.claimed_event)}"
    yield f"  from {line.endpoint or 'unidentified'} at {when(line.received_at)}"
    by = f" by {line.replaced_by}" if line.replaced_by else ""
    yield f"  {line.standing}{by}{_why(line.code, line.detail)}{_note(line.note)}"
    if line.replaces:
        yield f"  in place of {line.replaces}; its sender was not answered"
    yield f"  case {line.case_id or 'none'}, content id {line.content_id or 'none'}"
    if not line.replaces:
        yield f"  {_answered(line)}"
    yield from _losses("not read", line.losses)
    yield from _bytes("as received", found.body)
    for delivery in view.deliveries:
        yield from _delivery(delivery, view, found, held)
    yield from (_told(entry) for entry in view.history)


def _answered(line: MessageSummary) -> str:
    if line.receipt_code:
        return f"answered {line.receipt_code}"
    return "not answered yet" if line.standing == Standing.RECEIVED else "not answered"


def _note(note: str) -> str:
    return f", {note}" if note else ""


def _why(code: str, detail: str) -> str:
    return f", {code} {detail}".rstrip() if code else ""


def _losses(doing: str, text: str) -> Iterator[str]:
    return (f"  {doing}: {path}: {why}" for path, why in losses(text))


def _bytes(title: str, body: bytes | None) -> Iterator[str]:
    if not body:
        return
    yield f"  --- {title}, {len(body)} bytes"
    text = body.decode("utf-8", "backslashreplace").replace("\r\n", "\n").replace("\r", "\n")
    yield from text.removesuffix("\n").split("\n")
    yield "  ---"


def _delivery(
    line: DeliverySummary, view: MessageView, found: _Bodies, held: _Held
) -> Iterator[str]:
    yield f"Delivery {line.id} to {line.endpoint}: {standing(line, held)}"
    times = {"expires": line.expires_at, "sent": line.sent_at, "closed": line.closed_at}
    times |= {"next attempt": line.next_attempt_at, "receipt due": line.receipt_due_at}
    times |= {"answer due": line.answer_due_at, "reminded": line.reminded_at}
    yield "  " + ", ".join(f"{name} {when(at)}" for name, at in times.items() if at)
    if line.replaces:
        yield f"  in place of {line.replaces}"
    yield from _losses("not written", line.losses)
    for each in view.attempts:
        if each.delivery_id == line.id:
            yield f"  attempt {each.number} ({each.why}) {when(each.started_at)}: {outcome(each)}"
            sent = found.attempts.get((line.id, each.number))
            yield from _bytes("sent", sent.body if sent else None)
            yield from _bytes("answered", sent.answer if sent else None)
    for receipt in view.receipts:
        if receipt.delivery_id == line.id:
            told = f"{receipt.layer} {receipt.code} {receipt.detail}"
            yield f"  receipt {when(receipt.at)}: {told}".rstrip()


def _told(entry: HistoryEntry) -> str:
    who = f" by {entry.who}" if entry.who else ""
    return f"History {when(entry.at)}: {entry.what} {entry.endpoint} {entry.detail}".rstrip() + who


def _as_data(view: MessageView, found: _Bodies, held: _Held) -> dict[str, Any]:
    head = printing.plain(view.message) | {"losses": _loss_data(view.message.losses)}
    return {
        "message": head | {"body": _encoded(found.body)},
        "deliveries": [_delivery_data(line, view, found, held) for line in view.deliveries],
        "history": view.history,
    }


def _delivery_data(
    line: DeliverySummary, view: MessageView, found: _Bodies, held: _Held
) -> dict[str, Any]:
    attempts = []
    for each in view.attempts:
        if each.delivery_id == line.id:
            sent = found.attempts.get((line.id, each.number))
            body, answer = (sent.body, sent.answer) if sent else (None, None)
            attempts.append(
                printing.plain(each) | {"body": _encoded(body), "answer": _encoded(answer)}
            )
    receipts = [r for r in view.receipts if r.delivery_id == line.id]
    head: dict[str, Any] = printing.plain(line) | {"losses": _loss_data(line.losses)}
    head |= {"held_until": held_until(line, held)}
    return head | {"attempts": attempts, "receipts": receipts}


def _loss_data(text: str) -> list[dict[str, str]]:
    return [{"path": path, "why": why} for path, why in losses(text)]


def _encoded(body: bytes | None) -> dict[str, str] | None:
    """Bytes as JSON can have them: text where it is UTF-8, base64 where not."""
    if not body:
        return None
    try:
        return {"encoding": "utf-8", "content": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"encoding": "base64", "content": base64.b64encode(body).decode("ascii")}
