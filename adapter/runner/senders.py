"""One pool of sender threads for all endpoints, fair between them.

An endpoint never has more than `max_in_flight` deliveries on their way, so that one partner who
answers after two minutes occupies a few threads, and never the pool.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from adapter import send
from adapter.errors import TransientError
from adapter.model import Delivery, Endpoint
from adapter.routing import Network
from adapter.runner.loops import Bell
from adapter.store import Store, outbox
from adapter.transports import Transport

log = logging.getLogger(__name__)
THREADS = 32
BATCHES = {"rabbitmq": 200, "memory": 200}
"""Transports that take many at once, and how many; the others take one after the other."""


class Senders:
    """Claims what is due, and hands it to the pool."""

    def __init__(
        self,
        store: Store,
        network: Network,
        open_transport: Callable[[Endpoint], Transport],
        clock: Callable[[], datetime],
        bell: Bell,
    ) -> None:
        self._store, self._network, self._clock, self._bell = store, network, clock, bell
        self._open = open_transport
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="send")
        self._mine = threading.local()  # a transport belongs to one thread
        self._opened: list[Transport] = []
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()

    def step(self) -> int:
        """Claim for every endpoint that has something due and room for it."""
        with self._store.read() as tx:
            due = outbox.endpoints_due(tx, self._clock())
        return sum(self._dispatch(name) for name in due if self._network.knows(name))

    def _dispatch(self, name: str) -> int:
        endpoint = self._network.endpoint(name)
        room = self._room(endpoint)
        if room <= 0:
            return 0
        now = self._clock()
        claimed = send.claim(self._store, self._network, name, room, now)
        size = BATCHES.get(endpoint.transport, 1)
        for start in range(0, len(claimed), size):
            self._submit(endpoint, claimed[start : start + size], now)
        return len(claimed)

    def _room(self, endpoint: Endpoint) -> int:
        with self._lock:
            busy = self._busy[endpoint.name]
        if endpoint.transport in BATCHES:
            return 0 if busy else BATCHES[endpoint.transport]
        return min(endpoint.max_in_flight, THREADS) - busy

    def _submit(self, endpoint: Endpoint, batch: Sequence[Delivery], claimed: datetime) -> None:
        with self._lock:
            self._busy[endpoint.name] += len(batch)
        self._pool.submit(self._send, endpoint, batch, claimed)

    def _send(self, endpoint: Endpoint, batch: Sequence[Delivery], claimed: datetime) -> None:
        try:
            # With less than half the lease left somebody else might begin while we still send:
            # better to let it end.
            if self._clock() - claimed < send.lease(endpoint) / 2:
                transport = self._transport(endpoint)
                send.send(self._store, self._network, transport, batch, self._clock)
        except TransientError as error:
            log.warning("paused", extra={"endpoint": endpoint.name, "code": error.code})
        except Exception:
            log.exception("adapter-fault", extra={"endpoint": endpoint.name})
        finally:
            with self._lock:
                self._busy[endpoint.name] -= len(batch)
            self._bell.ring()

    def _transport(self, endpoint: Endpoint) -> Transport:
        found: dict[str, Transport] = self._mine.__dict__.setdefault("transports", {})
        if endpoint.name not in found:
            found[endpoint.name] = self._open(endpoint)
            with self._lock:
                self._opened.append(found[endpoint.name])
        return found[endpoint.name]

    def close(self) -> None:
        """Finish what is in hand, then let go of every connection."""
        self._pool.shutdown(wait=True)
        for transport in self._opened:
            transport.close()
