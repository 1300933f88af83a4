"""What every measurement needs: the servers, the parties, and workers to be measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapter.bench import busparty, network
from adapter.bench.board import Board, Goal, board
from adapter.bench.busparty import Sending
from adapter.bench.errors import NotMeasuredError
from adapter.bench.fleet import WORKER, Crew, Fleet
from adapter.bench.network import RECEIVERS, SENDERS, Servers
from adapter.bench.pacing import Pace
from adapter.bench.players import Job, Players
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError
from adapter.simulators.bus_client import BusUnavailableError
from adapter.simulators.messages import Organisation
from adapter.simulators.rabbitmq_client import queues_in_use
from adapter.store import Store, endpoints
from adapter.store.queries.everything import is_empty
from adapter.transports.rabbitmq import DEAD, INCOMING, Topology, inbox
from adapter.transports.rabbitmq.connection import connect

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = CHECKOUT / "benchmarks"  # only in a checkout: the naive pipeline, servers, profiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything. What is published is measured with these."""

    workers: int = 2
    seconds: float = 20.0  # that each rate is measured
    warm_up: float = 5.0
    rounds: int = 2  # adapter and naive pipeline in turn
    window: int = 1000  # journeys under way while rates are measured
    rate: float = 50.0  # messages a second while latencies are measured
    paced: float = 60.0  # seconds of that
    backlog: int = 100_000
    stored: int = 1_000_000
    partners: int = 50
    slow: float = 120.0  # seconds until the slow partner answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """One for all measurements of a run."""

    servers: Servers
    store: Store
    settings: Settings
    street: tuple[Organisation, ...]
    port: int  # where the partners by HTTP listen
    folder: Path
    sizes: Sizes
    say: Callable[[str], None]
    profiles: Path | None = None
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def url(self) -> str:
        """The store's URL with its password."""
        return self.store.url.render_as_string(hide_password=False)

    def fleet(self) -> Fleet:
        """Workers, not yet started."""
        file = self.folder / "adapter.toml"
        network.write(self.settings, file)
        reached = {"ADAPTER_STORE": self.url, "ADAPTER_BROKER": self.servers.broker}
        return Fleet(
            Crew(
                command=self._command(),
                settings=file,
                environment=self.environment | reached,
                number=self.sizes.workers,
                folder=self.folder,
            )
        )

    def _command(self) -> Sequence[str]:
        if self.profiles is None:
            return WORKER
        return (sys.executable, str(PROGRAMS / "profiled.py"), "--into", str(self.profiles))

    def on_bus(self, pace: Pace, goal: Goal = Goal.RECEIPTED) -> tuple[Board, Players]:
        """Senders and receivers on the bus."""
        takers = self.servers.parties(RECEIVERS)
        found = board(pace.total, len(SENDERS) + len(takers), goal)
        receiving: list[Job] = [(busparty.take, (party,)) for party in takers]
        whom = tuple(party.who for party in takers)
        return found, Players(found, [*receiving, *self.senders(pace, whom)])

    def senders(self, pace: Pace, whom: tuple[Organisation, ...]) -> list[Job]:
        """What the senders do."""
        return [(busparty.send, (job,)) for job in self._sendings(pace, whom)]

    def _sendings(self, pace: Pace, whom: tuple[Organisation, ...]) -> list[Sending]:
        return [
            Sending(party=party, place=place, senders=len(SENDERS), receivers=whom, pace=pace)
            for place, party in enumerate(self.servers.parties(SENDERS))
        ]


def prepare(arena: Arena) -> None:
    """Make the empty store and the broker's queues ready. NotMeasuredError when they are in use."""
    store, names = arena.store, [e.name for e in arena.settings.endpoints]
    try:
        store.upgrade()
        with store.begin() as tx:
            if not is_empty(tx):
                raise NotMeasuredError("the store has messages already: name an empty one")
            endpoints.register(tx, names)
        _prepare_broker(arena)
    except (AdapterError, BusUnavailableError) as error:
        raise NotMeasuredError(f"the servers cannot be used: {error}") from error


def _prepare_broker(arena: Arena) -> None:
    queues = [INCOMING, DEAD, *(inbox(name) for name in (*SENDERS, *RECEIVERS))]
    busy = queues_in_use(arena.servers.broker, queues)
    if busy:
        raise NotMeasuredError(f"{busy[0]} is in use: give the bench a virtual host of its own")
    with connect(arena.servers.broker, "adapter bench") as connection:
        Topology(arena.settings.endpoints, lambda _: None).declare(connection)
