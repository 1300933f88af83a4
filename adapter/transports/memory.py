"""A bus inside this process, for the demo and for tests; its messages end with the process.

Apart from that it behaves as the RabbitMQ transport: it has named queues, and it verifies the
sender's user. A message that is taken is held until it is acknowledged; when its holder closes,
it returns to its old place. `check` and `serve` refuse this transport.

Partners publish to `care.in` and take from `<endpoint>.inbox` through a `Partner`; the adapter
does the opposite through `Memory`.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from adapter.core.endpoint import Endpoint
from adapter.core.errors import TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome, Response

INCOMING = "care.in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message in a queue. `properties` has the names of AMQP: message_id, type ..."""

    body: bytes
    user: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


class Bus:
    """Named queues, safe for any number of threads. `care.in` always exists."""

    def __init__(self, queues: Iterable[str] = ()) -> None:
        self._changed = threading.Condition()
        self._numbers = count()
        self._ready: dict[str, list[tuple[int, Parcel]]] = {INCOMING: []}
        self._held: dict[Hashable, dict[int, tuple[str, int, Parcel]]] = {}
        for queue in queues:
            self.declare(queue)

    def declare(self, queue: str) -> None:
        """Create a queue; one that exists keeps its messages."""
        with self._changed:
            self._ready.setdefault(queue, [])

    def put(self, queue: str, parcel: Parcel) -> bool:
        """Append to a queue; return False when there is no such queue."""
        with self._changed:
            if queue not in self._ready:
                return False
            heapq.heappush(self._ready[queue], (next(self._numbers), parcel))
            self._changed.notify_all()
            return True

    def wait(self, queue: str, seconds: float) -> bool:
        """Wait until a message is ready in the queue; return False when the time is out."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._ready[queue]), seconds)

    def take(self, queue: str, holder: Hashable, seconds: float) -> tuple[int, Parcel] | None:
        """Hold the oldest message; return it with a handle, or None when the time is out."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._ready[queue]), seconds):
                return None
            number, parcel = heapq.heappop(self._ready[queue])
            # A handle is new each time: an acknowledgement from before a release has no effect.
            handle = next(self._numbers)
            self._held.setdefault(holder, {})[handle] = (queue, number, parcel)
            return handle, parcel

    def settle(self, holder: Hashable, handles: Iterable[int]) -> None:
        """Remove messages that the holder acknowledges; unknown handles are ignored."""
        with self._changed:
            held = self._held.get(holder, {})
            for handle in handles:
                held.pop(handle, None)

    def release(self, holder: Hashable) -> None:
        """Return every message that the holder has not acknowledged to its old place."""
        with self._changed:
            for queue, number, parcel in self._held.pop(holder, {}).values():
                heapq.heappush(self._ready[queue], (number, parcel))
            self._changed.notify_all()

    def partner(self, user: str, queue: str) -> Partner:
        """Return a partner's end of the bus, logged in as `user`."""
        self.declare(queue)
        return Partner(self, user, queue)


class Partner:
    """A partner's end: publish to the adapter, take from the partner's inbox, acknowledge.

    The same four methods over pika make a simulator that runs without the adapter.
    """

    def __init__(self, bus: Bus, user: str, queue: str) -> None:
        self._bus = bus
        self._user = user
        self._queue = queue
        self._taken: list[int] = []

    def publish(
        self,
        body: bytes,
        *,
        message_id: str = "",
        event: str = "",
        case: str = "",
        content_type: str = "",
    ) -> None:
        """Send a message to the adapter; on return it is in the queue."""
        properties = {
            "message_id": message_id,
            "type": event,
            "correlation_id": case,
            "content_type": content_type,
        }
        self._bus.put(INCOMING, Parcel(body=body, user=self._user, properties=properties))

    def get(self, timeout: float) -> tuple[bytes, Mapping[str, str]] | None:
        """Return the next body and its properties, or None after `timeout` seconds."""
        taken = self._bus.take(self._queue, self, timeout)
        if taken is None:
            return None
        handle, parcel = taken
        self._taken.append(handle)
        return parcel.body, parcel.properties

    def acknowledge(self) -> None:
        """Acknowledge everything taken so far."""
        self._bus.settle(self, self._taken)
        self._taken.clear()

    def close(self) -> None:
        """Close; what was not acknowledged returns to the queue."""
        self._bus.release(self)
        self._taken.clear()


class Memory:
    """The adapter's end: takes from `queue`, and sends to `<endpoint>.inbox`."""

    def __init__(self, bus: Bus, endpoints: Sequence[Endpoint], queue: str = INCOMING) -> None:
        self._bus = bus
        self._queue = queue
        self._names = {each.broker_user: each.name for each in endpoints if each.broker_user}

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Yield each message that arrives, until none arrives for `wait` seconds."""
        while (taken := self._bus.take(self._queue, self, wait)) is not None:
            yield self._envelope(*taken)

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Acknowledge them; those from before a `close` are back in the queue and ignored."""
        self._bus.settle(self, [envelope.tag for envelope in envelopes])

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Put each in its receiver's inbox; TransientError `unroutable` when there is none."""
        return [self._put(envelope) for envelope in envelopes]

    def idle(self, seconds: float) -> None:
        """Wait; return early when a message has arrived."""
        self._bus.wait(self._queue, seconds)

    def close(self) -> None:
        """Close; what was not acknowledged returns to the queue."""
        self._bus.release(self)

    def _envelope(self, handle: int, parcel: Parcel) -> Envelope:
        return Envelope(
            id=parcel.properties.get("message_id", ""),
            endpoint=self._names.get(parcel.user, ""),
            body=parcel.body,
            content_type=parcel.properties.get("content_type", ""),
            event=parcel.properties.get("type", ""),
            case=parcel.properties.get("correlation_id", ""),
            headers={"user-id": parcel.user},
            tag=handle,
        )

    def _put(self, envelope: Envelope) -> Outcome:
        properties = {
            "message_id": envelope.id,
            "type": envelope.event,
            "correlation_id": envelope.case,
            "content_type": envelope.content_type,
            "x-delivery-id": envelope.delivery,
        }
        queue = f"{envelope.endpoint}.inbox"
        if self._bus.put(queue, Parcel(body=envelope.body, properties=properties)):
            return Response()
        return TransientError("unroutable", queue)
