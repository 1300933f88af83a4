"""Taking messages from one queue of the broker, on a connection of its own."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties

from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.model import Envelope, Whole
from adapter.transports import Outcome
from adapter.transports.rabbitmq import pika_internals
from adapter.transports.rabbitmq.connection import broker_errors, connect
from adapter.transports.rabbitmq.topology import DEAD, INCOMING, Topology, inbox

BATCH_BYTES = 32 * 1024 * 1024  # after which a batch ends, to be stored and acknowledged
_INBOX = inbox("")  # the suffix of the name of every endpoint's queue
_Arrival: TypeAlias = tuple[Basic.Deliver, BasicProperties, bytes]


class Consumer:
    """Pulls one queue: `care.in`, or `care.dead` for what other queues gave up.

    `Envelope.endpoint` is the endpoint whose broker user published, as the broker verified it.
    It is "" when `user_id` is missing or belongs to no endpoint. From `care.dead` it is the
    same sender when the message died in `care.in`. When the message died in
    `<endpoint>.inbox`, it is that endpoint, and `delivery` is the delivery that failed.

    `Envelope.headers`: `user-id`, `exchange`, `routing-key`, `redelivered` ("true"), and from
    `care.dead` also `x-death-queue` and `x-death-reason`.

    Of a body over `most_bytes` only the first 64 KiB are kept, and `Envelope.whole` has its size
    and digest. At most `prefetch` messages are held, and `receive` ends after `BATCH_BYTES`: the
    broker knows no prefetch by bytes, so the rest waits in the connection.

    `receive`, `acknowledge` and `idle` raise TransientError: `unreachable` when the connection
    breaks, `settings` when the broker's queues differ from the declared ones, `other-store` when
    the virtual host is another store's; the next call connects again. While no message comes,
    `idle` verifies the queues every `verify` seconds, and connects again after `fresh` seconds.
    The constructor raises FatalError `settings` for a pika that the adapter was not written for.
    """

    def __init__(
        self,
        url: str,
        topology: Topology,
        queue: str = INCOMING,
        *,
        most_bytes: int = 10 * 1024 * 1024,
        prefetch: int = 200,
        verify: float = 30.0,
        fresh: float = 300.0,
    ) -> None:
        pika_internals.install()
        self._url = url
        self._topology = topology
        self._queue = queue
        self._prefetch, self._most_bytes = prefetch, most_bytes
        self._verify_every, self._fresh_for = verify, fresh
        self._verified = self._claimed = self._last_arrival = 0.0
        self._connection: BlockingConnection | None = None
        self._channel: BlockingChannel | None = None
        self._generation = 0
        self._cancelled = False
        self._arrived: deque[_Arrival] = deque()
        self._unacknowledged: set[int] = set()

    @property
    def consuming(self) -> bool:
        """Whether this is one of the queue's consumers at the broker; safe from any thread."""
        return self._channel is not None and not self._cancelled

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Yield each message that arrives, until none arrives for `wait` seconds."""
        self._open()
        self._verify_owner()
        size = 0
        while size < BATCH_BYTES and self._arrives_within(wait):
            envelope = self._envelope(*self._arrived.popleft())
            size += len(envelope.body)
            yield envelope

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Acknowledge them; those of an earlier connection were redelivered and are ignored."""
        tags = {tag for generation, tag in (e.tag for e in envelopes) if self._is(generation)}
        tags &= self._unacknowledged
        if self._channel is None or not tags:
            return
        self._unacknowledged -= tags
        with self._closing_on_error():
            for tag, multiple in _fewest(tags, self._unacknowledged):
                self._channel.basic_ack(tag, multiple)

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Return an error for each: `Publisher` sends, on a connection of its own."""
        return [FatalError("settings", "a consumer does not send") for _ in envelopes]

    def idle(self, seconds: float) -> None:
        """Answer heartbeats for so long; return early when a message has arrived."""
        self._refresh()
        self._open()
        self._verify()
        self._arrives_within(seconds)

    def close(self) -> None:
        """Close the connection; the broker redelivers what was not acknowledged."""
        connection, self._connection, self._channel = self._connection, None, None
        self._generation += 1
        self._cancelled = False
        self._arrived.clear()
        self._unacknowledged.clear()
        if connection is not None and connection.is_open:
            with suppress(AMQPError):  # it broke while closing, and so is closed
                pika_internals.close_without_cancelling(connection)

    def _open(self) -> None:
        """Connect and verify the topology, unless that is done."""
        if self._channel is not None:
            return
        self._connection = connect(self._url, f"adapter takes {self._queue}")
        with self._closing_on_error():
            self._topology.declare(self._connection)
            self._channel = self._consume(self._connection)
            self._verified = self._claimed = self._last_arrival = time.monotonic()

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        """Close after any error, so that the next call connects again."""
        try:
            with broker_errors():
                yield
        except AdapterError:
            self.close()
            raise

    def _refresh(self) -> None:
        """Close a connection on which no message has arrived for `fresh` seconds.

        RabbitMQ 3.10 does not always cancel the consumers of a queue that is deleted and declared
        again at once. It still lists them as consumers, but delivers nothing to them.
        """
        quiet = not self._arrived and not self._unacknowledged
        if quiet and self._channel and time.monotonic() > self._last_arrival + self._fresh_for:
            self.close()

    def _verify(self) -> None:
        """Verify the topology when it is time: an administrator may have changed a queue."""
        if self._connection is None or time.monotonic() < self._verified + self._verify_every:
            return
        self._verified = time.monotonic()
        with self._closing_on_error():
            self._topology.declare(self._connection)

    def _verify_owner(self) -> None:
        """Stop taking when another store has taken the virtual host over, also under load."""
        if self._connection is None or time.monotonic() < self._claimed + self._verify_every:
            return
        self._claimed = time.monotonic()
        with self._closing_on_error():
            self._topology.claim(self._connection)

    def _is(self, generation: int) -> bool:
        return generation == self._generation

    def _consume(self, connection: BlockingConnection) -> BlockingChannel:
        channel = connection.channel()
        pika_internals.bound(channel, self._most_bytes)
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
        self._last_arrival = time.monotonic()

    def _on_cancel(self, _: object) -> None:
        self._cancelled = True

    def _arrives_within(self, seconds: float) -> bool:
        """Wait for a message while answering heartbeats; False when none arrived in time."""
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
        with self._closing_on_error():
            self._connection.process_data_events(seconds)
            if self._cancelled:
                raise TransientError("unreachable", f"queue {self._queue} is gone")

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
            endpoint=self._endpoint(headers),
            body=bytes(body),  # a Head becomes plain bytes; bytes stay what they are
            whole=_whole(body),
            content_type=_text(properties.content_type),
            event=_text(properties.type),
            case=_text(properties.correlation_id),
            delivery=_delivery(headers, properties),
            headers=headers,
            tag=(self._generation, tag),
        )

    def _endpoint(self, headers: Mapping[str, str]) -> str:
        died_in = headers.get("x-death-queue", "")
        if died_in.endswith(_INBOX):
            return died_in.removesuffix(_INBOX)
        return self._topology.users.get(headers["user-id"], "")


def _whole(body: bytes) -> Whole | None:
    if not isinstance(body, pika_internals.Head):
        return None
    return Whole(size=body.size, digest=body.digest)


def _fewest(done: set[int], rest: set[int]) -> Iterator[tuple[int, bool]]:
    """Yield (tag, multiple): the fewest acknowledgements that cover `done` and none of `rest`."""
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
    """Return where and why a message died last; the broker writes the newest death first."""
    deaths = _table(properties).get("x-death")
    newest = deaths[0] if isinstance(deaths, list) and deaths else {}
    if not isinstance(newest, dict):
        return {}
    return {
        "x-death-queue": _text(newest.get("queue")),
        "x-death-reason": _text(newest.get("reason")),
    }


def _delivery(headers: Mapping[str, str], properties: BasicProperties) -> str:
    """Return the delivery that an inbox gave up; in other queues a partner wrote the header."""
    died_in = headers.get("x-death-queue", "")
    return _text(_table(properties).get("x-delivery-id")) if died_in.endswith(_INBOX) else ""


def _table(properties: BasicProperties) -> Mapping[str, Any]:
    return properties.headers or {}


def _text(value: Any) -> str:
    """Return a property as text; pika leaves what is not UTF-8 as bytes."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) else ""
