"""Process the inbox: each sender's messages in order, many in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile

from adapter.core.errors import FatalError
from adapter.core.kill_points import kill_point
from adapter.core.model import Message
from adapter.inbound.prefetch import prefetch
from adapter.inbound.process import bury, decide, fault, read_safely
from adapter.inbound.turn import Turn, log_fields
from adapter.policy.read_message import ReadResult
from adapter.settings.network import Network
from adapter.store import RowRefusedError, Store, inbox
from adapter.store.exclusive_lock import exclusive_lock

log = logging.getLogger(__name__)
TRIES = 3  # a message that was begun this often and never finished becomes dead
_TOGETHER_AGAIN = {1: 8}
"""By number of earlier tries: how many messages are processed in one transaction.

More tries than the table has means one message. With one message each at the first retry, every
killed process would cost seconds.
"""


def process_batch(store: Store, network: Network, now: datetime, limit: int = 50) -> int:
    """Decide on waiting messages of the inbox; return the number of messages."""
    with store.read() as tx:
        waiting = inbox.senders_waiting(tx, limit)
    return sum(
        _process_share(store, network, share, now, limit) for share in shares(waiting, limit)
    )


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
    results = [
        (message, read_safely(network, message) if _is_readable(network, message) else None)
        for message in messages
    ]
    try:
        done = _decide_together(store, network, results, now)
    except RowRefusedError:
        done = sum(_decide_alone(store, network, result, now) for result in results)
    kill_point("processed")
    return done


def _begin(store: Store, names: Collection[str], limit: int) -> list[Message]:
    """Choose messages and count the try first, because processing may end the process."""
    with store.begin() as tx:
        waiting = [inbox.claim(tx, name, limit) for name in inbox.lock_senders(tx, names)]
        messages = _together([queue for queue in waiting if queue])
        inbox.count_try(tx, [message.id for message in messages])
    for message in messages:
        if message.tries:  # an earlier try has no outcome
            log.warning("begun-before", extra=log_fields(message) | {"attempt": message.tries + 1})
    kill_point("tried")
    return messages


def _is_readable(network: Network, message: Message) -> bool:
    return network.knows(message.endpoint) and message.tries < TRIES


def _together(waiting: Sequence[list[Message]]) -> list[Message]:
    """Choose messages for one transaction; after a failed try fewer, and then only one.

    One of them may have ended the process, and would end it again for the others.
    """
    for queue in waiting:
        if queue[0].tries:
            return _tried_alike(queue[: _TOGETHER_AGAIN.get(queue[0].tries, 1)])
    return [message for queue in waiting for message in _tried_alike(queue)]


def _tried_alike(queue: list[Message]) -> list[Message]:
    """The first message, and those directly after it with the same number of tries."""
    return list(takewhile(lambda message: message.tries == queue[0].tries, queue))


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
    """Decide on one message in its own transaction; the store may refuse it. The try is counted."""
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
    elif message.tries >= TRIES:
        fault(turn)
    else:
        decide(turn, result)
    log.info("processed", extra=log_fields(message))
