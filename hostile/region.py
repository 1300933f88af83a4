"""The adapter's settings in a run: partners that behave, partners that mean harm, a receiver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapter.simulators.messages import Organisation
from adapter.store import Store, endpoints
from hostile.target import LISTED, Target, addresses
from tests.kit.servers import PostgreSQL, RabbitMQ
from tests.kit.servers.base import free_ports

HOSTILE_BUS, HOSTILE_FEED, FEED = "hostile-bus", "hostile-adt", "adt"
HOSTILE_POSTS: Mapping[str, str] = {
    f"{attack}-{kind}": system
    for attack in ("bodies", "unfinished")
    for kind, system in (("json", "fhir"), ("xml", "omsorg"))
}
"""The systems of the hostile partners over HTTP; each has a share of memory of its own."""

TOWN = "town"
BUS_USERS = (TOWN, HOSTILE_BUS)
PARTNERS: Mapping[str, str] = {"journal": "127.1.0.1", "clinic": "127.1.0.2", FEED: "127.1.0.3"}
"""The well-behaved partners, and the address that each comes from."""


def organisation(endpoint: str) -> Organisation:
    """Return the organisation of an endpoint: each has its own."""
    return Organisation(hsa=f"SE0000000001-{endpoint.upper()}", name=endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The addresses of a run."""

    store: str
    broker: str  # the adapter's own URL
    hostile_bus: str
    web: int
    health: int
    doors: Mapping[str, int]  # of MLLP, by endpoint

    @property
    def environment(self) -> dict[str, str]:
        """The adapter's secrets."""
        return {"ADAPTER_STORE": self.store, "ADAPTER_BROKER": self.broker}

    def prepare(self) -> dict[str, str]:
        """Prepare the store; return the bearer token of each partner over HTTP."""
        names = ("journal", "clinic", *HOSTILE_POSTS)
        store = Store(self.store)
        store.upgrade()
        with store.begin() as tx:
            endpoints.register(tx, (*names, *BUS_USERS, *self.doors))
            now = datetime.now(UTC)
            tokens = {name: endpoints.new_token(tx, name, now) for name in names}
        store.close()
        return tokens

    def target(self, tokens: Mapping[str, str]) -> Target:
        """Return what an attacker knows."""
        return Target(
            web=self.web,
            doors=(self.doors[HOSTILE_FEED], self.doors[FEED]),
            bus=self.hostile_bus,
            tokens={name: tokens[name] for name in HOSTILE_POSTS},
        )

    def write(self, file: Path) -> None:
        """Write the settings file."""
        file.write_text("\n".join(self._lines()) + "\n", encoding="utf-8")

    def _lines(self) -> Iterable[str]:
        yield 'organization = "SE0000000009-ADAPTER"'
        yield f'web = "127.0.0.1:{self.web}"'
        yield f'health = "127.0.0.1:{self.health}"'
        yield from _http("journal", "fhir")
        yield from _http("clinic", "fhir")
        yield from self._feed(FEED, [PARTNERS[FEED]])
        yield from _bus(TOWN, 'municipality = "2580"', 'serves = ["social-services"]')
        for name, system in HOSTILE_POSTS.items():
            yield from _http(name, system)
        yield from self._feed(HOSTILE_FEED, addresses(LISTED))
        yield from _bus(HOSTILE_BUS)

    def _feed(self, name: str, peers: list[str]) -> Iterable[str]:
        listen = f'listen = "127.0.0.1:{self.doors[name]}"'
        listed = ", ".join(f'"{peer}"' for peer in peers)
        return _stanza(name, "hl7v2", 'transport = "mllp"', listen, f"peers = [{listed}]")


def region(broker: RabbitMQ, cluster: PostgreSQL) -> Region:
    """Return a region with a database, a virtual host and ports of its own."""
    web, health, *doors = free_ports(4)
    own = broker.fresh()
    return Region(
        store=cluster.fresh(),
        broker=own,
        hostile_bus=broker.partner(HOSTILE_BUS, beside=own),
        web=web,
        health=health,
        doors=dict(zip((HOSTILE_FEED, FEED), doors, strict=True)),
    )


def _stanza(name: str, system: str, *lines: str) -> Iterable[str]:
    own = organisation(name)
    yield from ("", "[[endpoint]]", f'name = "{name}"', f'organization = "{own.hsa}"')
    yield from (f'system = "{system}"', 'owner = "the rig"', *lines)


def _http(name: str, system: str) -> Iterable[str]:
    return _stanza(name, system, 'transport = "http"')


def _bus(name: str, *lines: str) -> Iterable[str]:
    own = ('transport = "rabbitmq"', f'broker_user = "{name}"')
    return _stanza(name, "fhir", *own, *lines)
