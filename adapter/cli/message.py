"""`message`: everything about one message. A body is shown for a reason, which is on record."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import typer

from adapter.cli import printing, texts
from adapter.cli.case_timeline import delivery_state, held_until, losses, outcome
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace, Who, now
from adapter.cli.printing import when
from adapter.cli.session import Session, open_store
from adapter.core.errors import FatalError
from adapter.core.lifecycle import Standing
from adapter.store import history, queries
from adapter.store.attempts import LONGEST_ANSWER
from adapter.store.queries import AttemptBytes, MessageView, matches
from adapter.store.queries.summaries import (
    AttemptSummary,
    DeliverySummary,
    HistoryEntry,
    MessageSummary,
)

_Held: TypeAlias = Mapping[str, datetime]


def message(
    id_: Annotated[
        str,
        typer.Argument(metavar="ID", help="The id of a message or of a delivery, or a content id."),
    ],
    *,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    bodies: Annotated[
        bool, typer.Option("--bodies/--no-bodies", help="Show the bytes too; give a --reason.")
    ] = False,
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="TEXT", help="Why you read bodies; the history keeps it."),
    ] = "",
    who: Who,
    as_json: AsJson = False,
) -> None:
    """Show one message: each delivery, each attempt, each receipt; with --bodies the bytes too.

    Bodies are patient data: the history notes each reading with your name and the reason.
    """
    reason = reason.strip()
    if bodies != bool(reason):
        raise typer.BadParameter("--bodies needs a --reason, and only --bodies has one")
    with open_store(settings, store) as session:
        view = _view(session, id_)
        contents = _read(session, view, who, reason) if bodies else _Bodies({}, b"")
        held = session.held()
    if as_json:
        printing.data(_as_data(view, contents, held))
        return
    for line in _lines(view, contents, held):
        printing.line(line)


class _Bodies:
    """The bytes of a message and of its attempts, by delivery and number."""

    def __init__(self, attempts: dict[tuple[str, int], AttemptBytes], body: bytes | None) -> None:
        self.attempts, self.body = attempts, body


def _view(session: Session, text: str) -> MessageView:
    with session.store.read() as tx:
        ids = matches.message_ids(tx, text)
        if len(ids) == 1:
            return queries.message_view(tx, ids[0])
    if ids:
        raise FatalError("unknown-id", f"several messages have it, name one of {', '.join(ids)}")
    raise FatalError("unknown-id", "no such message")


def _read(session: Session, view: MessageView, who: str, reason: str) -> _Bodies:
    """Read the bodies in one transaction with the note of it: no reading goes unnoted."""
    message_id, case_id = view.message.id, view.message.case_id
    with session.store.begin() as tx:
        history.note(
            tx, now(), "body-read", case=case_id, message=message_id, who=who, detail=reason
        )
        attempts = queries.attempt_bytes(tx, message_id)
        body = queries.message_body(tx, message_id)
    return _Bodies({(a.delivery_id, a.number): a for a in attempts}, body)


def _lines(view: MessageView, bodies: _Bodies, held: _Held) -> Iterator[str]:
    row = view.message
    yield f"Message {row.id}: {texts.event(row.event or row.claimed_event)}"
    yield f"  from {row.endpoint or 'unidentified'} at {when(row.received_at)}"
    by = f" by {row.replaced_by}" if row.replaced_by else ""
    yield f"  {row.standing}{by}{_why(row.code, row.detail)}{_note(row.note)}"
    if row.replaces:
        yield f"  in place of {row.replaces}; its sender was not answered"
    yield f"  case {row.case_id or 'none'}, content id {row.content_id or 'none'}"
    if not row.replaces:
        yield f"  {_receipt_given(row)}"
    yield from _losses("not read", row.losses)
    yield from _bytes("as received", bodies.body)
    for delivery in view.deliveries:
        yield from _delivery(delivery, view, bodies, held)
    yield from (_history_line(entry) for entry in view.history)


def _receipt_given(row: MessageSummary) -> str:
    if row.receipt_code:
        return f"answered {row.receipt_code}"
    return "not answered yet" if row.standing == Standing.RECEIVED else "not answered"


def _note(note: str) -> str:
    return f", {note}" if note else ""


def _why(code: str, detail: str) -> str:
    return f", {code} {detail}".rstrip() if code else ""


def _losses(action: str, text: str) -> Iterator[str]:
    return (f"  {action}: {path}: {why}" for path, why in losses(text))


def _bytes(title: str, body: bytes | None) -> Iterator[str]:
    if not body:
        return
    yield f"  --- {title}, {len(body)} bytes"
    text = body.decode("utf-8", "backslashreplace").replace("\r\n", "\n").replace("\r", "\n")
    yield from text.removesuffix("\n").split("\n")
    yield "  ---"


def _delivery(
    row: DeliverySummary, view: MessageView, bodies: _Bodies, held: _Held
) -> Iterator[str]:
    yield f"Delivery {row.id} to {row.endpoint}: {delivery_state(row, held)}"
    yield "  " + ", ".join(f"{name} {when(at)}" for name, at in _times(row).items() if at)
    if row.replaces:
        yield f"  in place of {row.replaces}"
    yield from _losses("not written", row.losses)
    for attempt in view.attempts:
        if attempt.delivery_id == row.id:
            yield from _attempt(attempt, bodies)
    for receipt in view.receipts:
        if receipt.delivery_id == row.id:
            text = f"{receipt.layer} {receipt.code} {receipt.detail}"
            yield f"  receipt {when(receipt.at)}: {text}".rstrip()


def _times(row: DeliverySummary) -> dict[str, datetime | None]:
    return {
        "expires": row.expires_at,
        "sent": row.sent_at,
        "closed": row.closed_at,
        "next attempt": row.next_attempt_at,
        "receipt due": row.receipt_due_at,
        "answer due": row.answer_due_at,
        "reminded": row.reminded_at,
    }


def _attempt(row: AttemptSummary, bodies: _Bodies) -> Iterator[str]:
    yield f"  attempt {row.number} ({row.why}) {when(row.started_at)}: {outcome(row)}"
    contents = bodies.attempts.get((row.delivery_id, row.number))
    yield from _bytes("sent", contents.body if contents else None)
    yield from _bytes("answered", contents.answer if contents else None)
    if contents and contents.answer and len(contents.answer) > LONGEST_ANSWER - 4:
        yield f"  of a response only the first {LONGEST_ANSWER} bytes are kept"


def _history_line(entry: HistoryEntry) -> str:
    who = f" by {entry.who}" if entry.who else ""
    return f"History {when(entry.at)}: {entry.what} {entry.endpoint} {entry.detail}".rstrip() + who


def _as_data(view: MessageView, bodies: _Bodies, held: _Held) -> dict[str, Any]:
    head = printing.plain(view.message) | {"losses": _loss_data(view.message.losses)}
    return {
        "message": head | {"body": _encoded(bodies.body)},
        "deliveries": [_delivery_data(row, view, bodies, held) for row in view.deliveries],
        "history": view.history,
    }


def _delivery_data(
    row: DeliverySummary, view: MessageView, bodies: _Bodies, held: _Held
) -> dict[str, Any]:
    head: dict[str, Any] = printing.plain(row) | {"losses": _loss_data(row.losses)}
    return head | {
        "held_until": held_until(row, held),
        "attempts": [_attempt_data(a, bodies) for a in view.attempts if a.delivery_id == row.id],
        "receipts": [r for r in view.receipts if r.delivery_id == row.id],
    }


def _attempt_data(row: AttemptSummary, bodies: _Bodies) -> dict[str, Any]:
    contents = bodies.attempts.get((row.delivery_id, row.number))
    body, answer = (contents.body, contents.answer) if contents else (None, None)
    head: dict[str, Any] = printing.plain(row)
    return head | {"body": _encoded(body), "answer": _encoded(answer)}


def _loss_data(text: str) -> list[dict[str, str]]:
    return [{"path": path, "why": why} for path, why in losses(text)]


def _encoded(body: bytes | None) -> dict[str, str] | None:
    """Return bytes for JSON: as text where they are UTF-8, as base64 where not."""
    if not body:
        return None
    try:
        return {"encoding": "utf-8", "content": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"encoding": "base64", "content": base64.b64encode(body).decode("ascii")}
