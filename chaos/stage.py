"""Set up one run: servers, proxies, processes, parties and ledger."""

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
from chaos.bus_party import BusParty
from chaos.bus_sender import BusSender
from chaos.fleet import Fleet
from chaos.http_party import HttpParty
from chaos.http_sender import HttpSender
from chaos.ledger import Ledger
from chaos.load import Load
from chaos.manners import Manners
from chaos.parties import BEHIND_HTTP, EVERYBODY, ON_THE_BUS, PITEA, SEND_BY_HTTP, UMEA
from chaos.plan import Plan
from chaos.proxy import Proxies, Proxy
from chaos.receiver import Receiver
from chaos.region import Region
from chaos.servers import Servers, eventually
from tests.kit.servers.base import free_ports

PROXIED = (UMEA.endpoint, PITEA.endpoint)
_START_SECONDS = 90


@dataclass(frozen=True, kw_only=True)
class Stage:
    """All parts of a run. The faults act on them."""

    plan: Plan
    servers: Servers
    region: Region
    ledger: Ledger
    manners: Manners
    load: Load
    fleet: Fleet
    to_broker: Proxy
    to_parties: tuple[Proxy, ...]
    http_parties: dict[str, HttpParty]
    bus_parties: dict[str, BusParty]
    http_senders: tuple[HttpSender, ...]
    ending: threading.Event

    def rest(self, seconds: float) -> None:
        """Wait so many seconds; the end of the load cuts the wait short."""
        self.ending.wait(seconds)


@contextmanager
def stage(plan: Plan, servers: Servers, database: str) -> Iterator[Stage]:
    """Set up a run and start its processes and parties; end them afterwards."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        scene = _built(plan, servers, database, stack)
        stack.callback(scene.fleet.end)
        scene.fleet.start()
        for http_party in scene.http_parties.values():
            http_party.open()
            stack.callback(http_party.close)
        _wait(scene)
        for bus_party in scene.bus_parties.values():
            bus_party.start()
            stack.callback(bus_party.stop)
        for http_sender in scene.http_senders:
            http_sender.start()
            stack.callback(http_sender.stop)
        stack.callback(scene.load.ended.set)
        yield scene


def _built(plan: Plan, servers: Servers, database: str, stack: ExitStack) -> Stage:
    ledger = Ledger(plan.ledger)
    stack.callback(ledger.close)
    proxies = Proxies()
    stack.callback(proxies.close)
    amqp, *webs = free_ports(3)
    ports = dict(zip((p.endpoint for p in BEHIND_HTTP), free_ports(len(BEHIND_HTTP)), strict=True))
    proxy_ports = dict(zip(PROXIED, free_ports(len(PROXIED)), strict=True))
    region = Region(
        store=database,
        broker=servers.broker_url(amqp),
        webs=tuple(webs),
        ports=ports | proxy_ports,
        plan=plan,
    )
    tokens = _prepared(region)
    manners, load = Manners(seed=plan.seed), Load(plan)
    receivers = {p.endpoint: Receiver(p, ledger, manners) for p in EVERYBODY}
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
        to_parties=tuple(proxies.between(proxy_ports[name], ports[name]) for name in PROXIED),
        http_parties={name: HttpParty(receivers[name], port) for name, port in ports.items()},
        bus_parties={
            party.endpoint: BusParty(
                broker.partner(party.endpoint, beside=servers.host),
                receivers[party.endpoint],
                BusSender(party, load, ledger, manners),
            )
            for party in ON_THE_BUS
        },
        http_senders=tuple(
            HttpSender(party, load, ledger, manners, webs, token) for party, token in tokens.items()
        ),
        ending=threading.Event(),
    )


def _prepared(region: Region) -> dict[Party, str]:
    """Prepare the store; return the tokens of the parties that send over HTTP."""
    store = Store(region.store)
    store.upgrade()
    with store.begin() as tx:
        endpoints.register(tx, [party.endpoint for party in EVERYBODY])
        now = datetime.now(UTC)
        tokens = {p: endpoints.new_token(tx, p.endpoint, now) for p in SEND_BY_HTTP}
    store.close()
    return tokens


def _wait(scene: Stage) -> None:
    """Wait until the web processes respond and the queues exist; TimeoutError if they do not."""
    for port in scene.region.webs:
        if not eventually(partial(_lives, port), _START_SECONDS):
            raise TimeoutError("a web process did not start")
    if not eventually(scene.servers.has_queues, _START_SECONDS):
        raise TimeoutError("no worker made the queues")
    if not scene.plan.sabotage:
        scene.servers.settle(scene.plan.mends)


def _lives(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
