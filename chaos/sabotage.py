"""Replace functions of the adapter, in the processes that the rig starts: poison and sabotage.

The product contains none of this. The rig must detect each of the sabotages; otherwise its
zeros prove nothing.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.endpoint import Endpoint
from adapter.core.lifecycle import Step
from adapter.core.model import Delivery, Envelope, Kind, Message
from adapter.inbound import forwarding, process, receive
from adapter.inbound.owed_receipts import OwedReceipt
from adapter.policy.read_message import ReadMessage, UnreadableMessage, read_message
from adapter.policy.routing import Addressing, receivers
from adapter.settings.network import Network
from adapter.store import Store, due_deliveries, duplicates, outbox
from adapter.store.duplicates import Ids, Seen, Verdict
from adapter.store.transaction import Transaction
from adapter.web import receiving
from chaos import messages

_COMMIT_DELAY = 1.0  # seconds from a response to its commit
_STRAY_INTERVAL = 25  # one message in so many also goes to a wrong endpoint


class PoisonError(Exception):
    """An exception that the adapter does not expect."""


def add_poison() -> None:
    """Make the adapter fail with an unexpected exception when it reads a poisoned message."""

    def read_or_fail(
        network: Network, sender: Endpoint, message: Message
    ) -> ReadMessage | UnreadableMessage:
        if messages.poisoned(message.body):
            raise PoisonError
        return read_message(network, sender, message)

    _replace(process, "read_message", read_or_fail)


def commit(kind: str) -> None:
    """Sabotage the adapter in this process. Raises KeyError for a kind that is not in SABOTAGES."""
    SABOTAGES[kind]()


def _ack_before_commit() -> None:
    """Respond over HTTP before the commit: a process that is killed in between loses messages."""
    accept = receive.accept

    def accept_early(
        store: Store, network: Network, envelope: Envelope, now: datetime
    ) -> OwedReceipt:
        rolling_back: Any = _RollingBackStore(store)
        owed = accept(rolling_back, network, envelope, now)
        threading.Timer(_COMMIT_DELAY, accept, (store, network, envelope, now)).start()
        return owed

    _replace(receiving, "accept", accept_early)


class _RollingBackStore:
    """A store that rolls every transaction back."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Begin a transaction that ends with a rollback."""
        with suppress(_RollbackError), self._store.begin() as tx:
            yield tx
            raise _RollbackError


class _RollbackError(Exception):
    """Makes the store roll back."""


def _no_dedupe() -> None:
    """Treat every copy as a new message."""

    def seen(_tx: Transaction, _ids: Ids, _message_id: str) -> Seen:
        return Seen(verdict=Verdict.NEW)

    _replace(duplicates, "seen", seen)


def _no_order() -> None:
    """Do not hold back the later deliveries of a case."""

    def is_head() -> sa.ColumnElement[bool]:
        return sa.true()

    _replace(due_deliveries, "_is_head", is_head)


def _wrong_endpoint() -> None:
    """Now and then send a message also to an endpoint that it is not addressed to."""
    numbers = itertools.count(1)

    def receivers_and_stray(network: Network, addressing: Addressing) -> list[Endpoint]:
        right = receivers(network, addressing)
        if next(numbers) % _STRAY_INTERVAL:
            return right
        endpoints = network.settings.endpoints
        wrong = (e for e in endpoints if e not in [*right, addressing.sender])
        return [*right, next(wrong)]

    _replace(forwarding, "receivers", receivers_and_stray)


def _end_without_recall() -> None:
    """Now and then end a delivery by the step of a recall, although nobody recalled it."""
    numbers = itertools.count(1)
    put = outbox.put

    def put_and_end(tx: Transaction, made: Iterable[Delivery]) -> None:
        kept = list(made)
        put(tx, kept)
        for each in kept:
            if each.event.kind is Kind.COMMUNICATION and not next(numbers) % _STRAY_INTERVAL:
                outbox.step(tx, each.id, Step.LAPSE, datetime.now(UTC))

    _replace(outbox, "put", put_and_end)


SABOTAGES = {
    "ack-before-commit": _ack_before_commit,
    "no-dedupe": _no_dedupe,
    "no-order": _no_order,
    "wrong-endpoint": _wrong_endpoint,
    "end-without-recall": _end_without_recall,
}
SEEN_AS = {
    "ack-before-commit": "lost",
    "no-dedupe": "doubled",
    "no-order": "misordered",
    "wrong-endpoint": "misdelivered",
    "end-without-recall": "lost",
}
"""For each sabotage, the count that must not be zero."""


def _replace(module: Any, name: str, replacement: Any) -> None:
    getattr(module, name)  # AttributeError when the adapter no longer has this name
    setattr(module, name, replacement)
