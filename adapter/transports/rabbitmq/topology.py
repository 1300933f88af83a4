"""The exchanges and queues that must exist, each with every argument said aloud.

The same on RabbitMQ 3.10 and 4.x: what is not set explicitly differs between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, TransientError
from adapter.transports.rabbitmq.connection import connect, unreachable

EXCHANGE = "care"
INCOMING = "care.in"
DEAD = "care.dead"

_NOT_FOUND = 404
_PULSE = 0.2  # seconds between looks at the connection while a loss is written down
_MISMATCH = re.compile(r"inequivalent arg '(?P<argument>[^']+)'.*: (?P<difference>received .*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What a user may do: three patterns that the broker matches against names."""

    configure: str
    write: str
    read: str


def permissions(endpoint: str) -> Permissions:
    """What a partner's user may do, and no more: `rabbitmqctl set_permissions` takes these."""
    return Permissions(configure="^$", write=r"^care\.in$", read=rf"^{endpoint}\.inbox$")


def inbox(endpoint: str) -> str:
    """The queue that an endpoint takes its messages from."""
    return f"{endpoint}.inbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchange:
    """A durable exchange."""

    name: str
    type: str

    def look(self, channel: BlockingChannel) -> None:
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

    def look(self, channel: BlockingChannel) -> None:
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
    # Behind this queue there is none, and without a limit 4.x takes 20 and then drops. Only 4.x
    # knows -1; 3.10 wants a number.
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
    inbox: a broker that lost its disk, a queue that somebody deleted, or a first start. What
    only a confirm had closed for them must be sent again, and `lost` must have made that
    durable when it returns: a crash before the queues exist then repeats the call, one after
    it does no harm. It may be called in any thread that connects, never inside a transaction.
    """

    def __init__(
        self, endpoints: Sequence[Endpoint], lost: Callable[[Sequence[str]], None]
    ) -> None:
        self.users = {each.broker_user: each.name for each in endpoints if each.broker_user}
        self._names = [each.name for each in endpoints if each.transport == "rabbitmq"]
        self._lost = lost

    def declare(self, connection: BlockingConnection) -> None:
        """Create what is missing and verify what is there.

        Raises TransientError: `settings` that names the part and the argument that differs, as
        somebody has to mend it at the broker and no message is at fault; `unreachable` when the
        connection breaks.
        """
        gone = [name for name in self._names if not _exists(connection, _inbox(name))]
        if gone:
            self._tell(gone, connection)
        for part in _parts(self._names):
            _declare(connection, part)

    def _tell(self, gone: Sequence[str], connection: BlockingConnection) -> None:
        """However long that takes: a connection that misses its heartbeats is closed, and the
        queues would never come to be declared."""
        with ThreadPoolExecutor(1, thread_name_prefix="lost") as pool:
            told = pool.submit(self._lost, gone)
            while wait([told], _PULSE).not_done:
                try:
                    connection.process_data_events(0)
                except AMQPError as error:
                    raise unreachable(error) from error
        told.result()


def check(url: str, endpoints: Sequence[Endpoint]) -> list[str]:
    """What is wrong with the broker, for `adapter check`; creates nothing.

    A part that does not exist yet is no problem: `serve` creates it.
    """
    names = [each.name for each in endpoints if each.transport == "rabbitmq"]
    try:
        with connect(url, "adapter check") as connection:
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
    try:
        with _channel(connection) as channel:
            part.look(channel)
    except ChannelClosedByBroker as error:
        if error.reply_code == _NOT_FOUND:
            return False
        raise _refused(part, error) from error
    return True


def _declare(connection: BlockingConnection, part: _Part) -> None:
    try:
        with _channel(connection) as channel:
            part.declare(channel)
    except ChannelClosedByBroker as error:
        raise _refused(part, error) from error


@contextmanager
def _channel(connection: BlockingConnection) -> Iterator[BlockingChannel]:
    """A channel for one question: a refusal closes it."""
    try:
        channel = connection.channel()
        yield channel
        channel.close()
    except ChannelClosedByBroker:
        raise
    except AMQPError as error:
        raise unreachable(error) from error


def _refused(part: _Part, error: ChannelClosedByBroker) -> TransientError:
    found = _MISMATCH.search(error.reply_text)
    if found:
        difference = found["difference"].replace("'", "")  # quotes have no place in a log line
        return TransientError("settings", f"{part}: {found['argument']}: {difference}")
    return TransientError("settings", f"{part}: the broker refuses it ({error.reply_code})")
