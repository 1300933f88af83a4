"""One process of the adapter: its doors, its loops, its sender pool, and how they stop."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Flag, auto
from types import FrameType

from adapter import mappings
from adapter.core.endpoint import Endpoint, Settings
from adapter.core.errors import FatalError, TransientError
from adapter.core.model import Envelope
from adapter.inbound import batches, receive
from adapter.operate import health, jobs, maintenance
from adapter.operate.health import Finding
from adapter.runner.doors import Doors
from adapter.runner.heartbeat import Heartbeat, of_loops
from adapter.runner.loops import Bell, Loops, ends_within
from adapter.runner.sender_pool import SenderPool
from adapter.settings.network import Network
from adapter.store import Store, endpoints, heartbeats
from adapter.transports import Response, Transport
from adapter.transports.http import HttpClient
from adapter.transports.memory import Bus, Memory
from adapter.transports.mllp import MllpClient
from adapter.transports.rabbitmq import DEAD, INCOMING, Consumer, Publisher, Topology, take_over

log = logging.getLogger(__name__)
POLL = 0.05  # seconds between checks for work from other processes
GATHER = 0.005  # seconds that a loop waits for more work before it starts
LEAVE = timedelta(seconds=2)  # for the last word to the store of a stop that was cut short
BATCH = 150  # messages processed in one transaction


class Part(Flag):
    """The work that a process does."""

    WORKER = auto()  # queues, MLLP doors, processing, sending, reminders
    WEB = auto()  # HTTP doors

    @property
    def command(self) -> str:
        """Return the command that runs it."""
        return {Part.WORKER: "worker", Part.WEB: "web"}.get(self, "serve")


def utc_now() -> datetime:
    """Return the time, aware and in UTC. The rooms below the runner get the time as an argument."""
    return datetime.now(UTC)


class Adapter:
    """One process: start it, wait for it, stop it. `bus` replaces RabbitMQ in demo and tests."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        parts: Part = Part.WORKER | Part.WEB,
        bus: Bus | None = None,
    ) -> None:
        self.settings, self.store, self.bus, self.parts = settings, store, bus, parts
        self.is_cut_short = False  # whether `stop` has left threads that are not finished
        self.network = Network(settings=settings, systems=mappings.load())
        self.loops = Loops()
        self._inbox, self._outbox = Bell(POLL, GATHER), Bell(POLL, GATHER)
        self._doors = Doors(settings)
        self._sources: list[Transport] = []
        self._consumer: Consumer | None = None
        self._topology = Topology(settings.endpoints, self._broker_was_empty, self._store_name)
        self._publisher = Publisher(
            settings.broker, self._topology, timeout=_confirm_timeout(settings)
        )
        self.sender_pool = SenderPool(store, self.network, self._open, utc_now, self._outbox)
        self.heartbeat = Heartbeat(
            store, parts.command, settings, utc_now, self._loop_findings, self._is_consuming
        )

    def take_over_broker(self) -> None:
        """Make the broker's virtual host this store's; call before `start`. TransientError."""
        self._register()
        if self.settings.broker:
            take_over(self.settings.broker, self._store_name())
            log.warning("broker-taken-over")

    def _register(self) -> None:
        with self.store.begin() as tx:
            endpoints.register(tx, [e.name for e in self.settings.endpoints])

    def _store_name(self) -> str:
        with self.store.read() as tx:
            return endpoints.store_name(tx)

    def start(self) -> None:
        """Open every door and start every loop; FatalError when one cannot start."""
        self._register()
        if Part.WORKER in self.parts:
            self._start_worker()
        self.loops.start("beat", self.heartbeat.beat, self._rest_between_beats)
        if Part.WEB in self.parts:
            self._doors.open_web(self.network, self.store, self._outbox.ring, self.heartbeat.own)
        log.info("started", extra={"process_name": self.heartbeat.name})

    def _rest_between_beats(self) -> None:
        self.loops.stopping.wait(self.heartbeat.rest)

    def _start_worker(self) -> None:
        self._start_sources()
        self._doors.open_mllp(self.loops, self._accept, self._fragment)
        self.loops.start("process", self._process, self._inbox.wait)
        self.loops.start("dispatch", self._dispatch, self._outbox.wait)
        self.loops.start("remind", self._remind, lambda: self.loops.stopping.wait(1))
        self.loops.start("expire", self._expire, lambda: self.loops.stopping.wait(60))
        self.loops.start("jobs", self._go_on_with_jobs, lambda: self.loops.stopping.wait(10))
        self.loops.start("purge", self._purge, lambda: self.loops.stopping.wait(600))

    def _start_sources(self) -> None:
        if self.bus is not None:
            self._take("take care.in", Memory(self.bus, self.settings.endpoints))
        elif self.settings.broker:
            self._consumer = self._open_consumer(INCOMING)
            self._take("take care.in", self._consumer)
            dead = self._open_consumer(DEAD)
            self._sources.append(dead)
            self.loops.start(
                "take care.dead", lambda: self._take_dead(dead), lambda: dead.idle(1), dead.close
            )

    def _open_consumer(self, queue: str) -> Consumer:
        most = self.settings.limits.body
        return Consumer(self.settings.broker, self._topology, queue, most_bytes=most)

    def _take(self, name: str, source: Transport) -> None:
        self._sources.append(source)
        must_probe = True  # at the start, and after an error: does the store answer?

        def step() -> int:
            nonlocal must_probe
            if must_probe:
                self._probe_store()
                must_probe = False
            received = receive.receive_batch(self.store, source, utc_now())
            if received:
                self._inbox.ring()
            return received

        def recover() -> None:
            nonlocal must_probe
            must_probe = True
            source.close()

        self.loops.start(name, step, lambda: source.idle(POLL), recover)

    def _probe_store(self) -> None:
        """Raise TransientError while the database is down: the broker counts each redelivery."""
        with self.store.read() as tx:
            heartbeats.clock(tx)

    def _take_dead(self, source: Transport) -> int:
        return receive.receive_dead(self.store, self.network, source, utc_now())

    def _process(self) -> bool:
        """Process one batch. Whether it was full: then the loop goes on without waiting."""
        done = batches.process_batch(self.store, self.network, utc_now(), BATCH)
        if done:
            self._outbox.ring()
            self._inbox.ring()
        return done >= BATCH

    def _dispatch(self) -> None:
        """Send what is due. Return nothing: the pool rings when it has room for more."""
        self.sender_pool.step()

    def _remind(self) -> int:
        now = utc_now()
        done = maintenance.end_pauses(self.store, now)
        done += maintenance.bury_orphans(self.store, self.network, now)
        done += maintenance.move_replaced(self.store, self.network, now)
        return done + maintenance.remind(self.store, self.network, now)

    def _expire(self) -> int:
        with self.store.begin() as tx:
            heartbeats.forget(tx, heartbeats.clock(tx) - health.FORGOTTEN)
        return maintenance.expire(self.store, self.network, utc_now())

    def _purge(self) -> int:
        removed = jobs.forget(self.store, self.settings, utc_now())
        return removed + len(maintenance.purge(self.store, self.network, utc_now()))

    def _go_on_with_jobs(self) -> int:
        return jobs.run_left_alone(self.store, self.network, utc_now())

    def _loop_findings(self) -> list[Finding]:
        """Return what loops and doors wait for, and whether the broker is blocked."""
        findings = [*of_loops(self.loops.waiting), *self._doors.findings()]
        if self._publisher.blocked:
            why = f"broker: {self._publisher.blocked}"
            findings.append(Finding(name="broker-blocked", why=why))
        return findings

    def _is_consuming(self) -> bool:
        return self._consumer is not None and self._consumer.consuming

    def _accept(self, envelope: Envelope) -> Response:
        owed = receive.accept(self.store, self.network, envelope, utc_now())
        self._outbox.ring()
        if owed.is_unwritten:
            raise FatalError("not-written", "the answer")  # the door hangs up: nobody waits in vain
        return Response(body=owed.body, content_type=owed.content_type)

    def _fragment(self, envelope: Envelope) -> None:
        receive.keep_fragment(self.store, envelope, utc_now())

    def _broker_was_empty(self, names: Sequence[str]) -> None:
        maintenance.broker_was_empty(self.store, names, utc_now())

    def _open(self, endpoint: Endpoint) -> Transport:
        """Return a transport that sends to an endpoint."""
        if endpoint.transport == "http":
            return HttpClient(endpoint)
        if endpoint.transport == "mllp":
            return MllpClient(endpoint)
        if self.bus is not None:
            return Memory(self.bus, self.settings.endpoints)
        return self._publisher

    def wait(self) -> int:
        """Wait for SIGTERM, SIGINT or the end of a loop, then stop; return the exit code.

        Call it in the main thread.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        while not self.loops.stopping.wait(0.5):
            if not self._doors.alive:
                log.error("web-died")
                self.loops.broken = "web"
                break
        self.stop()
        return 1 if self.loops.broken else 0

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        log.info("stopping", extra={"signal": number})
        self.loops.stopping.set()

    def stop(self) -> None:
        """Take no new messages, finish those in progress, close every connection.

        After `stop_within`, leave what is not finished: the leases of its deliveries end, and the
        broker and the doors' partners send again what was not answered.
        """
        self.loops.stopping.set()
        began = time.monotonic()
        self.is_cut_short = not ends_within(self.settings.stop_within, self._finish)
        if self.is_cut_short:
            ends_within(LEAVE, self.heartbeat.leave)
            seconds = round(time.monotonic() - began, 1)
            log.warning(
                "stop-cut-short", extra={"count": self.sender_pool.busy, "seconds": seconds}
            )

    def _finish(self) -> None:
        self._doors.stop()
        self.loops.join()
        for source in self._sources:  # first: other workers take what the broker gets back
            _close(source)
        self.sender_pool.close()
        _close(self._publisher)
        self.heartbeat.leave()
        log.info("stopped", extra={"threads": threading.active_count()})


def _confirm_timeout(settings: Settings) -> float:
    """Return seconds to wait for confirms: the shortest timeout of the bus endpoints."""
    timeouts = [e.timeout.total_seconds() for e in settings.endpoints if e.transport == "rabbitmq"]
    return min(timeouts, default=20.0)


def _close(transport: Transport) -> None:
    try:
        transport.close()
    except TransientError as error:
        log.warning("close-failed", extra={"code": error.code})
