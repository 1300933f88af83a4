"""One pool of sender threads for all endpoints, fair between them.

An endpoint never has more than `max_in_flight` deliveries or connections in use, and the pool has
a thread for each. So a partner that answers after two minutes delays only its own deliveries.
Deliveries to the bus share one connection and go in batches. Outcomes are recorded together.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, TransientError
from adapter.core.model import Delivery
from adapter.outbound.claim import claim, lease
from adapter.outbound.send import Sent, hand_over, one_by_one, write_down
from adapter.runner.loops import Bell
from adapter.settings.network import Network
from adapter.store import Store, due_deliveries
from adapter.transports import Transport

log = logging.getLogger(__name__)
MOST_THREADS = 256
BATCHES = {"rabbitmq": 400, "memory": 200}
"""How many deliveries a transport sends in one batch; other transports send one at a time."""
MOST_UNRECORDED = 16
"""Batches without recorded outcomes. With more, nothing is claimed: leases would end first."""


class SenderPool:
    """Claims deliveries that are due, and lets threads send them and record the outcomes."""

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
        threads = min(sum(map(_max_threads, network.settings.endpoints)) or 1, MOST_THREADS)
        self._threads: list[threading.Thread] = []
        self._senders = ThreadPoolExecutor(
            threads, thread_name_prefix="send", initializer=self._note_thread
        )
        self._fault: BaseException | None = None
        self._idle: defaultdict[str, list[Transport]] = defaultdict(list)
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._unrecorded: deque[Sent] = deque()
        self._recorder = ThreadPoolExecutor(
            1, thread_name_prefix="record", initializer=self._note_thread
        )

    def _note_thread(self) -> None:
        """Remember a thread at its start: a pool does not report a thread that has died."""
        self._threads.append(threading.current_thread())

    def step(self) -> int:
        """Claim for every endpoint that has due deliveries and room; return how many.

        RuntimeError when a thread of the pool has died, so that the caller's loop ends too.
        """
        if self._fault or not all(thread.is_alive() for thread in self._threads):
            raise RuntimeError("a thread of the sender pool has died") from self._fault
        if len(self._unrecorded) > MOST_UNRECORDED:
            return 0  # the bell rings when they are recorded
        now = self._clock()
        with self._store.read() as tx:
            due = due_deliveries.endpoints_due(tx, now)
        claimed = claim(self._store, self._network, self._room(due), now)
        for batch in self._batches(claimed):
            self._submit(batch, now)
        return len(claimed)

    @property
    def busy(self) -> int:
        """How many deliveries are under way."""
        with self._lock:
            return self._busy.total()

    def _channel(self, name: str) -> str:
        """Return the connection pool of an endpoint: the bus has one for all, others their own."""
        endpoint = self._network.endpoint(name)
        return endpoint.transport if endpoint.transport in BATCHES else f"to {name}"

    def _room(self, due: Sequence[str]) -> dict[str, int]:
        """Return how many to claim per endpoint; bus endpoints get equal shares of a batch."""
        free = [name for name in due if self._network.knows(name) and self._is_free(name)]
        channels = Counter(self._channel(name) for name in free)
        return {name: self._share(name, channels[self._channel(name)]) for name in free}

    def _is_free(self, name: str) -> bool:
        with self._lock:
            return self._busy[name] < _max_threads(self._network.endpoint(name))

    def _share(self, name: str, endpoints: int) -> int:
        endpoint = self._network.endpoint(name)
        if endpoint.transport in BATCHES:
            return max(1, BATCHES[endpoint.transport] // endpoints)
        with self._lock:
            return _max_threads(endpoint) - self._busy[name]

    def _batches(self, claimed: Sequence[Delivery]) -> list[list[Delivery]]:
        by_channel = defaultdict[str, list[Delivery]](list)
        for delivery in claimed:
            by_channel[self._channel(delivery.endpoint)].append(delivery)
        return [
            batch[start : start + size]
            for channel, batch in by_channel.items()
            for size in [BATCHES.get(channel, 1)]
            for start in range(0, len(batch), size)
        ]

    def _submit(self, batch: Sequence[Delivery], claimed: datetime) -> None:
        with self._lock:
            self._busy.update(d.endpoint for d in batch)
        self._senders.submit(self._send, batch, claimed)

    def _send(self, batch: Sequence[Delivery], claimed: datetime) -> None:
        try:
            timely = [d for d in batch if self._has_time(d, claimed)]
            if timely:
                self._unrecorded.append(self._hand_over(timely))
        except Exception:
            log.exception("adapter-fault", extra={"endpoint": batch[0].endpoint})
        except BaseException as error:  # SystemExit or MemoryError: the thread ends
            self._fault = error
        finally:
            with self._lock:
                self._busy.subtract(d.endpoint for d in batch)
            self._recorder.submit(self._record_all)

    def _has_time(self, d: Delivery, claimed: datetime) -> bool:
        """Whether half the lease is left.

        With less, another process might claim the delivery while we still send it.
        """
        endpoint = self._network.endpoint(d.endpoint)
        return self._clock() - claimed < lease(endpoint) / 2

    def _hand_over(self, batch: Sequence[Delivery]) -> Sent:
        endpoint = self._network.endpoint(batch[0].endpoint)
        try:
            transport = self._transport(endpoint)
        except FatalError as error:
            # A secret or a certificate is missing: the delivery can go once it is there.
            failure = TransientError(error.code, error.detail)
            return Sent(batch=batch, outcomes=[failure for _ in batch], at=self._clock())
        try:
            return hand_over(transport, batch, self._clock)
        finally:
            with self._lock:
                self._idle[self._channel(endpoint.name)].append(transport)

    def _transport(self, endpoint: Endpoint) -> Transport:
        """Return an idle transport or a new one, for this thread alone until it is idle again."""
        with self._lock:
            idle = self._idle[self._channel(endpoint.name)]
            transport = idle.pop() if idle else None
        return transport or self._open(endpoint)

    def _record_all(self) -> None:
        """Record the outcomes of every batch that was sent since the last time."""
        sent = [self._unrecorded.popleft() for _ in range(len(self._unrecorded))]
        try:
            self._record(sent)
        except TransientError as error:
            log_fields = {"code": error.code, "why": error.detail}
            for name in {d.endpoint for batch in sent for d in batch.batch}:
                log.warning("not-recorded", extra=log_fields | {"endpoint": name})
        except BaseException as error:
            self._fault = error
        finally:
            self._bell.ring()

    def _record(self, sent: Sequence[Sent]) -> None:
        """Record together; if that fails, one by one, so that one fault stops no others."""
        try:
            if sent:
                write_down(self._store, self._network, sent)
        except Exception:
            for single in one_by_one(sent):
                self._record_alone(single)

    def _record_alone(self, sent: Sent) -> None:
        try:
            write_down(self._store, self._network, [sent])
        except TransientError:
            raise
        except Exception:
            log.exception("adapter-fault", extra={"endpoint": sent.batch[0].endpoint})

    def close(self) -> None:
        """Finish what is in progress, then close every connection."""
        self._senders.shutdown(wait=True)
        self._recorder.shutdown(wait=True)
        for idle in self._idle.values():
            for transport in idle:
                transport.close()


def _max_threads(endpoint: Endpoint) -> int:
    """Return how many threads may send to an endpoint at once."""
    return 1 if endpoint.transport in BATCHES else min(endpoint.max_in_flight, MOST_THREADS)
