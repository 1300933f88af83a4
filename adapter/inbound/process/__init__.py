"""One message, decided on inside one transaction with its sender's row locked.

`turn.py` is what every step needs; `carry.py` takes a new and understood message to its
receivers; `answering.py` writes and repeats our receipts. This file decides which of these it is.
"""

from __future__ import annotations

import logging

from adapter.core.catalogue import ErrorCode, Scope
from adapter.core.errors import AdapterError, FatalError, Issue, Severity
from adapter.core.lifecycle import Ruling
from adapter.core.model import Code, Event, Receipt
from adapter.fhir import bundles
from adapter.inbound.process.answering import Reply, answer, repeat
from adapter.inbound.process.forwarding import forward
from adapter.inbound.process.message_ids import ids_of
from adapter.inbound.process.prefetch import prefetch
from adapter.inbound.process.turn import Turn
from adapter.outbound import receipts
from adapter.policy import read_message
from adapter.policy.read_message import ReadMessage, ReadResult, UnreadableMessage
from adapter.store import duplicates, history
from adapter.store.duplicates import Ids, Seen, Verdict

__all__ = ["Reply", "Turn", "bury", "fault", "prefetch", "process", "turn_down"]
log = logging.getLogger(__name__)
_REUSED_IDS: dict[Verdict, ErrorCode] = {
    Verdict.ENVELOPE_REUSED: "envelope-reused",
    Verdict.CONFLICT: "content-conflict",
}


def process(turn: Turn, found: ReadResult) -> Reply:
    """Decide on one message, and answer it: at once, or through the outbox.

    FatalError where the message, or our settings, keep it from being carried: nothing that was
    written for it stands then, and `turn_down` says so to its sender.
    """
    ids = _note_ids(turn, found)
    reply = _decide(turn, ids, found)
    turn.write()
    return reply


def turn_down(turn: Turn, found: ReadResult, error: FatalError) -> Reply:
    """A message that was understood and cannot be carried: by its own fault, or by ours."""
    ids = _note_ids(turn, found)
    ours = error.entry.scope is not Scope.SENDER
    reply = _keep(turn, ids, error) if ours else _refuse(turn, ids, error)
    duplicates.remember(turn.tx, ids, turn.message.id)
    turn.write()
    return reply


def _decide(turn: Turn, ids: Ids, found: ReadResult) -> Reply:
    if isinstance(found, ReadMessage) and found.event is Event.RECEIPT:
        return _receipt(turn, found)
    if (
        isinstance(found, UnreadableMessage)
        and (found.event or turn.message.claimed_event) == Event.RECEIPT
    ):
        return _bad_receipt(turn, found.error)
    seen = duplicates.seen(turn.tx, ids) if ids.content_id else Seen(verdict=Verdict.NEW)
    anew = seen.verdict is Verdict.NEW or seen.first == turn.message.id  # itself, replayed
    if not anew and seen.verdict in (Verdict.COPY, Verdict.RESEND):
        return repeat(turn, seen)
    if not anew:
        return _refuse(turn, ids, FatalError(_REUSED_IDS[seen.verdict]))
    if ids.content_id:
        duplicates.remember(turn.tx, ids, turn.message.id)
    return (
        _unread(turn, ids, found.error)
        if isinstance(found, UnreadableMessage)
        else forward(turn, found)
    )


def _note_ids(turn: Turn, found: ReadResult) -> Ids:
    ids = ids_of(turn.message, found.bundle)
    recorded = bundles.recorded(found.bundle)
    losses = found.losses if isinstance(found, ReadMessage) else ()
    issues = found.issues if isinstance(found, ReadMessage) else found.error.issues
    turn.note(
        event=str(found.event)[:60],
        content_id=ids.content_id,
        envelope_id=ids.envelope_id,
        recorded=recorded.isoformat() if recorded else "",
        losses=read_message.dump_losses(losses),
        issues=read_message.dump_issues(issues),
    )
    return ids


def _receipt(turn: Turn, found: ReadMessage) -> Reply:
    """A receipt is never receipted; one that matches nothing is for a person."""
    message = turn.message
    try:
        row = receipts.apply(turn.tx, turn.network, turn.sender, found.bundle, turn.now, message.id)
    except FatalError as error:
        give_up(turn, error)
        return Reply()
    turn.settle(Ruling.PROCESS, case_id=row["case_id"])
    return Reply()


def _bad_receipt(turn: Turn, error: FatalError) -> Reply:
    """One that cannot be read is for a person too; only a door that answers itself says so."""
    give_up(turn, error)
    told = Receipt(about=turn.message.id, code=Code.FATAL, issues=error.issues)
    return Reply(receipt=told)


def _unread(turn: Turn, ids: Ids, error: FatalError) -> Reply:
    if error.code != "unmapped-event" or turn.sender.unmapped == "refuse":
        return _refuse(turn, ids, error)
    turn.settle(Ruling.PROCESS, note="not-used")
    _line(turn, "not-used", error.detail)
    issue = Issue(code="not-used", detail=error.detail, severity=Severity.INFORMATION)
    return answer(turn, _about(turn, ids), Code.OK, [issue])


def _refuse(turn: Turn, ids: Ids, error: AdapterError) -> Reply:
    """The message's own fault: its sender is told everything that is wrong."""
    why = {"code": error.code, "detail": error.detail}
    issues = read_message.dump_issues(error.issues)
    turn.settle(Ruling.REFUSE, **why, issues=issues)
    _line(turn, "refused", error.code)
    return answer(turn, _about(turn, ids), Code.FATAL, error.issues)


def _keep(turn: Turn, ids: Ids, error: AdapterError) -> Reply:
    """Not the message's fault: we answer for it, and a person must look at our own side."""
    give_up(turn, error)
    issue = Issue(code=error.code, detail=error.detail, severity=Severity.INFORMATION)
    return answer(turn, _about(turn, ids), Code.OK, [issue])


def fault(turn: Turn) -> Reply:
    """An unexpected exception: the message is dead, and its sender may try again."""
    error = FatalError("adapter-fault")
    give_up(turn, error)
    if turn.message.claimed_event == Event.RECEIPT:
        reply = Reply()
    else:
        named = read_message.content_id(turn.network, turn.sender, turn.message)
        reply = answer(turn, named or turn.message.id, Code.TRANSIENT, error.issues)
    turn.write()
    return reply


def bury(turn: Turn, error: AdapterError) -> None:
    """A message whose sender cannot be answered: it is kept, in front of a person."""
    give_up(turn, error)
    turn.write()


def give_up(turn: Turn, error: AdapterError) -> None:
    """The message is in front of a person."""
    why = {"code": error.code, "detail": error.detail}
    turn.settle(Ruling.GIVE_UP, **why)
    _line(turn, "dead", str(error))
    told = {"message_id": turn.message.id, "endpoint": turn.message.endpoint, "code": error.code}
    log.warning("dead-message", extra=told)


def _about(turn: Turn, ids: Ids) -> str:
    """What our receipt names: the content id, or our own id where the message had none."""
    return ids.content_id or turn.message.id


def _line(turn: Turn, what: str, detail: str) -> None:
    message = turn.message
    history.note(
        turn.tx, turn.now, what, message=message.id, endpoint=message.endpoint, detail=detail
    )
