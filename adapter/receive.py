"""Bytes to the inbox, and the inbox to decisions.

Two ways in. A door that must answer at once calls `accept`: it reads first, then stores and
decides in one short transaction, then answers. A transport that is pulled goes through
`receive_batch`, which never looks inside, and `process_batch`, which works off what is stored.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import islice, takewhile

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError

from adapter import bundles, receipts
from adapter.errors import FatalError, TransientError
from adapter.lifecycle import Ruling
from adapter.model import Envelope, Event, Message
from adapter.process import Reply, Turn, bury, fault, process, turn_down
from adapter.reading import Reading, Unread, read
from adapter.routing import Network
from adapter.store import Store, history, inbox, outbox
from adapter.store.alone import alone
from adapter.transports import Transport
from adapter.windows import window

log = logging.getLogger(__name__)
_TOGETHER_AGAIN = {1: 8}
"""How many messages are worked on at once that were begun so often; a transaction for each one
would make every death of a process cost seconds."""
TRIES = 3  # a message that was begun this often and never finished is for a person


def accept(store: Store, network: Network, letter: Envelope, now: datetime) -> Reply:
    """Store, decide, and say what to answer. TransientError: nothing was stored."""
    sender = network.endpoint(letter.endpoint)
    message = inbox.arrived(letter, now)
    found = _read(network, message)
    window("received")
    with store.begin() as tx:
        inbox.wait_for_sender(tx, sender.name)
        _lock_answered(tx, network, sender.name, [found])
        inbox.put(tx, [(message, letter)], {"direct": True})
        turn = Turn(tx=tx, network=network, message=_direct(message), now=now)
        reply = _decide(turn, found) or fault(turn.afresh())
        window("processing")
    window("answering")
    log.info("received", extra={"message_id": message.id, "endpoint": sender.name})
    return reply


def _direct(message: Message) -> Message:
    return Message(
        id=message.id,
        endpoint=message.endpoint,
        body=message.body,
        fingerprint=message.fingerprint,
        received_at=message.received_at,
        claimed_event=message.claimed_event,
        direct=True,
    )


def receive_batch(
    store: Store, transport: Transport, now: datetime, size: int = 100, wait: float = 0.05
) -> int:
    """Take what has come, store it, and only then let go of it at the far side."""
    letters = list(islice(transport.receive(wait), size))
    if not letters:
        return 0
    window("received")
    with store.begin() as tx:
        inbox.put(tx, [(inbox.arrived(letter, now), letter) for letter in letters], {})
    window("stored")
    transport.acknowledge(letters)
    window("acknowledged")
    return len(letters)


def process_batch(store: Store, network: Network, now: datetime, limit: int = 50) -> int:
    """Work off the inbox: each sender's messages in order, many in one transaction."""
    with store.read() as tx:
        senders = inbox.senders_waiting(tx)
    return sum(_process_sender(store, network, sender, now, limit) for sender in senders)


def _process_sender(store: Store, network: Network, sender: str, now: datetime, limit: int) -> int:
    """0 while another process works on this sender's messages: it is that one's try."""
    with alone(store, sender) as mine:
        return _process_alone(store, network, sender, now, limit) if mine else 0


def _process_alone(store: Store, network: Network, sender: str, now: datetime, limit: int) -> int:
    with store.begin() as tx:
        if not inbox.lock_sender(tx, sender):
            return 0
        messages = _together(inbox.claim(tx, sender, limit))
        inbox.count_try(tx, [m.id for m in messages])
    window("tried")
    known = network.knows(sender)
    found = {m.id: _read(network, m) for m in messages if known and m.tries < TRIES}
    with store.begin() as tx:
        inbox.wait_for_sender(tx, sender)
        _lock_answered(tx, network, sender, found.values())
        mine = inbox.waiting(tx, [m.id for m in messages])
        for message in mine:
            turn = Turn(tx=tx, network=network, message=message, now=now)
            _one(turn, found.get(message.id))
        window("processing")
    window("processed")
    return len(mine)


