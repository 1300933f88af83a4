"""The exchanges and queues that must exist, each with every argument set explicitly.

The defaults differ between RabbitMQ 3.10 and 4.x, so that none is relied on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ChannelClosedByBroker

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, TransientError
from adapter.transports.rabbitmq import ownership
from adapter.transports.rabbitmq.connection import broker_errors, connect

EXCHANGE = "care"
INCOMING = "care.in"
DEAD = "care.dead"

_NOT_FOUND = 404
_HEARTBEAT_POLL = 0.2  # seconds between heartbeats' turns while `lost` runs
_MISMATCH = re.compile(r"inequivalent arg '(?P<argument>[^']+)'.*: (?P<difference>received .*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What a user may do: three patterns, which the broker matches against names."""

    configure: str
    write: str
    read: str


def permissions(endpoint: str) -> Permissions:
    """Return what a partner's user may do, as `rabbitmqctl set_permissions` takes it."""
    return Permissions(configure="^$", write=r"^care\.in$", read=rf"^{endpoint}\.inbox$")


def inbox(endpoint: str) -> str:
    """Return the name of the queue that an endpoint takes its messages from."""
    return f"{endpoint}.inbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchange:
    """A durable exchange."""

    name: str
    type: str

    def require(self, channel: BlockingChannel) -> None:
        channel.exchange_declare(self.name, passive=True)

    def declare(self, channel: BlockingChannel) -> None:
        channel.exchange_declare(self.name, self.type, durable=True)

    def __str__(self) -> str:
        return f"exchange {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Queue:
    """A durable queue, and the binding that fills it."""

    name: str
    exchange: str
    key: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def require(self, channel: BlockingChannel) -> None:
        channel.queue_declare(self.name, passive=True)

    def declare(self, channel: BlockingChannel) -> None:
        channel.queue_declare(self.name, durable=True, arguments=self.arguments)
        channel.queue_bind(self.name, self.exchange, self.key)

    def __str__(self) -> str:
        return f"queue {self.name}"


_Part: TypeAlias = _Exchange | _Queue

_KEPT = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-delivery-limit": 20,
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
}
_LAST_RESORT = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    # No queue takes what this one gives up. Without a limit, 4.x gives up after 20 deliveries.
    # Only 4.x knows -1 as "no limit"; 3.10 needs a number.
    "x-delivery-limit": 2_000_000_000,
}


def _parts(endpoints: Sequence[str]) -> Iterator[_Part]:
    yield _Exchange(name=DEAD, type="fanout")
    yield _Queue(name=DEAD, exchange=DEAD, key="", arguments=_LAST_RESORT)
    yield _Exchange(name=INCOMING, type="fanout")
    single = {**_KEPT, "x-single-active-consumer": True}
    yield _Queue(name=INCOMING, exchange=INCOMING, key="", arguments=single)
    yield _Exchange(name=EXCHANGE, type="topic")
    for name in endpoints:
        yield _inbox(name)


def _inbox(name: str) -> _Queue:
    return _Queue(name=inbox(name), exchange=EXCHANGE, key=f"{name}.*", arguments=_KEPT)


class Topology:
    """What must exist on the broker for these endpoints; shared by every connection.

    `lost` is called, before anything is created, with the names of the endpoints that have no
    inbox: the broker lost its disk, a queue was deleted, or this is the first start. Deliveries
    to them that only a confirm had closed must be sent again, and `lost` must make that durable
    before it returns. A crash before the queues exist then repeats the call; a crash after it
    does no harm. It may be called in any thread that connects, never inside a transaction.

    `store` returns the name of the store that the virtual host must belong to. Without it, the
    virtual host belongs to nobody, which is for tests of a transport alone.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        lost: Callable[[Sequence[str]], None],
        store: Callable[[], str] = str,
    ) -> None:
        self.users = {each.broker_user: each.name for each in endpoints if each.broker_user}
        self._names = [each.name for each in endpoints if each.transport == "rabbitmq"]
        self._lost = lost
        self._store = store
        self.is_ours = True  # as far as the newest claim tells

    def claim(self, connection: BlockingConnection) -> None:
        """Make the virtual host our store's; raises TransientError `other-store`, `settings`."""
        store = self._store()
        if not store:
            return
        self.is_ours = False
        ownership.claim(connection, store)
        self.is_ours = True

    def declare(self, connection: BlockingConnection) -> None:
        """Create what is missing and verify what is there.

        Raises TransientError: `unreachable` when the connection breaks; `other-store` when the
        virtual host is another store's; `settings` when an argument differs, with the part and
        the argument as its detail. It is transient, because an administrator corrects the broker,
        and no message is at fault.
        """
        self.claim(connection)
        missing = [name for name in self._names if not _exists(connection, _inbox(name))]
        if missing:
            self._report_loss(missing, connection)
        for part in _parts(self._names):
            _declare(connection, part)

    def _report_loss(self, names: Sequence[str], connection: BlockingConnection) -> None:
        """Call `lost` in a thread, and answer heartbeats until it returns.

        It may take longer than the broker waits for a heartbeat. The broker would then close
        the connection each time, and the queues would never be declared.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="lost") as pool:
            reporting = pool.submit(self._lost, names)
            while wait([reporting], _HEARTBEAT_POLL).not_done:
                with broker_errors():
                    connection.process_data_events(0)
        reporting.result()


def check(url: str, endpoints: Sequence[Endpoint], store: str) -> list[str]:
    """Return what is wrong with the broker, for `adapter check`; creates nothing.

    `store` is the name of our store; "" while it does not exist. A part that does not exist yet
    is not a problem, because `serve` creates it.
    """
    names = [each.name for each in endpoints if each.transport == "rabbitmq"]
    try:
        with connect(url, "adapter check") as connection:
            ownership.verify(connection, store)
            return [problem for part in _parts(names) if (problem := _problem(connection, part))]
    except AdapterError as error:
        return [f"broker: {error.detail}"]


def _problem(connection: BlockingConnection, part: _Part) -> str:
    try:
        if _exists(connection, part):
            _declare(connection, part)
    except TransientError as error:
        return error.detail
    return ""


def _exists(connection: BlockingConnection, part: _Part) -> bool:
    with _channel(connection, part) as channel:
        try:
            part.require(channel)
        except ChannelClosedByBroker as error:
            if error.reply_code == _NOT_FOUND:
                return False
            raise
    return True


def _declare(connection: BlockingConnection, part: _Part) -> None:
    with _channel(connection, part) as channel:
        part.declare(channel)


@contextmanager
def _channel(connection: BlockingConnection, part: _Part) -> Iterator[BlockingChannel]:
    """Open a channel for one question about this part; the broker closes it when it refuses."""
    with broker_errors():
        try:
            channel = connection.channel()
            yield channel
            if channel.is_open:
                channel.close()
        except ChannelClosedByBroker as error:
            raise _refusal(part, error) from error


def _refusal(part: _Part, error: ChannelClosedByBroker) -> TransientError:
    mismatch = _MISMATCH.search(error.reply_text)
    if mismatch:
        difference = mismatch["difference"].replace("'", "")  # a log line has no quotes
        return TransientError("settings", f"{part}: {mismatch['argument']}: {difference}")
    return TransientError("settings", f"{part}: the broker refuses it ({error.reply_code})")
