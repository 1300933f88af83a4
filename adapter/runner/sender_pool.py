"""One pool of sender threads for all endpoints, fair between them.

An endpoint never has more than `max_in_flight` deliveries on their way, nor more connections, and
the pool has a thread for each of them: partners who answer after two minutes hold up themselves.
All that goes to the bus goes one way, many at once. Outcomes are written down together.
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
from adapter.outbound import send
from adapter.outbound.send import Sent
from adapter.runner.loops import Bell
from adapter.settings.network import Network
from adapter.store import Store, due_deliveries
from adapter.transports import Transport

log = logging.getLogger(__name__)
MOST_THREADS = 256
BATCHES = {"rabbitmq": 400, "memory": 200}
"""Transports that take many at once, and how many; the others take one after the other."""
MOST_UNWRITTEN = 16
"""With more batches than these unwritten nothing is claimed: leases would end before that is."""


class SenderPool:
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
        self._sent: deque[Sent] = deque()
        self._pen = ThreadPoolExecutor(1, thread_name_prefix="record", initializer=self._enlist)

    def _enlist(self) -> None:
        """In each thread of the pool as it begins: a pool does not say that one has died."""
        self._threads.append(threading.current_thread())

    def step(self) -> int:
        """Claim for every endpoint that has something due and room for it.

        Raises what has ended a thread of the pool, so that the caller's loop ends too.
        """
        if self._fault or not all(thread.is_alive() for thread in self._threads):
            raise RuntimeError("a thread of the sender pool has died") from self._fault
        if len(self._sent) > MOST_UNWRITTEN:
            return 0  # it rings when they are written
        now = self._clock()
        with self._store.read() as tx:
            due = due_deliveries.endpoints_due(tx, now)
        claimed = send.claim(self._store, self._network, self._room(due), now)
        for batch in self._batches(claimed):
            self._submit(batch, now)
        return len(claimed)

    def _way(self, name: str) -> str:
        """What goes there together: all that the bus takes, else what one endpoint takes."""
        endpoint = self._network.endpoint(name)
        return endpoint.transport if endpoint.transport in BATCHES else f"to {name}"

    def _room(self, due: Sequence[str]) -> dict[str, int]:
        """How many for each: of what one way takes at once, those who go it have equal parts."""
        free = [name for name in due if self._network.knows(name) and self._is_free(name)]
        ways = Counter(self._way(name) for name in free)
        return {name: self._part(name, ways[self._way(name)]) for name in free}

    def _is_free(self, name: str) -> bool:
        with self._lock:
            return self._busy[name] < _abreast(self._network.endpoint(name))

    def _part(self, name: str, abreast: int) -> int:
        endpoint = self._network.endpoint(name)
        if endpoint.transport in BATCHES:
            return max(1, BATCHES[endpoint.transport] // abreast)
        with self._lock:
            return _abreast(endpoint) - self._busy[name]

    def _batches(self, claimed: Sequence[Delivery]) -> list[list[Delivery]]:
        ways = defaultdict[str, list[Delivery]](list)
        for delivery in claimed:
            ways[self._way(delivery.endpoint)].append(delivery)
        return [
            batch[start : start + size]
            for way, batch in ways.items()
            for size in [BATCHES.get(way, 1)]
            for start in range(0, len(batch), size)
        ]

    def _submit(self, batch: Sequence[Delivery], claimed: datetime) -> None:
        with self._lock:
            self._busy.update(d.endpoint for d in batch)
        self._pool.submit(self._send, batch, claimed)

    def _send(self, batch: Sequence[Delivery], claimed: datetime) -> None:
        try:
            mine = [d for d in batch if self._is_ours(d, claimed)]
            if mine:
                self._sent.append(self._hand_over(mine))
        except Exception:
            log.exception("adapter-fault", extra={"endpoint": batch[0].endpoint})
        except BaseException as error:  # SystemExit, MemoryError of the pool: its thread is done
            self._fault = error
        finally:
            with self._lock:
                self._busy.subtract(d.endpoint for d in batch)
            self._pen.submit(self._write_down)

    def _is_ours(self, d: Delivery, claimed: datetime) -> bool:
        """With less than half the lease left somebody else might begin while we still send:
        better to let it end."""
        endpoint = self._network.endpoint(d.endpoint)
        return self._clock() - claimed < send.lease(endpoint) / 2

    def _hand_over(self, batch: Sequence[Delivery]) -> Sent:
        endpoint = self._network.endpoint(batch[0].endpoint)
        try:
            transport = self._taken(endpoint)
        except FatalError as error:
            # A secret or a certificate is missing: once that is mended, it goes.
            failed = TransientError(error.code, error.detail)
            return Sent(batch=batch, outcomes=[failed for _ in batch], at=self._clock())
        try:
            return send.hand_over(transport, batch, self._clock)
        finally:
            with self._lock:
                self._resting[self._way(endpoint.name)].append(transport)

    def _taken(self, endpoint: Endpoint) -> Transport:
        """A transport that rests, else a new one; nobody else uses it until it rests again."""
        with self._lock:
            resting = self._resting[self._way(endpoint.name)]
            found = resting.pop() if resting else None
        return found or self._open(endpoint)

    def _write_down(self) -> None:
        """The outcomes of all that was sent while the last ones were written."""
        sent = [self._sent.popleft() for _ in range(len(self._sent))]
        try:
            self._record(sent)
        except TransientError as error:
            told = {"code": error.code, "why": error.detail}
            for name in {d.endpoint for one in sent for d in one.batch}:
                log.warning("not-recorded", extra=told | {"endpoint": name})
        except BaseException as error:
            self._fault = error
        finally:
            self._bell.ring()

    def _record(self, sent: Sequence[Sent]) -> None:
        """Together; where that fails, each alone: the others must not go for one that cannot."""
        try:
            if sent:
                send.write_down(self._store, self._network, sent)
        except Exception:
            for one in send.each(sent):
                self._record_alone(one)

    def _record_alone(self, one: Sent) -> None:
        try:
            send.write_down(self._store, self._network, [one])
        except TransientError:
            raise
        except Exception:
            log.exception("adapter-fault", extra={"endpoint": one.batch[0].endpoint})

    def close(self) -> None:
        """Finish what is in hand, then let go of every connection."""
        self._pool.shutdown(wait=True)
        self._pen.shutdown(wait=True)
        for resting in self._resting.values():
            for transport in resting:
                transport.close()


def _abreast(endpoint: Endpoint) -> int:
    """How many threads may send to an endpoint at once."""
    return 1 if endpoint.transport in BATCHES else min(endpoint.max_in_flight, MOST_THREADS)
