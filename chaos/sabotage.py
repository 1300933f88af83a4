"""Changes to the adapter, in the processes that the rig starts: poison, and four faults of ours.

Nothing of this is in the product. The rig must see each of the four, or its zeros mean nothing.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from adapter.core.endpoint import Endpoint
from adapter.core.model import Envelope, Message
from adapter.inbound import attempt, receive
from adapter.inbound.owed_receipts import OwedReceipt
from adapter.policy.read_message import ReadMessage, UnreadableMessage, read_message
from adapter.policy.routing import Addressing, receivers
from adapter.settings.network import Network
from adapter.store import Store, due_deliveries, duplicates
from adapter.store.duplicates import Ids, Seen, Verdict
from adapter.store.transaction import Transaction
from adapter.web import receiving
from chaos import messages

_LATE = 1.0  # seconds from an answer to its commit
_EVERY = 25  # of so many messages, one also goes to somebody else


class PoisonError(Exception):
    """An exception that nobody expects."""


def add_poison() -> None:
    """Let marked messages be unreadable in a way that no code foresees."""

    def poisonable(
        network: Network, sender: Endpoint, message: Message
    ) -> ReadMessage | UnreadableMessage:
        if messages.poisoned(message.body):
            raise PoisonError
        return read_message(network, sender, message)

    _replace(attempt, "read_message", poisonable)


def commit(kind: str) -> None:
    """Make the adapter of this process do wrong. KeyError for a word that is none of SABOTAGES."""
    SABOTAGES[kind]()


def _ack_before_commit() -> None:
    """The HTTP door answers first and commits later: who dies in between has lied."""
    really = receive.accept

    def early(store: Store, network: Network, letter: Envelope, now: datetime) -> OwedReceipt:
        forgetful: Any = _Forgetful(store)
        reply = really(forgetful, network, letter, now)
        threading.Timer(_LATE, really, (store, network, letter, now)).start()
        return reply

    _replace(receiving, "accept", early)


class _Forgetful:
    """A store that keeps nothing of what it is told."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that is taken back."""
        with suppress(_TakenBackError), self._store.begin() as tx:
            yield tx
            raise _TakenBackError


class _TakenBackError(Exception):
    """Nothing stays."""


def _no_dedupe() -> None:
    """Every copy is taken for a new message."""

    def seen(_tx: Transaction, _ids: Ids) -> Seen:
        return Seen(verdict=Verdict.NEW)

    _replace(duplicates, "seen", seen)


def _no_order() -> None:
    """Nothing holds back what comes later in a case."""

    def is_head() -> sa.ColumnElement[bool]:
        return sa.true()

    _replace(due_deliveries, "_is_head", is_head)


def _wrong_endpoint() -> None:
    """Now and then somebody who is not addressed gets a message too."""
    carry, numbers = import_module("adapter.inbound.forwarding"), itertools.count(1)

    def astray(network: Network, letter: Addressing) -> list[Endpoint]:
        found = receivers(network, letter)
        if next(numbers) % _EVERY:
            return found
        others = (e for e in network.settings.endpoints if e not in [*found, letter.sender])
        return [*found, next(others)]

    _replace(carry, "receivers", astray)


SABOTAGES = {
    "ack-before-commit": _ack_before_commit,
    "no-dedupe": _no_dedupe,
    "no-order": _no_order,
    "wrong-endpoint": _wrong_endpoint,
}
SEEN_AS = {
    "ack-before-commit": "lost",
    "no-dedupe": "doubled",
    "no-order": "misordered",
    "wrong-endpoint": "misdelivered",
}
"""The count that each must raise."""


def _replace(where: Any, name: str, what: Any) -> None:
    getattr(where, name)  # AttributeError: the adapter has changed, and this with it
    setattr(where, name, what)
