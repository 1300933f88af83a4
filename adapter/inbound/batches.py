"""The inbox is worked off: each sender's messages in order, many in one transaction."""

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
from adapter.inbound.turn import Turn
from adapter.policy.read_message import ReadResult
from adapter.settings.network import Network
from adapter.store import RowRefusedError, Store, inbox
from adapter.store.exclusive_lock import exclusive_lock

log = logging.getLogger(__name__)
TRIES = 3  # a message that was begun this often and never finished is for a person
_TOGETHER_AGAIN = {1: 8}
"""How many messages that were begun so often before are worked on together. One transaction for
each would make every death of a process cost seconds."""


def process_batch(store: Store, network: Network, now: datetime, limit: int = 50) -> int:
    """Decide on what waits in the inbox; return how many messages that were."""
    with store.read() as tx:
        waiting = inbox.senders_waiting(tx, limit)
    return sum(
        _process_share(store, network, share, now, limit) for share in shares(waiting, limit)
    )


def shares(waiting: Mapping[str, int], limit: int) -> list[list[str]]:
    """Senders whose messages are worked on together: one with many, or several with few.

    `waiting` says how many each of them has. A transaction has its price whatever it holds, but
    what one process takes, others cannot.
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
    """0 while another process works on these senders' messages: the try is that process's."""
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
        done = sum(_decide_alone(store, network, each, now) for each in results)
    kill_point("processed")
    return done


def _begin(store: Store, names: Collection[str], limit: int) -> list[Message]:
    """Choose messages and count the try, before anything can go wrong with them."""
    with store.begin() as tx:
        waiting = [inbox.claim(tx, name, limit) for name in inbox.lock_senders(tx, names)]
        messages = _together([queue for queue in waiting if queue])
        inbox.count_try(tx, [message.id for message in messages])
    for message in messages:
        if message.tries:  # it was begun before, and nobody wrote how that ended
            place = {"message_id": message.id, "endpoint": message.endpoint}
            log.warning("begun-before", extra=place | {"attempt": message.tries + 1})
    kill_point("tried")
    return messages


def _is_readable(network: Network, message: Message) -> bool:
    return network.knows(message.endpoint) and message.tries < TRIES


def _together(waiting: Sequence[list[Message]]) -> list[Message]:
    """Messages that may be worked on at once: of those begun before few, the next time only one.

    One of them may be what ended the process, and would end it again for all those beside it.
    """
    for queue in waiting:
        if queue[0].tries:
            return _tried_alike(queue[: _TOGETHER_AGAIN.get(queue[0].tries, 1)])
    return [message for queue in waiting for message in _tried_alike(queue)]


def _tried_alike(queue: list[Message]) -> list[Message]:
    """The first message, and those after it that were begun as often."""
    return list(takewhile(lambda message: message.tries == queue[0].tries, queue))


def _decide_together(
    store: Store,
    network: Network,
    results: Sequence[tuple[Message, ReadResult | None]],
    now: datetime,
) -> int:
    """Decide on messages of some senders, each sender's in order, in one transaction."""
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
    """Decide on one message that may be what the store refused. Its try is counted already."""
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
    log.info("processed", extra={"message_id": message.id, "endpoint": message.endpoint})
