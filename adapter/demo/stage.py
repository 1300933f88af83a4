"""The running adapter and the parties around it, with real sockets between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol

from adapter.demo.region import (
    CITY,
    HOME,
    HOSPITAL,
    LULEA,
    PLANNING,
    UMEA,
    Broker,
    Ports,
    free_ports,
    settings,
)
from adapter.runner import Adapter
from adapter.simulators import parties
from adapter.simulators.bus_client import BusClient
from adapter.simulators.http_connector import Door
from adapter.simulators.journal import AdtFeed, Journal
from adapter.simulators.omsorg_words import TWO
from adapter.simulators.party_system import Behaviour, PartySystem
from adapter.simulators.rabbitmq_client import RabbitMqClient
from adapter.simulators.sample_stays import SampleStays, sample_stays
from adapter.simulators.traffic_log import TrafficEntry, TrafficLog
from adapter.store import Store, endpoints
from adapter.store.queries.everything import Everything, everything
from adapter.transports.memory import Bus

PATIENCE = 20.0  # seconds that a scene may wait for what it has set off


class StuckError(Exception):
    """Something that the play waits for did not happen in time. The text names no person."""


class Connector(Protocol):
    """A party and its transport."""

    system: PartySystem

    def start(self) -> None:
        """Start to receive and to send."""

    def stop(self) -> None:
        """Stop."""

    def down(self, seconds: float) -> None:
        """Be unreachable for so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The start of a scene, or a fault that the play causes."""

    at: datetime
    text: str
    wrong: bool = False


class Stage:
    """Everything runs inside its `with` block."""

    def __init__(self, seed: int, store: Store, broker: Broker | None) -> None:
        self.ports = free_ports()
        self.store = store
        self.broker = broker
        self.bus = Bus() if broker is None else None
        self.stays: SampleStays = sample_stays(seed, datetime.now(UTC), HOME, CITY)
        self.adapter = Adapter(settings(self.ports, str(store.url), broker), store, bus=self.bus)
        self.moments: list[Moment] = []
        self.journal = self._journal(self.ports)
        self.planning = parties.bus_party(PLANNING, TrafficLog("planning"), connect=self._line)
        self.lulea = self._lulea(self._door("lulea", "/inbox"))
        self.umea = self._umea(self._door("umea", "/inbox"))
        self._open = ExitStack()

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            self.adapter.start()
            stack.callback(self.adapter.stop)
            for party in (self.journal, self.planning, self.lulea, self.umea):
                party.start()
                stack.callback(party.stop)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def systems(self) -> tuple[PartySystem, ...]:
        """The system of every party."""
        return (self.journal.system, self.planning.system, self.lulea.system, self.umea.system)

    def begin(self, text: str) -> None:
        """Note that a scene begins."""
        self.moments.append(Moment(at=datetime.now(UTC), text=text))

    def goes_wrong(self, text: str) -> None:
        """Note that the play causes a fault."""
        self.moments.append(Moment(at=datetime.now(UTC), text=text, wrong=True))

    def until(
        self, party: PartySystem, enough: Callable[[Sequence[TrafficEntry]], bool], what: str
    ) -> None:
        """Wait until a party's traffic log has `enough`; StuckError after PATIENCE seconds."""
        if not party.traffic.wait(enough, PATIENCE):
            raise StuckError(f"{party.traffic.party} never had: {what}{self._dead_loop()}")

    def settle(self) -> None:
        """Wait until nothing is under way; StuckError after PATIENCE seconds."""
        self._wait_until_none(unsettled)

    def settle_but_answers(self) -> None:
        """Like `settle`, but do not wait for persons."""
        self._wait_until_none(under_way)

    def _wait_until_none(
        self, look: Callable[[Everything, Sequence[PartySystem]], list[str]]
    ) -> None:
        deadline = time.monotonic() + PATIENCE
        while left := [*self._unreceipted(), *look(self.picture(), self.systems)]:
            if time.monotonic() > deadline:
                raise StuckError(f"{len(left)} under way, among them {left[0]}{self._dead_loop()}")
            time.sleep(0.1)

    def _unreceipted(self) -> list[str]:
        """What parties still send. Asked before the store: what is receipted then stands there."""
        return [id_ for system in self.systems for id_ in system.unreceipted()]

    def _dead_loop(self) -> str:
        broken = self.adapter.loops.broken
        return f" (the adapter's loop '{broken}' died)" if broken else ""

    def picture(self) -> Everything:
        """Return everything that the store holds now."""
        with self.store.read() as tx:
            return everything(tx)

    def _journal(self, ports: Ports) -> Journal:
        return parties.journal(
            HOSPITAL,
            TrafficLog("journal"),
            inbox_port=ports.journal,
            feed=AdtFeed(port=ports.mllp),
            first_control=self.stays.first_control,
            door=self._door("journal", "/fhir/$process-message"),
        )

    def _line(self) -> BusClient:
        queue = "planning.inbox"
        if self.bus is not None:
            return self.bus.partner("planning", queue)
        return RabbitMqClient(self.broker.account if self.broker else "", queue)

    def _lulea(self, door: Door) -> Connector:
        behaviour = Behaviour(answers_after=0.3)
        return parties.omsorg_municipality(
            LULEA, TrafficLog("lulea"), port=self.ports.lulea, door=door, behaviour=behaviour
        )

    def _umea(self, door: Door) -> Connector:
        traffic_log = TrafficLog("umea")
        return parties.omsorg_municipality(
            UMEA, traffic_log, port=self.ports.umea, door=door, words=TWO
        )

    def _door(self, name: str, path: str) -> Door:
        with self.store.begin() as tx:
            token = endpoints.new_token(tx, name, datetime.now(UTC))
        return Door(url=f"http://127.0.0.1:{self.ports.web}{path}", token=token)


def unsettled(picture: Everything, systems: Sequence[PartySystem]) -> list[str]:
    """Return the ids of what is under way, and of deliveries that wait for a person's answer.

    A delivery that only a person can close is settled once its owner is reminded.
    """
    unread = [d.id for d in picture.deliveries if d.state == "accepted" and not d.reminded_at]
    return [*under_way(picture, systems), *unread]


def under_way(picture: Everything, systems: Sequence[PartySystem]) -> list[str]:
    """Return the ids of messages and deliveries that are not finished.

    A receipt of ours is finished once the party has noted it.
    """
    received = [m.id for m in picture.messages if m.standing == "received"]
    moving = [d.id for d in picture.deliveries if d.state in ("waiting", "in-flight")]
    noted = {e.delivery for system in systems for e in system.traffic.entries()}
    receipts = [d.id for d in picture.deliveries if d.event == "receipt" and d.id not in noted]
    return [*received, *moving, *receipts]
