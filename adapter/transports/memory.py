"""A bus inside this process, for the demo and for tests: what is in it ends with the process.

It keeps the promises of the RabbitMQ transport except surviving a restart: named queues, the
sender's user vouched for by the bus, and a message that is held until it is acknowledged and
comes back, in its old place, when its holder closes. `check` and `serve` refuse it.

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
    """What lies in a queue. `properties` has the names of AMQP: message_id, type ..."""

    body: bytes
    user: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


class Bus:
    """Named queues; any number of threads may use it. `care.in` is always there."""

    def __init__(self, queues: Iterable[str] = ()) -> None:
        self._changed = threading.Condition()
        self._numbers = count()
        self._ready: dict[str, list[tuple[int, Parcel]]] = {INCOMING: []}
        self._held: dict[Hashable, dict[int, tuple[str, int, Parcel]]] = {}
        for queue in queues:
            self.declare(queue)

    def declare(self, queue: str) -> None:
        """Let a queue exist; one that does keeps what it has."""
        with self._changed:
            self._ready.setdefault(queue, [])

    def depth(self, queue: str) -> int:
        """How many wait in a queue, those that somebody holds not counted."""
        with self._changed:
            return len(self._ready[queue])

    def put(self, queue: str, parcel: Parcel) -> bool:
        """Append to a queue; False when there is no such queue."""
        with self._changed:
            if queue not in self._ready:
                return False
            heapq.heappush(self._ready[queue], (next(self._numbers), parcel))
            self._changed.notify_all()
            return True

    def wait(self, queue: str, seconds: float) -> bool:
        """Wait until something is ready in the queue; False when the time passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._ready[queue]), seconds)

    def take(self, queue: str, holder: Hashable, seconds: float) -> tuple[int, Parcel] | None:
        """The oldest of a queue, now held, and a handle for it; None when the time passed first."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._ready[queue]), seconds):
                return None
            number, parcel = heapq.heappop(self._ready[queue])
            # A handle is new each time: an acknowledgement from before a release hits nothing.
            handle = next(self._numbers)
            self._held.setdefault(holder, {})[handle] = (queue, number, parcel)
            return handle, parcel

    def settle(self, holder: Hashable, handles: Iterable[int]) -> None:
        """Forget what the holder has taken care of; unknown handles are no error."""
        with self._changed:
            held = self._held.get(holder, {})
            for handle in handles:
                held.pop(handle, None)

    def release(self, holder: Hashable) -> None:
        """Put everything that the holder has not settled back where it was."""
        with self._changed:
            for queue, number, parcel in self._held.pop(holder, {}).values():
                heapq.heappush(self._ready[queue], (number, parcel))
            self._changed.notify_all()

    def partner(self, user: str, queue: str) -> Partner:
        """A partner's end of the bus, logged in as `user`."""
        self.declare(queue)
        return Partner(self, user, queue)


class Partner:
    """A partner's end: publish to the adapter, take from one's own inbox, acknowledge.

    The same four methods over pika make a simulator that needs no adapter to run.
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
        """Hand a message to the adapter; on return the bus has it."""
        properties = {
            "message_id": message_id,
            "type": event,
            "correlation_id": case,
            "content_type": content_type,
        }
        self._bus.put(INCOMING, Parcel(body=body, user=self._user, properties=properties))

    def get(self, timeout: float) -> tuple[bytes, Mapping[str, str]] | None:
        """The next body and its properties, or None when `timeout` seconds have passed."""
        taken = self._bus.take(self._queue, self, timeout)
        if taken is None:
            return None
        handle, parcel = taken
        self._taken.append(handle)
        return parcel.body, parcel.properties

    def acknowledge(self) -> None:
        """Let go of everything taken so far."""
        self._bus.settle(self, self._taken)
        self._taken.clear()

    def close(self) -> None:
        """Leave; what was not acknowledged comes back to the queue."""
        self._bus.release(self)
        self._taken.clear()


class Memory:
    """The adapter's end: takes `queue`, and sends to `<endpoint>.inbox`."""

    def __init__(self, bus: Bus, endpoints: Sequence[Endpoint], queue: str = INCOMING) -> None:
        self._bus = bus
        self._queue = queue
        self._names = {each.broker_user: each.name for each in endpoints if each.broker_user}

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Yield what has come, until `wait` seconds pass without anything."""
        while (taken := self._bus.take(self._queue, self, wait)) is not None:
            yield self._envelope(*taken)

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Let go of them; those from before a `close` came back and are ignored here."""
        self._bus.settle(self, [envelope.tag for envelope in envelopes])

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Put each in its receiver's inbox; TransientError `unroutable` without such a queue."""
        return [self._sent(envelope) for envelope in envelopes]

    def idle(self, seconds: float) -> None:
        """Wait, or return early because something has come."""
        self._bus.wait(self._queue, seconds)

    def close(self) -> None:
        """Let go; what was not acknowledged comes back."""
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

    def _sent(self, envelope: Envelope) -> Outcome:
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
