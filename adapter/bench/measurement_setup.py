"""What every measurement needs: the servers, the simulated parties and the workers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapter.bench import bus_party, measured_network
from adapter.bench.bus_party import SenderJob
from adapter.bench.measured_network import RECEIVERS, SENDERS, Servers
from adapter.bench.measurement_errors import NotMeasuredError
from adapter.bench.message_times import Goal, MessageTimes, empty_times
from adapter.bench.party_processes import PartyJob, PartyProcesses
from adapter.bench.send_schedule import SendLimits
from adapter.bench.worker_processes import WORKER, WorkerCommand, WorkerProcesses
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError
from adapter.simulators.bus_client import BusUnavailableError
from adapter.simulators.messages import Organisation
from adapter.simulators.rabbitmq_client import queues_in_use
from adapter.store import Store, endpoints
from adapter.store.queries.everything import is_empty
from adapter.transports.rabbitmq import DEAD, INCOMING, Topology, inbox, take_over
from adapter.transports.rabbitmq.connection import connect

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = CHECKOUT / "benchmarks"  # only in a checkout: the naive pipeline, servers, profiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured and for how long. The defaults give the published figures."""

    workers: int = 2
    seconds: float = 20.0  # that each rate is measured
    warm_up: float = 5.0
    rounds: int = 2  # of the adapter and the naive pipeline in turn
    window: int = 1000  # journeys under way while rates are measured
    rate: float = 50.0  # messages per second while latencies are measured
    paced: float = 60.0  # seconds at that rate
    backlog: int = 100_000
    stored: int = 1_000_000
    partners: int = 50
    slow: float = 120.0  # seconds until the slow partner answers


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementSetup:
    """The setup of all measurements of a run."""

    servers: Servers
    store: Store
    settings: Settings
    http_partners: tuple[Organisation, ...]
    port: int  # where the HTTP partners listen
    folder: Path
    sizes: Sizes
    say: Callable[[str], None]
    profiles: Path | None = None
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def url(self) -> str:
        """The store's URL with the password."""
        return self.store.url.render_as_string(hide_password=False)

    def workers(self) -> WorkerProcesses:
        """Return workers that are not yet started."""
        file = self.folder / "adapter.toml"
        measured_network.write(self.settings, file)
        urls = {"ADAPTER_STORE": self.url, "ADAPTER_BROKER": self.servers.broker}
        return WorkerProcesses(
            WorkerCommand(
                command=self._command(),
                settings=file,
                environment=self.environment | urls,
                number=self.sizes.workers,
                folder=self.folder,
            )
        )

    def _command(self) -> Sequence[str]:
        if self.profiles is None:
            return WORKER
        return (sys.executable, str(PROGRAMS / "profiled.py"), "--into", str(self.profiles))

    def on_bus(
        self, limits: SendLimits, goal: Goal = Goal.RECEIPTED
    ) -> tuple[MessageTimes, PartyProcesses]:
        """Return the senders and receivers on the bus, and their times."""
        receivers = self.servers.parties(RECEIVERS)
        times = empty_times(limits.total, len(SENDERS) + len(receivers), goal)
        receiver_jobs: list[PartyJob] = [(bus_party.receive, (party,)) for party in receivers]
        organisations = tuple(party.organisation for party in receivers)
        return times, PartyProcesses(times, [*receiver_jobs, *self.senders(limits, organisations)])

    def senders(
        self, limits: SendLimits, organisations: tuple[Organisation, ...]
    ) -> list[PartyJob]:
        """Return the jobs of the senders."""
        return [(bus_party.send, (job,)) for job in self._sender_jobs(limits, organisations)]

    def _sender_jobs(
        self, limits: SendLimits, organisations: tuple[Organisation, ...]
    ) -> list[SenderJob]:
        return [
            SenderJob(
                party=party,
                place=place,
                senders=len(SENDERS),
                receivers=organisations,
                limits=limits,
            )
            for place, party in enumerate(self.servers.parties(SENDERS))
        ]


def prepare(setup: MeasurementSetup) -> None:
    """Create the tables and the queues. NotMeasuredError when the servers are in use."""
    store, names = setup.store, [e.name for e in setup.settings.endpoints]
    try:
        store.upgrade()
        with store.begin() as tx:
            if not is_empty(tx):
                raise NotMeasuredError("the store has messages already: name an empty one")
            endpoints.register(tx, names)
        _prepare_broker(setup)
    except (AdapterError, BusUnavailableError) as error:
        raise NotMeasuredError(f"the servers cannot be used: {error}") from error


def _prepare_broker(setup: MeasurementSetup) -> None:
    queues = [INCOMING, DEAD, *(inbox(name) for name in (*SENDERS, *RECEIVERS))]
    busy = queues_in_use(setup.servers.broker, queues)
    if busy:
        raise NotMeasuredError(f"{busy[0]} is in use: give the bench a virtual host of its own")
    with setup.store.read() as tx:
        take_over(setup.servers.broker, endpoints.store_name(tx))  # nobody else uses it now
    with connect(setup.servers.broker, "adapter bench") as connection:
        Topology(setup.settings.endpoints, lambda _: None).declare(connection)
