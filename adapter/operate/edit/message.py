"""Edit a message: the edited bytes are read, checked and routed like an arrived message."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.lifecycle import Ruling, Standing
from adapter.core.model import Envelope, Message, StoredMessage
from adapter.fhir import bundles
from adapter.inbound.process import process
from adapter.inbound.turn import Turn
from adapter.operate.edit.original import Edited, Original, names_for, renamed
from adapter.policy.read_message import ReadMessage, read_message
from adapter.settings.network import Network
from adapter.store import concerned, inbox, queries
from adapter.store.transaction import Transaction


def edit(tx: Transaction, network: Network, first: Original, body: bytes, now: datetime) -> Edited:
    """Process the bytes as if the sender had sent them.

    The sender gets no receipt: it knows only the original.
    """
    sender, original = first.endpoint, _stored(first)
    _read(network, sender, _message(original, body, now))
    names = names_for(first, body)
    message = _message(original, renamed(network, first, body, names), now)
    read = _read(network, sender, message)
    content_id = bundles.content_id(read.bundle)
    if content_id == original.content_id:
        raise FatalError("no-mapping", f"{first.system.name} gives an edited one no id of its own")
    about = [bundles.concerned(read.bundle)]
    concerned.prefetch(tx, {network.same_organization(sender): about})
    _store(tx, original, message, read)
    turn = Turn(tx=tx, network=network, message=message, now=now)
    owed = process(turn, read)
    if turn.notes["standing"] is not Standing.PROCESSED:
        raise FatalError(turn.notes["code"], turn.notes["detail"], owed.issues)
    return Edited(
        id=message.id,
        replaces=first.id,
        event=str(read.event),
        case_id=turn.notes.get("case_id"),
        content_id=content_id,
        readable=message.body,
        sent=tuple(queries.deliveries_of(tx, [message.id])),
        note=turn.notes.get("note", ""),
        issues=owed.issues,
    )


def _store(tx: Transaction, original: StoredMessage, message: Message, read: ReadMessage) -> None:
    """Store the edited message. The original becomes replaced."""
    envelope = Envelope(
        endpoint=message.endpoint,
        body=message.body,
        event=str(read.event),
        content_type=original.content_type,
    )
    inbox.put(tx, [(message, envelope)], {"direct": True, "replaces": original.id})
    inbox.settle(tx, original.id, Ruling.REPLACE, replaced_by=message.id)


def _stored(first: Original) -> StoredMessage:
    if not isinstance(first.record, StoredMessage):
        raise TypeError("a delivery is edited in delivery.py")
    return first.record


def _message(original: StoredMessage, body: bytes, now: datetime) -> Message:
    envelope = Envelope(endpoint=original.endpoint, body=body, event=original.claimed_event)
    return replace(inbox.arrived(envelope, now), direct=True)


def _read(network: Network, sender: Endpoint, message: Message) -> ReadMessage:
    result = read_message(network, sender, message)
    if isinstance(result, ReadMessage):
        return result
    raise result.error
