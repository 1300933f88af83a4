"""Decide on one message, inside one transaction, with its sender's row locked.

A receipt is applied to its delivery, a copy gets the first receipt again, a faulty message is
refused, and a new one is forwarded (`forwarding.py`).
"""

from __future__ import annotations

import logging

from adapter.core.catalogue import Scope
from adapter.core.errors import AdapterError, FatalError
from adapter.core.lifecycle import Ruling
from adapter.core.model import Code, Event, Message, Receipt
from adapter.fhir import bundles
from adapter.inbound import recalling, stay_items
from adapter.inbound.forwarding import forward
from adapter.inbound.message_ids import has_other_content, ids_of
from adapter.inbound.owed_receipts import OwedReceipt, answer, information, is_silent, repeat
from adapter.inbound.stay_case import ContestedError
from adapter.inbound.stays import protect_only
from adapter.inbound.taken_ids import with_free_ids
from adapter.inbound.turn import Turn, log_fields
from adapter.outbound import receipts
from adapter.policy.read_message import (
    ReadMessage,
    ReadResult,
    UnreadableMessage,
    content_id,
    dump_issues,
    dump_losses,
    read_message,
)
from adapter.settings.network import Network
from adapter.store import RowRefusedError, StoreUnavailableError, duplicates
from adapter.store.duplicates import Ids, Seen, Verdict

log = logging.getLogger(__name__)


def read_safely(network: Network, message: Message) -> ReadResult | None:
    """Read a message; None after an unexpected exception in a mapping."""
    try:
        return read_message(network, network.endpoint(message.endpoint), message)
    except Exception:
        log.exception("adapter-fault", extra={"message_id": message.id})
        return None


def decide(turn: Turn, result: ReadResult | None) -> OwedReceipt | None:
    """Decide on a message that was read.

    None after an unexpected exception: it is logged, and its writes are rolled back.
    """
    if result is None:
        return None
    try:
        return _process_or_turn_down(turn, result)
    except (RowRefusedError, StoreUnavailableError):
        raise  # a fault of the store rolls the whole transaction back
    except Exception:
        log.exception("adapter-fault", extra={"message_id": turn.message.id})
        return None


def _process_or_turn_down(turn: Turn, result: ReadResult) -> OwedReceipt:
    try:
        with turn.tx.attempt():
            return process(turn, result)
    except FatalError as error:
        with turn.tx.attempt():
            return turn_down(turn.afresh(), result, error)


def process(turn: Turn, result: ReadResult) -> OwedReceipt:
    """Decide on one message, and write its receipt.

    FatalError when it cannot be forwarded, by its own fault or by ours. Then the caller rolls its
    writes back and calls `turn_down`.
    """
    ids = _note_ids(turn, result)
    turn.learn(result.bundle)
    owed = _decide(turn, ids, result)
    turn.write()
    return owed


def turn_down(turn: Turn, result: ReadResult, error: FatalError) -> OwedReceipt:
    """Answer a message that was read but cannot be forwarded, by its own fault or by ours."""
    ids = _note_ids(turn, result)
    turn.learn(result.bundle)
    if error.code == "recall-unknown":
        recalling.remember(turn, result.bundle)
    if isinstance(error, ContestedError):
        stay_items.contested(turn, error)
        if isinstance(result, ReadMessage):
            protect_only(turn, result)
    ours = error.entry.scope is not Scope.SENDER
    owed = _keep(turn, error) if ours else _refuse(turn, error)
    duplicates.remember(turn.tx, ids, turn.message.id)
    turn.write()
    return owed


def _decide(turn: Turn, ids: Ids, result: ReadResult) -> OwedReceipt:
    if isinstance(result, ReadMessage) and result.event is Event.RECEIPT:
        return _receipt(turn, result)
    if isinstance(result, UnreadableMessage) and _claims_receipt(turn, result):
        return _bad_receipt(turn, result.error)
    new = Seen(verdict=Verdict.NEW)
    seen = duplicates.seen(turn.tx, ids, turn.message.id) if ids.content_id else new
    if seen.first != turn.message.id and (answered := _seen_before(turn, seen)):
        return answered
    if ids.content_id:
        duplicates.remember(turn.tx, ids, turn.message.id)
    if isinstance(result, UnreadableMessage):
        return _unreadable(turn, result.error)
    if seen.voided_by and recalling.may_be_void(result.event):
        return recalling.void(turn, result, seen.voided_by)
    return forward(turn, with_free_ids(turn, result, seen))


