"""Receive messages: bytes are stored before they are acknowledged.

HTTP and MLLP must answer at once and call `accept`: it reads the message, stores it and decides
in one short transaction, and returns the receipt. A queue goes through `receive_batch`, which
parses nothing; `batches.py` processes what is stored.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from adapter.core.errors import FatalError, TransientError
from adapter.core.kill_points import kill_point
from adapter.core.lifecycle import Ruling
from adapter.core.model import Envelope, Message
from adapter.inbound.owed_receipts import OwedReceipt, together
from adapter.inbound.prefetch import prefetch
from adapter.inbound.process import decide, fault, read_safely
from adapter.inbound.turn import Turn, log_fields
from adapter.mappings import Package
from adapter.outbound import failed_deliveries
from adapter.policy.read_message import ReadResult, UnreadableMessage
from adapter.settings.network import Network
from adapter.store import RowRefusedError, Store, history, inbox, outbox
from adapter.store.transaction import Transaction
from adapter.transports import Transport

log = logging.getLogger(__name__)


def accept(store: Store, network: Network, envelope: Envelope, now: datetime) -> OwedReceipt:
    """Store a message, decide on it, and return its receipt. TransientError: nothing was stored.

    The messages of a batch are taken one by one, each in a transaction of its own, and answered
    together. After a TransientError some of them may be stored: sent again, they are copies.
    """
    try:
        package = _package(network, envelope)
    except FatalError as error:
        return _accept(store, network, envelope, now, UnreadableMessage(error=error, bundle={}))
    if package is None:
        return _accept(store, network, envelope, now)
    owed = [_accept(store, network, replace(envelope, body=body), now) for body in package.messages]
    zone = ZoneInfo(network.endpoint(envelope.endpoint).zone)
    answered = package.answered([each.body for each in owed], now.astimezone(zone))
    return together(owed, answered, network.system(network.endpoint(envelope.endpoint)))


def _package(network: Network, envelope: Envelope) -> Package | None:
    """Return the messages of a batch; None for one message, or for a beginning over the limit."""
    if envelope.whole is not None:
        return None
    system = network.system(network.endpoint(envelope.endpoint))
    return system.package(envelope.body, network.settings.limits.entries)


def _accept(
    store: Store,
    network: Network,
    envelope: Envelope,
    now: datetime,
    unreadable: UnreadableMessage | None = None,
) -> OwedReceipt:
    """Store one message, decide on it, and return its receipt; `unreadable` says why it is none."""
    message = replace(inbox.arrived(envelope, now), direct=True)
    result = unreadable or read_safely(network, message)
    kill_point("received")
    owed = _accepted(store, network, envelope, message, result)
    kill_point("answering")
    log.info("received", extra=log_fields(message))
    return owed


def _accepted(
    store: Store,
    network: Network,
    envelope: Envelope,
    message: Message,
    result: ReadResult | None,
) -> OwedReceipt:
    """Store and decide. When the store refuses the rows twice, the message gets `adapter-fault`."""
    for _ in range(2):
        with suppress(RowRefusedError):
            return _stored(store, network, envelope, message, result)
    return _stored(store, network, envelope, message, None)


def _stored(
    store: Store,
    network: Network,
    envelope: Envelope,
    message: Message,
    result: ReadResult | None,
) -> OwedReceipt:
    with store.begin() as tx:
        inbox.wait_for_senders(tx, [message.endpoint])
        prefetch(tx, network, [(message, result)])
        inbox.put(tx, [(message, envelope)], {"direct": True})
        turn = Turn(tx=tx, network=network, message=message, now=message.received_at)
        owed = decide(turn, result) or fault(turn.afresh())
        kill_point("processing")
    return owed


def receive_batch(
    store: Store, transport: Transport, now: datetime, size: int = 100, wait: float = 0
) -> int:
    """Take waiting messages, store them, and only then acknowledge them. Return how many.

    `wait` is how many seconds it waits for the first. It does not wait for more: what arrives
    while it stores is the next batch.
    """
    envelopes = list(islice(transport.receive(wait), size))
    if not envelopes:
        return 0
    kill_point("received")
    with store.begin() as tx:
        inbox.put(tx, [(inbox.arrived(envelope, now), envelope) for envelope in envelopes], {})
    kill_point("stored")
    transport.acknowledge(envelopes)
    kill_point("acknowledged")
    return len(envelopes)


def keep_fragment(store: Store, envelope: Envelope, now: datetime) -> None:
    """Store a message that broke off before its end, for a person to see. It is not answered."""
    message = inbox.arrived(envelope, now)
    error = FatalError("unreadable", "broken off before the end")
    with store.begin() as tx:
        inbox.put(tx, [(message, envelope)], {"direct": True, "note": "fragment"})
        inbox.settle(tx, message.id, Ruling.REFUSE, code=error.code, detail=error.detail)
        place = {"message": message.id, "endpoint": envelope.endpoint}
        history.note(tx, now, "fragment", **place, detail=error.detail)
    log.warning("fragment", extra=log_fields(message))


def receive_dead(
    store: Store, network: Network, transport: Transport, now: datetime, wait: float = 0.05
) -> int:
    """Take dead letters of the broker: messages that we could not store, and failed deliveries."""
    envelopes: Sequence[Envelope] = list(islice(transport.receive(wait), 100))
    if not envelopes:
        return 0
    with store.begin() as tx:
        for envelope in envelopes:
            _take_dead(tx, network, envelope, now)
    transport.acknowledge(envelopes)
    return len(envelopes)


def _take_dead(tx: Transaction, network: Network, envelope: Envelope, now: datetime) -> None:
    """Fail a delivery if its receiver's queue gave it up; store anything else as a message."""
    delivery = outbox.get(tx, envelope.delivery) if envelope.delivery else None
    if delivery is not None and delivery.endpoint == envelope.endpoint:
        reason = envelope.headers.get("x-death-reason", "")
        failed_deliveries.fail(tx, network, delivery, TransientError("returned", reason), now)
        history.of_delivery(tx, now, "returned-by-queue", delivery, reason)
        return
    nameless = replace(envelope, endpoint="") if envelope.delivery else envelope
    inbox.put(tx, [(inbox.arrived(nameless, now), nameless)], {})
