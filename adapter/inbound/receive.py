"""Bytes to the inbox, and the inbox to decisions.

Two ways in. A door that must answer at once calls `accept`: it reads first, then stores and
decides in one short transaction, then answers. A transport that is pulled goes through
`receive_batch`, which never looks inside, and `process_batch`, which works off what is stored.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import islice, takewhile

from sqlalchemy.exc import DBAPIError

from adapter.core.errors import FatalError, TransientError
from adapter.core.kill_points import kill_point
from adapter.core.lifecycle import Ruling
from adapter.core.model import Envelope, Message
from adapter.inbound.process import Reply, Turn, bury, fault, prefetch, process, turn_down
from adapter.outbound import receipts
from adapter.policy.read_message import ReadResult, read_message
from adapter.settings.network import Network
from adapter.store import RowRefusedError, Store, history, inbox, outbox
from adapter.store.exclusive_lock import exclusive_lock
from adapter.store.transaction import Transaction
from adapter.transports import Transport

log = logging.getLogger(__name__)
_TOGETHER_AGAIN = {1: 8}
"""How many messages are worked on at once that were begun so often; a transaction for each one
would make every death of a process cost seconds."""
TRIES = 3  # a message that was begun this often and never finished is for a person


def accept(store: Store, network: Network, letter: Envelope, now: datetime) -> Reply:
    """Store, decide, and say what to answer. TransientError: nothing was stored."""
    message = _direct(inbox.arrived(letter, now))
    found = _read(network, message)
    kill_point("received")
    reply = _accepted(store, network, letter, message, found)
    kill_point("answering")
    log.info("received", extra={"message_id": message.id, "endpoint": message.endpoint})
    return reply


def _accepted(
    store: Store, network: Network, letter: Envelope, message: Message, found: ReadResult | None
) -> Reply:
    """Refused twice, it is a fault of ours."""
    for one in (found, found):
        with suppress(RowRefusedError):
            return _stored(store, network, letter, message, one)
    return _stored(store, network, letter, message, None)


def _stored(
    store: Store, network: Network, letter: Envelope, message: Message, found: ReadResult | None
) -> Reply:
    with store.begin() as tx:
        inbox.wait_for_senders(tx, [message.endpoint])
        prefetch(tx, network, [(message, found)])
        inbox.put(tx, [(message, letter)], {"direct": True})
        turn = Turn(tx=tx, network=network, message=message, now=message.received_at)
        reply = _decide(turn, found) or fault(turn.afresh())
        kill_point("processing")
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
    store: Store, transport: Transport, now: datetime, size: int = 100, wait: float = 0
) -> int:
    """Take what has come, store it, and only then let go of it at the far side.

    Nobody waits for more: what comes while this is stored goes together the next time. Waiting
    for a pause would hold a steady stream back until `size` have come.
    """
    letters = list(islice(transport.receive(wait), size))
    if not letters:
        return 0
    kill_point("received")
    with store.begin() as tx:
        inbox.put(tx, [(inbox.arrived(letter, now), letter) for letter in letters], {})
    kill_point("stored")
    transport.acknowledge(letters)
    kill_point("acknowledged")
    return len(letters)


def process_batch(store: Store, network: Network, now: datetime, limit: int = 50) -> int:
    """Work off the inbox: each sender's messages in order, many in one transaction."""
    with store.read() as tx:
        waiting = inbox.senders_waiting(tx, limit)
    return sum(
        _process_share(store, network, share, now, limit) for share in shares(waiting, limit)
    )


def shares(waiting: Mapping[str, int], limit: int) -> list[list[str]]:
    """Senders whose messages are worked on together: one who has many, or several who have few.

    `waiting` says how many each of them has. A turn has its price, whatever it is about; but what
    one process takes, others cannot.
    """
    found: list[list[str]] = []
    size = limit
    for name, count in waiting.items():
        if size + count > limit:
            found.append([])
            size = 0
        found[-1].append(name)
        size += count
    return found


def _process_share(
    store: Store, network: Network, names: Sequence[str], now: datetime, limit: int
) -> int:
    """0 while another process works on these senders' messages: it is that one's try."""
    with exclusive_lock(store, names) as mine:
        return _process_alone(store, network, mine, now, limit) if mine else 0