def _seen_before(turn: Turn, seen: Seen) -> OwedReceipt | None:
    """Answer a message with an id that has come before: a copy, or a reused id. None when new."""
    if seen.verdict is Verdict.ENVELOPE_REUSED:
        return _refuse(turn, FatalError("envelope-reused"))
    if not (seen.first or seen.elsewhere):
        return None
    if seen.verdict is Verdict.CONFLICT or has_other_content(turn, seen):
        return _conflict(turn)
    return None if seen.verdict is Verdict.NEW else repeat(turn, seen)


def _conflict(turn: Turn) -> OwedReceipt:
    """Other content under a known id: its sender is told, and a person has what it says."""
    error = FatalError("content-conflict")
    _give_up(turn, error)
    return answer(turn, turn.about, Code.FATAL, error.issues)


def _claims_receipt(turn: Turn, result: UnreadableMessage) -> bool:
    return (result.event or turn.message.claimed_event) == Event.RECEIPT


def _note_ids(turn: Turn, result: ReadResult) -> Ids:
    ids = ids_of(turn.message, result.bundle)
    recorded = bundles.recorded(result.bundle)
    losses = result.losses if isinstance(result, ReadMessage) else ()
    issues = result.issues if isinstance(result, ReadMessage) else result.error.issues
    turn.note(
        event=str(result.event)[:60],
        content_id=ids.content_id,
        envelope_id=ids.envelope_id,
        recorded=recorded.isoformat() if recorded else "",
        losses=dump_losses(losses),
        issues=dump_issues(issues),
    )
    return ids


def _receipt(turn: Turn, result: ReadMessage) -> OwedReceipt:
    """Apply a receipt. A receipt gets no receipt; one that matches no delivery is dead."""
    try:
        delivery = receipts.apply(
            turn.tx, turn.network, turn.sender, result.bundle, turn.now, turn.message.id
        )
    except FatalError as error:
        _give_up(turn, error)
        return OwedReceipt()
    turn.settle(Ruling.PROCESS, case_id=delivery.case_id)
    return OwedReceipt()


def _bad_receipt(turn: Turn, error: FatalError) -> OwedReceipt:
    """An unreadable receipt is dead. It is answered only in the same exchange, never queued."""
    _give_up(turn, error)
    fatal = Receipt(about=turn.message.id, code=Code.FATAL, issues=error.issues)
    return OwedReceipt(receipt=fatal)


def _unreadable(turn: Turn, error: FatalError) -> OwedReceipt:
    if turn.message.is_cut_off:
        return _cut_off(turn, error)
    if error.code != "unmapped-event" or turn.sender.unmapped == "refuse":
        return _refuse(turn, error)
    turn.settle(Ruling.PROCESS, note="not-used")
    turn.log("not-used", error.detail)
    return answer(turn, turn.about, Code.OK, [information("not-used", error.detail)])


def _cut_off(turn: Turn, error: FatalError) -> OwedReceipt:
    """A message over the limit is dead, for a person to see; its sender gets `fatal-error`."""
    _give_up(turn, error)
    return answer(turn, turn.about, Code.FATAL, error.issues)


def _refuse(turn: Turn, error: AdapterError) -> OwedReceipt:
    """Refuse a message with faults of its own; the receipt has all its issues.

    Where its sender has asked to hear nothing of it, a person has it instead.
    """
    turn.note(issues=dump_issues(error.issues))
    if is_silent(turn, Code.FATAL, [issue.code for issue in error.issues]):
        _give_up(turn, error)
    else:
        turn.settle(Ruling.REFUSE, code=error.code, detail=error.detail)
        turn.log("refused", error.code)
    return answer(turn, turn.about, Code.FATAL, error.issues)


def _keep(turn: Turn, error: AdapterError) -> OwedReceipt:
    """Our own fault: the message is dead for a person to correct, and its sender gets `ok`."""
    _give_up(turn, error)
    return answer(turn, turn.about, Code.OK, [information(error.code, error.detail)])


def fault(turn: Turn) -> OwedReceipt:
    """After an unexpected exception: the message is dead, and its sender gets `transient-error`."""
    error = FatalError("adapter-fault")
    _give_up(turn, error)
    owed = OwedReceipt()
    if turn.message.claimed_event != Event.RECEIPT:
        about = content_id(turn.network, turn.sender, turn.message) or turn.message.id
        owed = answer(turn, about, Code.TRANSIENT, error.issues)
    turn.write()
    return owed


def bury(turn: Turn, error: AdapterError) -> None:
    """Make a message dead without a receipt, because its sender cannot be answered."""
    _give_up(turn, error)
    turn.write()


def _give_up(turn: Turn, error: AdapterError) -> None:
    turn.settle(Ruling.GIVE_UP, code=error.code, detail=error.detail)
    turn.log("dead", str(error))
    log.warning("dead-message", extra=log_fields(turn.message) | {"code": error.code})
