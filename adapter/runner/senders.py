"""One pool of sender threads for all endpoints, fair between them.

An endpoint never has more than `max_in_flight` deliveries on their way, nor more connections, and
the pool has a thread for each of them: partners who answer after two minutes hold up themselves.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from adapter import send
from adapter.errors import FatalError, TransientError
from adapter.model import Delivery, Endpoint
from adapter.routing import Network
from adapter.runner.loops import Bell
from adapter.store import Store, claiming
from adapter.transports import Outcome, Transport

log = logging.getLogger(__name__)
MOST_THREADS = 256
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
        threads = min(sum(map(_abreast, network.settings.endpoints)) or 1, MOST_THREADS)
        self._threads: list[threading.Thread] = []
        self._pool = ThreadPoolExecutor(
            threads, thread_name_prefix="send", initializer=self._enlist
        )
        self._fault: BaseException | None = None
        self._resting: defaultdict[str, list[Transport]] = defaultdict(list)
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _enlist(self) -> None:
        """In each thread of the pool as it begins: a pool does not say that one has died."""
        self._threads.append(threading.current_thread())

    def step(self) -> int:
        """Claim for every endpoint that has something due and room for it.

        Raises what has ended a thread of the pool, so that the caller's loop ends too.
        """
        if self._fault or not all(thread.is_alive() for thread in self._threads):
            raise RuntimeError("a thread of the sender pool has died") from self._fault
        with self._store.read() as tx:
            due = claiming.endpoints_due(tx, self._clock())
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
        return _abreast(endpoint) - busy

    def _submit(self, endpoint: Endpoint, batch: Sequence[Delivery], claimed: datetime) -> None:
        with self._lock:
            self._busy[endpoint.name] += len(batch)
        self._pool.submit(self._send, endpoint, batch, claimed)

    def _send(self, endpoint: Endpoint, batch: Sequence[Delivery], claimed: datetime) -> None:
        try:
            # With less than half the lease left somebody else might begin while we still send:
            # better to let it end.
            if self._clock() - claimed < send.lease(endpoint) / 2:
                self._hand_over(endpoint, batch)
        except TransientError as error:
            told = {"endpoint": endpoint.name, "code": error.code, "why": error.detail}
            log.warning("not-recorded", extra=told)
        except Exception:
            log.exception("adapter-fault", extra={"endpoint": endpoint.name})
        except BaseException as error:  # SystemExit, MemoryError of the pool: its thread is done
            self._fault = error
        finally:
            with self._lock:
                self._busy[endpoint.name] -= len(batch)
            self._bell.ring()

    def _hand_over(self, endpoint: Endpoint, batch: Sequence[Delivery]) -> None:
        try:
            transport = self._taken(endpoint)
        except FatalError as error:
            # A secret or a certificate is missing: once that is mended, it goes.
            failed: list[Outcome] = [TransientError(error.code, error.detail) for _ in batch]
            send.write_down(self._store, self._network, batch, failed, self._clock())
            return
        try:
            send.send(self._store, self._network, transport, batch, self._clock)
        finally:
            with self._lock:
                self._resting[endpoint.name].append(transport)

    def _taken(self, endpoint: Endpoint) -> Transport:
        """A transport that rests, else a new one; nobody else uses it until it rests again."""
        with self._lock:
            resting = self._resting[endpoint.name]
            found = resting.pop() if resting else None
        return found or self._open(endpoint)

    def close(self) -> None:
        """Finish what is in hand, then let go of every connection."""
        self._pool.shutdown(wait=True)
        for resting in self._resting.values():
            for transport in resting:
                transport.close()


def _abreast(endpoint: Endpoint) -> int:
    """How many threads may send to an endpoint at once."""
    return 1 if endpoint.transport in BATCHES else min(endpoint.max_in_flight, MOST_THREADS)
