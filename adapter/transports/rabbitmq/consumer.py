"""Taking messages from one queue of the broker, on a connection that does nothing else."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties

from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome
from adapter.transports.rabbitmq.connection import connect, hang_up, unreachable
from adapter.transports.rabbitmq.topology import DEAD, INCOMING, Topology, inbox

_INBOX = inbox("")  # how the name of every endpoint's queue ends
_Arrival: TypeAlias = tuple[Basic.Deliver, BasicProperties, bytes]


class Consumer:
    """Pulls one queue: `care.in`, or `care.dead` for what queues gave up.

    `Envelope.endpoint` is the endpoint whose broker user published, vouched for by the broker,
    or "" when `user_id` is missing or nobody's. From `care.dead` it is that same sender when
    the message died in `care.in`; when it died in `<endpoint>.inbox` it is that endpoint, and
    `delivery` is the delivery that failed.

    `Envelope.headers`: `user-id`, `exchange`, `routing-key`, `redelivered` ("true"), and from
    `care.dead` also `x-death-queue` and `x-death-reason`.

    At most `prefetch` messages are held. `receive`, `acknowledge` and `idle` raise
    TransientError: `unreachable` when the connection breaks, `settings` when the broker's queues
    differ from ours; the next call connects anew. While there is nothing to take, `idle` verifies
    the queues every `verify` seconds, and connects anew after `fresh`.
    """

    def __init__(
        self,
        url: str,
        topology: Topology,
        queue: str = INCOMING,
        *,
        prefetch: int = 200,
        verify: float = 30.0,
        fresh: float = 300.0,
    ) -> None:
        self._url = url
        self._topology = topology
        self._queue = queue
        self._prefetch = prefetch
        self._verify_every, self._fresh_for = verify, fresh
        self._verified = self._came = 0.0
        self._connection: BlockingConnection | None = None
        self._channel: BlockingChannel | None = None
        self._generation = 0
        self._cancelled = False
        self._arrived: deque[_Arrival] = deque()
        self._unacknowledged: set[int] = set()

    @property
    def consuming(self) -> bool:
        """Whether the broker has us among the consumers of the queue; safe from any thread."""
        return self._channel is not None and not self._cancelled

    def open(self) -> None:
        """Connect now, and verify the topology; the other methods do it when they need to."""
        if self._channel is not None:
            return
        self._connection = connect(self._url, f"adapter takes {self._queue}")
        try:
            self._topology.declare(self._connection)
            self._channel = self._consume(self._connection)
            self._verified = self._came = time.monotonic()
        except AdapterError:
            self.close()
            raise
        except AMQPError as error:
            raise self._lost(error) from error

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Yield what has come, until `wait` seconds pass without anything."""
        self.open()
        while self._something_within(wait):
            yield self._envelope(*self._arrived.popleft())

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Let go of them; those of an earlier connection came back already and are ignored."""
        mine = {tag for generation, tag in (e.tag for e in envelopes) if self._is(generation)}
        mine &= self._unacknowledged
        if self._channel is None or not mine:
            return
        self._unacknowledged -= mine
        try:
            for tag, multiple in _fewest(mine, self._unacknowledged):
                self._channel.basic_ack(tag, multiple)
        except AMQPError as error:
            raise self._lost(error) from error

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Nothing can be sent here: the publisher has its own connection."""
        return [FatalError("settings", "a consumer does not send") for _ in envelopes]

    def idle(self, seconds: float) -> None:
        """Answer heartbeats for so long, or return early because something has come."""
        self._refresh()
        self.open()
        self._verify()
        self._something_within(seconds)

    def close(self) -> None:
        """Let go of the connection; what was not acknowledged comes back."""
        connection, self._connection, self._channel = self._connection, None, None
        self._generation += 1
        self._cancelled = False
        self._arrived.clear()
        self._unacknowledged.clear()
        if connection is not None and connection.is_open:
            try:
                hang_up(connection)
            except AMQPError:
                return  # it broke while closing, and so is closed

    def _refresh(self) -> None:
        """Let go of a connection that has brought nothing for long: it may never do so again.

        RabbitMQ 3.10 does not always tell the consumers of a queue that is deleted and declared
        again in one moment. It even counts them as its consumers, and hands them nothing.
        """
        quiet = not self._arrived and not self._unacknowledged
        if quiet and self._channel and time.monotonic() > self._came + self._fresh_for:
            self.close()

    def _verify(self) -> None:
        """Somebody may have changed a queue meanwhile."""
        if self._connection is None or time.monotonic() < self._verified + self._verify_every:
            return
        self._verified = time.monotonic()
        try:
            self._topology.declare(self._connection)
        except AdapterError:
            self.close()
            raise

    def _is(self, generation: int) -> bool:
        return generation == self._generation

    def _consume(self, connection: BlockingConnection) -> BlockingChannel:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=self._prefetch)
        channel.add_on_cancel_callback(self._on_cancel)
        channel.basic_consume(self._queue, self._on_message)
        return channel

    def _on_message(
        self,
        _: BlockingChannel,
        method: Basic.Deliver,
        properties: BasicProperties,
        body: bytes,
    ) -> None:
        self._arrived.append((method, properties, body))
        self._came = time.monotonic()

    def _on_cancel(self, _: object) -> None:
        self._cancelled = True

    def _something_within(self, seconds: float) -> bool:
        """Wait for a message while answering heartbeats; False when the time passed first."""
        deadline = time.monotonic() + seconds
        while not self._arrived:
            left = deadline - time.monotonic()
            self._process(max(left, 0))
            if left <= 0:
                break
        return bool(self._arrived)

    def _process(self, seconds: float) -> None:
        if self._connection is None:
            raise TransientError("unreachable", "broker: closed while receiving")
        try:
            self._connection.process_data_events(seconds)
        except AMQPError as error:
            raise self._lost(error) from error
        if self._cancelled:
            self.close()
            raise TransientError("unreachable", f"queue {self._queue} is gone")

    def _lost(self, error: AMQPError) -> TransientError:
        """Throw the connection away; the next call opens a fresh one."""
        self.close()
        return unreachable(error)

    def _envelope(
        self, method: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> Envelope:
        tag = method.delivery_tag or 0
        self._unacknowledged.add(tag)
        headers = _headers(method, properties)
        if self._queue == DEAD:
            headers |= _death(properties)
        return Envelope(
            id=_text(properties.message_id),
            endpoint=self._party(headers),
            body=body,
            content_type=_text(properties.content_type),
            event=_text(properties.type),
            case=_text(properties.correlation_id),
            delivery=_delivery(headers, properties),
            headers=headers,
            tag=(self._generation, tag),
        )

    def _party(self, headers: Mapping[str, str]) -> str:
        died_in = headers.get("x-death-queue", "")
        if died_in.endswith(_INBOX):
            return died_in.removesuffix(_INBOX)
        return self._topology.users.get(headers["user-id"], "")


def _fewest(done: set[int], rest: set[int]) -> Iterator[tuple[int, bool]]:
    """(tag, multiple): as few acknowledgements as possible that touch none of the rest."""
    oldest_left = min(rest, default=max(done) + 1)
    together = [tag for tag in done if tag < oldest_left]
    if together:
        yield max(together), True
    yield from ((tag, False) for tag in sorted(done) if tag > oldest_left)


def _headers(method: Basic.Deliver, properties: BasicProperties) -> dict[str, str]:
    headers = {
        "user-id": _text(properties.user_id),
        "exchange": _text(method.exchange),
        "routing-key": _text(method.routing_key),
    }
    return headers | ({"redelivered": "true"} if method.redelivered else {})


def _death(properties: BasicProperties) -> dict[str, str]:
    """Where and why a message died last; the broker writes this, and puts the newest first."""
    deaths = _table(properties).get("x-death")
    newest = deaths[0] if isinstance(deaths, list) and deaths else {}
    if not isinstance(newest, dict):
        return {}
    return {
        "x-death-queue": _text(newest.get("queue")),
        "x-death-reason": _text(newest.get("reason")),
    }


def _delivery(headers: Mapping[str, str], properties: BasicProperties) -> str:
    """The delivery that an inbox gave up. Elsewhere the header is whatever a partner wrote."""
    died_in = headers.get("x-death-queue", "")
    return _text(_table(properties).get("x-delivery-id")) if died_in.endswith(_INBOX) else ""


def _table(properties: BasicProperties) -> Mapping[str, Any]:
    return properties.headers or {}


def _text(value: Any) -> str:
    """A property as text; pika leaves what is not UTF-8 as bytes."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) else ""