def _together(messages: list[Message]) -> list[Message]:
    """What may be worked on at once: of what was begun before, few, and the next time, each alone.

    One of them may be what ended the process, and would end it again for all those beside it.
    """
    tries = messages[0].tries if messages else 0
    most = _TOGETHER_AGAIN.get(tries, 1) if tries else len(messages)
    return list(takewhile(lambda m: m.tries == tries, messages[:most]))


def _lock_answered(
    tx: sa.Connection, network: Network, sender: str, found: Iterable[Reading | Unread | None]
) -> None:
    """Before any case, the deliveries that these receipts and answers close.

    Senders lock a delivery, and then the case that they flag: never the other way round.
    """
    contents = [
        bundles.concerned(one.bundle)
        for one in found
        if isinstance(one, Reading) and one.event in (Event.RECEIPT, Event.ANSWER)
    ]
    if contents:
        names = network.same_organization(network.endpoint(sender))
        outbox.lock_answered(tx, names, contents)


def _one(turn: Turn, found: Reading | Unread | None) -> None:
    message = turn.message
    if not message.endpoint:
        bury(turn, FatalError("unidentified-sender"))
    elif not turn.network.knows(message.endpoint):
        bury(turn, FatalError("settings", "the sender is no longer in the settings"))
    elif message.tries > TRIES:
        fault(turn)
    else:
        _decide(turn, found)
    log.info("processed", extra={"message_id": message.id, "endpoint": message.endpoint})


def _decide(turn: Turn, found: Reading | Unread | None) -> Reply | None:
    """None after an unexpected exception: rolled back to before this message, and logged."""
    if found is None:
        return None
    try:
        return _within_savepoint(turn, found)
    except (OperationalError, InterfaceError):
        raise  # the store itself is in trouble: nothing of this transaction stands
    except Exception:
        log.exception("adapter-fault", extra={"message_id": turn.message.id})
        return None


def _within_savepoint(turn: Turn, found: Reading | Unread) -> Reply:
    try:
        with turn.tx.begin_nested():
            return process(turn, found)
    except FatalError as error:
        with turn.tx.begin_nested():
            return turn_down(turn.afresh(), found, error)


def _read(network: Network, message: Message) -> Reading | Unread | None:
    """None after an unexpected exception in a mapping: the next message is unaffected."""
    try:
        return read(network, network.endpoint(message.endpoint), message)
    except Exception:
        log.exception("adapter-fault", extra={"message_id": message.id})
        return None


def keep_fragment(store: Store, letter: Envelope, now: datetime) -> None:
    """Bytes that broke off before their end: nobody was answered, but they are kept and shown."""
    message = inbox.arrived(letter, now)
    error = FatalError("unreadable", "broken off before the end")
    with store.begin() as tx:
        inbox.put(tx, [(message, letter)], {"direct": True, "note": "fragment"})
        inbox.settle(tx, message.id, Ruling.REFUSE, code=error.code, detail=error.detail)
        history.note(
            tx, now, "fragment", message=message.id, endpoint=letter.endpoint, detail=error.detail
        )
    log.warning("fragment", extra={"message_id": message.id, "endpoint": letter.endpoint})


def receive_dead(
    store: Store, network: Network, transport: Transport, now: datetime, wait: float = 0.05
) -> int:
    """What queues gave up: a message that we could not take, or a failed attempt of a delivery."""
    letters = list(islice(transport.receive(wait), 100))
    if not letters:
        return 0
    with store.begin() as tx:
        for letter in letters:
            _dead_letter(tx, network, letter, now)
    transport.acknowledge(letters)
    return len(letters)


def _dead_letter(tx: sa.Connection, network: Network, letter: Envelope, now: datetime) -> None:
    """Only its receiver's inbox gives up a delivery. What else died there names no sender."""
    row = outbox.get(tx, letter.delivery) if letter.delivery else None
    if row is not None and row["endpoint"] == letter.endpoint:
        reason = letter.headers.get("x-death-reason", "")
        receipts.fail(tx, network, row, TransientError("returned", reason), now)
        history.of_delivery(tx, now, "returned-by-queue", row, reason)
        return
    found = replace(letter, endpoint="") if letter.delivery else letter
    inbox.put(tx, [(inbox.arrived(found, now), found)], {})
