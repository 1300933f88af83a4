"""Process the inbox: each sender's messages in order, many in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from itertools import takewhile

from adapter.core.errors import FatalError
from adapter.core.kill_points import kill_point
from adapter.core.model import Message
from adapter.fhir import profiles
from adapter.inbound.prefetch import prefetch
from adapter.inbound.process import bury, decide, fault, read_safely
from adapter.inbound.turn import Turn, log_fields
from adapter.policy.read_message import ReadResult
from adapter.settings.network import Network
from adapter.store import RowRefusedError, Store, inbox
from adapter.store.exclusive_lock import exclusive_lock

log = logging.getLogger(__name__)
TRIES = 3  # a message that was begun alone this often and never finished becomes dead


def process_batch(store: Store, network: Network, now: datetime, limit: int = 50) -> int:
    """Decide on waiting messages of the inbox; return the number of messages."""
    with store.read() as tx:
        waiting = inbox.senders_waiting(tx, limit)
    if waiting:
        prepare_to_read()
    return sum(
        _process_share(store, network, share, now, limit) for share in shares(waiting, limit)
    )


@cache
def prepare_to_read() -> None:
    """Load the profiles: a process that dies while they load must not blame a message."""
    profiles.validate({"resourceType": "Bundle"})


def shares(waiting: Mapping[str, int], limit: int) -> list[list[str]]:
    """Group senders for one transaction each: one sender with many messages, or several with few.

    `waiting` has the number of messages of each sender. Large groups save transactions; small
    groups leave work for other processes.
    """
    shares_: list[list[str]] = []
    size = limit
    for name, count in waiting.items():
        if size + count > limit:
            shares_.append([])
            size = 0
        shares_[-1].append(name)
        size += count
    return shares_


def _process_share(
    store: Store, network: Network, names: Sequence[str], now: datetime, limit: int
) -> int:
    """Process the senders of a share that no other process holds; 0 when it holds them all."""
    with exclusive_lock(store, names) as locked:
        return _process_locked(store, network, locked, now, limit) if locked else 0


def _process_locked(
    store: Store, network: Network, names: Collection[str], now: datetime, limit: int
) -> int:
    messages = _begin(store, names, limit)
    if any(message.tries for message in messages):
        return sum(_process_alone(store, network, message, now) for message in messages)
    results = [(message, _read(network, message)) for message in messages]
    try:
        done = _decide_together(store, network, results, now)
    except RowRefusedError:
        done = sum(_decide_alone(store, network, result, now) for result in results)
    kill_point("processed")
    return done


def _begin(store: Store, names: Collection[str], limit: int) -> list[Message]:
    """Choose messages, and note that new ones are begun: processing may end the process."""
    with store.begin() as tx:
        waiting = [inbox.claim(tx, name, limit) for name in inbox.lock_senders(tx, names)]
        messages = _together([queue for queue in waiting if queue])
        inbox.count_try(tx, [message.id for message in messages if not message.tries])
    kill_point("tried")
    return messages


def _together(waiting: Sequence[list[Message]]) -> list[Message]:
    """Choose messages: of all senders new ones, or of one sender some that were begun before.

    One of those may have ended the process, so that each is processed alone.
    """
    for queue in waiting:
        if queue[0].tries:
            return list(takewhile(lambda message: message.tries, queue))
    return [message for queue in waiting for message in takewhile(_is_new, queue)]


def _is_new(message: Message) -> bool:
    return not message.tries


def _process_alone(store: Store, network: Network, message: Message, now: datetime) -> int:
    """Process a message whose earlier try has no outcome, in a transaction of its own.

    The try is counted directly before the reading, so that an earlier death does not count.
    """
    log.warning("begun-before", extra=log_fields(message) | {"attempt": message.tries + 1})
    if not is_given_up(message):
        with store.begin() as tx:
            inbox.count_try(tx, [message.id])
    done = _decide_alone(store, network, (message, _read(network, message)), now)
    kill_point("processed")
    return done


def _read(network: Network, message: Message) -> ReadResult | None:
    """Read a message; None when it cannot or shall not be read."""
    readable = network.knows(message.endpoint) and not is_given_up(message)
    return read_safely(network, message) if readable else None


def is_given_up(message: Message) -> bool:
    """Whether it was begun too often. The first try, together with others, does not count."""
    return message.tries > TRIES


def _decide_together(
    store: Store,
    network: Network,
    results: Sequence[tuple[Message, ReadResult | None]],
    now: datetime,
) -> int:
    """Decide on the messages of some senders in one transaction, each sender's in order."""
    if not results:
        return 0
    with store.begin() as tx:
        inbox.wait_for_senders(tx, {message.endpoint for message, _ in results})
        waiting = inbox.still_waiting(tx, [message for message, _ in results])
        current = [(message, result) for message, result in results if message.id in waiting]
        prefetch(tx, network, current)
        for message, result in current:
            _decide(Turn(tx=tx, network=network, message=message, now=now), result)
        kill_point("processing")
    return len(current)


def _decide_alone(
    store: Store, network: Network, result: tuple[Message, ReadResult | None], now: datetime
) -> int:
    """Decide on one message in its own transaction; the store may refuse it. The try counts."""
    for _ in range(2):
        with suppress(RowRefusedError):
            return _decide_together(store, network, [result], now)
    log.error("adapter-fault", extra={"message_id": result[0].id})
    return 0


def _decide(turn: Turn, result: ReadResult | None) -> None:
    message = turn.message
    if not message.endpoint:
        bury(turn, FatalError("unidentified-sender"))
    elif not turn.network.knows(message.endpoint):
        bury(turn, FatalError("settings", "the sender is no longer in the settings"))
    elif is_given_up(message):
        fault(turn)
    else:
        decide(turn, result)
    log.info("processed", extra=log_fields(message))