def _process_alone(
    store: Store, network: Network, names: Collection[str], now: datetime, limit: int
) -> int:
    with store.begin() as tx:
        waiting = [inbox.claim(tx, name, limit) for name in inbox.lock_senders(tx, names)]
        messages = _together([mine for mine in waiting if mine])
        inbox.count_try(tx, [m.id for m in messages])
    for message in messages:
        if message.tries:  # it was begun, and nobody wrote how it ended
            told = {"message_id": message.id, "endpoint": message.endpoint}
            log.warning("begun-before", extra=told | {"attempt": message.tries + 1})
    kill_point("tried")
    found = [(m, _read(network, m) if _is_readable(network, m) else None) for m in messages]
    try:
        done = _decide_on(store, network, found, now)
    except RowRefusedError:
        done = sum(_decide_alone(store, network, one, now) for one in found)
    kill_point("processed")
    return done


def _is_readable(network: Network, message: Message) -> bool:
    return network.knows(message.endpoint) and message.tries < TRIES


def _decide_on(
    store: Store,
    network: Network,
    found: Sequence[tuple[Message, ReadResult | None]],
    now: datetime,
) -> int:
    """Messages of some senders, each sender's in order, in one transaction."""
    if not found:
        return 0
    with store.begin() as tx:
        inbox.wait_for_senders(tx, {message.endpoint for message, _ in found})
        waiting = inbox.still_waiting(tx, [message for message, _ in found])
        mine = [(message, one) for message, one in found if message.id in waiting]
        prefetch(tx, network, mine)
        for message, one in mine:
            _one(Turn(tx=tx, network=network, message=message, now=now), one)
        kill_point("processing")
    return len(mine)


def _decide_alone(
    store: Store, network: Network, found: tuple[Message, ReadResult | None], now: datetime
) -> int:
    """A message that may be what was refused; its try is counted."""
    for _ in range(2):
        with suppress(RowRefusedError):
            return _decide_on(store, network, [found], now)
    log.error("adapter-fault", extra={"message_id": found[0].id})
    return 0


def _together(waiting: Sequence[list[Message]]) -> list[Message]:
    """What may be worked on at once: of what was begun before, few, and the next time, each alone.

    One of them may be what ended the process, and would end it again for all those beside it.
    """
    for mine in waiting:
        if mine[0].tries:
            return _as_often(mine[: _TOGETHER_AGAIN.get(mine[0].tries, 1)])
    return [message for mine in waiting for message in _as_often(mine)]


def _as_often(messages: list[Message]) -> list[Message]:
    """The first of these, and those after it that were begun as often."""
    return list(takewhile(lambda m: m.tries == messages[0].tries, messages))


def _one(turn: Turn, found: ReadResult | None) -> None:
    message = turn.message
    if not message.endpoint:
        bury(turn, FatalError("unidentified-sender"))
    elif not turn.network.knows(message.endpoint):
        bury(turn, FatalError("settings", "the sender is no longer in the settings"))
    elif message.tries >= TRIES:
        fault(turn)
    else:
        _decide(turn, found)
    log.info("processed", extra={"message_id": message.id, "endpoint": message.endpoint})


def _decide(turn: Turn, found: ReadResult | None) -> Reply | None:
    """None after an unexpected exception: rolled back to before this message, and logged."""
    if found is None:
        return None
    try:
        return _attempted(turn, found)
    except DBAPIError:
        raise  # the store itself is in trouble: nothing of this transaction stands
    except Exception:
        log.exception("adapter-fault", extra={"message_id": turn.message.id})
        return None


def _attempted(turn: Turn, found: ReadResult) -> Reply:
    try:
        with turn.tx.attempt():
            return process(turn, found)
    except FatalError as error:
        with turn.tx.attempt():
            return turn_down(turn.afresh(), found, error)


def _read(network: Network, message: Message) -> ReadResult | None:
    """None after an unexpected exception in a mapping: the next message is unaffected."""
    try:
        return read_message(network, network.endpoint(message.endpoint), message)
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


def _dead_letter(tx: Transaction, network: Network, letter: Envelope, now: datetime) -> None:
    """Only its receiver's inbox gives up a delivery. What else died there names no sender."""
    row = outbox.get(tx, letter.delivery) if letter.delivery else None
    if row is not None and row["endpoint"] == letter.endpoint:
        reason = letter.headers.get("x-death-reason", "")
        receipts.fail(tx, network, row, TransientError("returned", reason), now)
        history.of_delivery(tx, now, "returned-by-queue", row, reason)
        return
    found = replace(letter, endpoint="") if letter.delivery else letter
    inbox.put(tx, [(inbox.arrived(found, now), found)], {})
