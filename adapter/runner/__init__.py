"""One process of the adapter: its doors, its loops, its sender pool, and how they end."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Flag, auto
from types import FrameType

from adapter import mappings
from adapter.core.endpoint import Endpoint, Settings
from adapter.core.errors import TransientError
from adapter.core.model import Envelope
from adapter.inbound import receive
from adapter.operate import health, maintenance
from adapter.operate.health import Finding
from adapter.runner.heartbeat import Heartbeat, of_loops
from adapter.runner.loops import Bell, Loops
from adapter.runner.sender_pool import SenderPool
from adapter.runner.web_server import WebServer
from adapter.settings.network import Network
from adapter.store import Store, endpoints, heartbeats
from adapter.transports import Response, Transport
from adapter.transports.http import HttpClient
from adapter.transports.memory import Bus, Memory
from adapter.transports.mllp import MllpClient, MllpServer
from adapter.transports.rabbitmq import DEAD, Consumer, Publisher, Topology

log = logging.getLogger(__name__)
FRAME = 64 * 1024 * 1024  # bytes
POLL = 0.05  # seconds between looks for work that another process left
GATHER = 0.005  # seconds that work waits for more
TOGETHER = 150  # messages that are processed in one transaction


class Part(Flag):
    """What a process does."""

    WORKER = auto()  # queues, MLLP doors, processing, sending, reminders
    WEB = auto()  # HTTP doors

    @property
    def command(self) -> str:
        """The command that runs it."""
        return {Part.WORKER: "worker", Part.WEB: "web"}.get(self, "serve")


def utc_now() -> datetime:
    """The one clock: aware, UTC. Everything below the runner is told the time."""
    return datetime.now(UTC)


class Adapter:
    """Start it, wait for it, stop it. `bus` replaces RabbitMQ in the demo and in tests."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        parts: Part = Part.WORKER | Part.WEB,
        bus: Bus | None = None,
    ) -> None:
        self.settings, self.store, self.bus, self.parts = settings, store, bus, parts
        self.network = Network(settings=settings, systems=mappings.load())
        self.loops = Loops()
        self._inbox, self._outbox = Bell(POLL, GATHER), Bell(POLL, GATHER)
        self._doors: list[MllpServer] = []
        self._sources: list[Transport] = []
        self._consumer: Consumer | None = None
        self._website: WebServer | None = None
        self._topology = Topology(settings.endpoints, self._broker_was_empty)
        self._publisher = Publisher(settings.broker, self._topology, timeout=_patience(settings))
        self.senders = SenderPool(store, self.network, self._open, utc_now, self._outbox)
        told = (self._around, self._consumes)
        self.pulse = Heartbeat(store, parts.command, settings, utc_now, *told)

    def start(self) -> None:
        """Open every door and start every loop; FatalError when one cannot."""
        with self.store.begin() as tx:
            endpoints.register(tx, [e.name for e in self.settings.endpoints])
        if Part.WORKER in self.parts:
            self._start_worker()
        self.loops.start("beat", self.pulse.beat, lambda: self.loops.stopping.wait(self.pulse.rest))
        if Part.WEB in self.parts:
            asked = (self._outbox.ring, self.pulse.oneself)
            self._website = WebServer(self.network, self.store, self.settings.web, *asked)
            self._website.start()
        log.info("started", extra={"process_name": self.pulse.name})

    def _start_worker(self) -> None:
        self._start_sources()
        for endpoint in self.settings.endpoints:
            if endpoint.transport == "mllp" and endpoint.listen:
                self._open_door(endpoint)
        self.loops.start("process", self._process, self._inbox.wait)
        self.loops.start("dispatch", self._dispatch, self._outbox.wait)
        self.loops.start("remind", self._remind, lambda: self.loops.stopping.wait(1))
        self.loops.start("expire", self._expire, lambda: self.loops.stopping.wait(60))

    def _open_door(self, endpoint: Endpoint) -> None:
        # Well over the limit of a body: one that is too large must be read to be answered so.
        limit = max(FRAME, 2 * self.settings.limits.body)
        door = MllpServer(endpoint, self._accept, self._fragment, limit=limit)
        self._doors.append(door)
        self.loops.start(f"mllp {endpoint.name}", door.run, lambda: None)

    def _start_sources(self) -> None:
        if self.bus is not None:
            self._take("take care.in", Memory(self.bus, self.settings.endpoints))
        elif self.settings.broker:
            self._consumer = Consumer(self.settings.broker, self._topology)
            self._take("take care.in", self._consumer)
            dead = Consumer(self.settings.broker, self._topology, DEAD)
            self._sources.append(dead)
            self.loops.start(
                "take care.dead", lambda: self._take_dead(dead), lambda: dead.idle(1), dead.close
            )

    def _take(self, name: str, source: Transport) -> None:
        self._sources.append(source)
        unsure = True  # whether the store answers: at the start, and after any trouble

        def step() -> int:
            nonlocal unsure
            if unsure:
                self._probe_store()
                unsure = False
            taken = receive.receive_batch(self.store, source, utc_now())
            if taken:
                self._inbox.ring()
            return taken

        def let_go() -> None:
            nonlocal unsure
            unsure = True
            source.close()

        self.loops.start(name, step, lambda: source.idle(POLL), let_go)

    def _probe_store(self) -> None:
        """While the database is down, do not consume: each redelivery counts at the broker."""
        with self.store.read() as tx:
            tx.connection.exec_driver_sql("select 1")

    def _take_dead(self, source: Transport) -> int:
        return receive.receive_dead(self.store, self.network, source, utc_now())

    def _process(self) -> bool:
        """Whether to go on at once; else a little later, as long as there was something."""
        done = receive.process_batch(self.store, self.network, utc_now(), TOGETHER)
        if done:
            self._outbox.ring()
            self._inbox.ring()
        return done >= TOGETHER

    def _dispatch(self) -> None:
        """What else is due goes when there is room for it, and then it rings."""
        self.senders.step()

    def _remind(self) -> int:
        now = utc_now()
        done = maintenance.bury_orphans(self.store, self.network, now)
        done += maintenance.move_replaced(self.store, self.network, now)
        return done + maintenance.remind(self.store, self.network, now)

    def _expire(self) -> int:
        with self.store.begin() as tx:
            heartbeats.forget(tx, heartbeats.clock(tx) - health.FORGOTTEN)
        return maintenance.expire(self.store, self.network, utc_now())

    def _around(self) -> list[Finding]:
        """What is wrong around this process, as far as its loops have met it."""
        found = list(of_loops(self.loops.waiting))
        if self._publisher.blocked:
            found.append(Finding(name="broker-blocked", why=f"broker: {self._publisher.blocked}"))
        return found

    def _consumes(self) -> bool:
        return self._consumer is not None and self._consumer.consuming

    def _accept(self, letter: Envelope) -> Response:
        reply = receive.accept(self.store, self.network, letter, utc_now())
        self._outbox.ring()
        return Response(body=reply.body, content_type=reply.content_type)

    def _fragment(self, letter: Envelope) -> None:
        receive.keep_fragment(self.store, letter, utc_now())

    def _broker_was_empty(self, names: Sequence[str]) -> None:
        maintenance.broker_was_empty(self.store, names, utc_now())

    def _open(self, endpoint: Endpoint) -> Transport:
        """The transport that sends to an endpoint."""
        if endpoint.transport == "http":
            return HttpClient(endpoint)
        if endpoint.transport == "mllp":
            return MllpClient(endpoint)
        if self.bus is not None:
            return Memory(self.bus, self.settings.endpoints)
        return self._publisher

    def wait(self) -> int:
        """Until SIGTERM, SIGINT or a loop's death; the exit code. Call in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        while not self.loops.stopping.wait(0.5):
            if self._website is not None and not self._website.alive:
                log.error("web-died")
                self.loops.broken = "web"
                break
        self.stop()
        return 1 if self.loops.broken else 0

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        log.info("stopping", extra={"signal": number})
        self.loops.stopping.set()

    def stop(self) -> None:
        """Take nothing new, finish what is in hand, let go."""
        self.loops.stopping.set()
        for door in self._doors:
            door.stop()
        if self._website is not None:
            self._website.stop()
        self.loops.join()
        self.senders.close()
        for source in self._sources:
            _close(source)
        _close(self._publisher)
        self.pulse.leave()
        log.info("stopped", extra={"threads": threading.active_count()})


def _patience(settings: Settings) -> float:
    """Seconds to wait for confirms: what the least patient of the bus's endpoints allows."""
    found = [e.timeout.total_seconds() for e in settings.endpoints if e.transport == "rabbitmq"]
    return min(found, default=20.0)


def _close(transport: Transport) -> None:
    try:
        transport.close()
    except TransientError as error:
        log.warning("close-failed", extra={"code": error.code})
