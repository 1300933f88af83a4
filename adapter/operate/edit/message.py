"""A message that a person corrects: through the reading, the profiles and the routes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.lifecycle import Ruling, Standing
from adapter.core.model import Envelope, Message
from adapter.fhir import bundles
from adapter.inbound.process import Turn, process
from adapter.operate.edit.original import Edited, Original, names_for, renamed
from adapter.policy import read_message
from adapter.policy.read_message import ReadMessage
from adapter.settings.network import Network
from adapter.store import concerned, inbox, queries
from adapter.store.transaction import Transaction


def edit(tx: Transaction, network: Network, first: Original, body: bytes, now: datetime) -> Edited:
    """As if its sender had sent it so. The sender is not answered: it knows the original alone."""
    sender = first.endpoint
    _read(network, sender, _arrived(first, body, now))
    message = _arrived(first, renamed(network, first, body, names_for(first, body)), now)
    found = _read(network, sender, message)
    if bundles.content_id(found.bundle) == first.row["content_id"]:
        raise FatalError("no-mapping", f"{first.system.name} gives an edited one no id of its own")
    about = [bundles.concerned(found.bundle)]
    concerned.prefetch(tx, {tuple(network.same_organization(sender)): about})
    letter = Envelope(
        endpoint=sender.name,
        body=message.body,
        event=str(found.event),
        content_type=first.row["content_type"],
    )
    inbox.put(tx, [(message, letter)], {"direct": True, "replaces": first.id})
    inbox.settle(tx, first.id, Ruling.REPLACE, replaced_by=message.id)
    turn = Turn(tx=tx, network=network, message=message, now=now)
    reply = process(turn, found)
    if turn.found["standing"] is not Standing.PROCESSED:
        raise FatalError(turn.found["code"], turn.found["detail"], reply.issues)
    return Edited(
        id=message.id,
        replaces=first.id,
        event=str(found.event),
        case_id=turn.found.get("case_id"),
        content_id=bundles.content_id(found.bundle),
        readable=message.body,
        sent=tuple(queries.deliveries_of(tx, [message.id])),
        note=turn.found.get("note", ""),
        issues=reply.issues,
    )


def _arrived(first: Original, body: bytes, now: datetime) -> Message:
    letter = Envelope(endpoint=first.endpoint.name, body=body, event=first.row["claimed_event"])
    return replace(inbox.arrived(letter, now), direct=True)


def _read(network: Network, sender: Endpoint, message: Message) -> ReadMessage:
    found = read_message.read_message(network, sender, message)
    if isinstance(found, ReadMessage):
        return found
    raise found.error
