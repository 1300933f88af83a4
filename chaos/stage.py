"""Everything of one run, in its place: servers, proxies, processes, parties, ledger."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import httpx

from adapter.fhir.builders import Party
from adapter.store import Store, endpoints
from chaos.busparty import BusParty
from chaos.cast import BEHIND_HTTP, EVERYBODY, ON_THE_BUS, PITEA, SEND_BY_HTTP, UMEA
from chaos.counter import Counter
from chaos.courier import Courier
from chaos.desk import Desk
from chaos.fleet import Fleet
from chaos.hospital import Hospital
from chaos.ledger import Ledger
from chaos.load import Load
from chaos.manners import Manners
from chaos.plan import Plan
from chaos.proxy import Proxies, Proxy
from chaos.region import Region
from chaos.servers import Servers, eventually
from tests.kit.servers.base import free_ports

PROXIED = (UMEA.endpoint, PITEA.endpoint)
_START_SECONDS = 90


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the faults act on."""

    plan: Plan
    servers: Servers
    region: Region
    ledger: Ledger
    manners: Manners
    load: Load
    fleet: Fleet
    to_broker: Proxy
    to_parties: tuple[Proxy, ...]
    counters: dict[str, Counter]
    bus: dict[str, BusParty]
    hospitals: tuple[Hospital, ...]
    ending: threading.Event

    def rest(self, seconds: float) -> None:
        """Let time pass; the end of the load cuts it short."""
        self.ending.wait(seconds)


@contextmanager
def stage(plan: Plan, servers: Servers, database: str) -> Iterator[Stage]:
    """Build it, let everybody begin but the load's clock, and take it down again."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        found = _built(plan, servers, database, stack)
        stack.callback(found.fleet.end)
        found.fleet.start()
        for counter in found.counters.values():
            counter.open()
            stack.callback(counter.close)
        _wait(found)
        for party in found.bus.values():
            party.start()
            stack.callback(party.stop)
        for hospital in found.hospitals:
            hospital.start()
            stack.callback(hospital.stop)
        stack.callback(found.load.ended.set)
        yield found


def _built(plan: Plan, servers: Servers, database: str, stack: ExitStack) -> Stage:
    ledger = Ledger(plan.ledger)
    stack.callback(ledger.close)
    proxies = Proxies()
    stack.callback(proxies.close)
    amqp, *webs = free_ports(3)
    doors = dict(zip((p.endpoint for p in BEHIND_HTTP), free_ports(len(BEHIND_HTTP)), strict=True))
    fronts = dict(zip(PROXIED, free_ports(len(PROXIED)), strict=True))
    region = Region(
        store=database,
        broker=servers.broker_url(amqp),
        webs=tuple(webs),
        ports=doors | fronts,
        plan=plan,
    )
    tokens = _prepared(region)
    manners, load = Manners(seed=plan.seed), Load(plan)
    desks = {p.endpoint: Desk(p, ledger, manners) for p in EVERYBODY}
    broker = servers.broker
    return Stage(
        plan=plan,
        servers=servers,
        region=region,
        ledger=ledger,
        manners=manners,
        load=load,
        fleet=Fleet(region, ledger, plan.folder),
        to_broker=proxies.between(amqp, broker.port),
        to_parties=tuple(proxies.between(fronts[name], doors[name]) for name in PROXIED),
        counters={name: Counter(desks[name], port) for name, port in doors.items()},
        bus={
            party.endpoint: BusParty(
                broker.partner(party.endpoint, beside=servers.host),
                desks[party.endpoint],
                Courier(party, load, ledger, manners),
            )
            for party in ON_THE_BUS
        },
        hospitals=tuple(
            Hospital(party, load, ledger, manners, webs, token) for party, token in tokens.items()
        ),
        ending=threading.Event(),
    )


def _prepared(region: Region) -> dict[Party, str]:
    """A store at its newest version, and the tokens of those who send over HTTP."""
    store = Store(region.store)
    store.upgrade()
    with store.begin() as tx:
        endpoints.register(tx, [party.endpoint for party in EVERYBODY])
        now = datetime.now(UTC)
        found = {p: endpoints.new_token(tx, p.endpoint, now) for p in SEND_BY_HTTP}
    store.close()
    return found


def _wait(found: Stage) -> None:
    """Until the doors are open and the queues exist."""
    for port in found.region.webs:
        if not eventually(partial(_lives, port), _START_SECONDS):
            raise TimeoutError("a web process did not start")
    if not eventually(found.servers.has_queues, _START_SECONDS):
        raise TimeoutError("no worker made the queues")
    if not found.plan.sabotage:
        found.servers.settle(found.plan.mends)


def _lives(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
