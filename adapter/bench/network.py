"""The network of a measurement: four parties on the bus, and fifty partners by HTTP."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapter.bench.busparty import Party
from adapter.core.endpoint import Endpoint, Settings
from adapter.simulators.messages import Organisation

SENDERS = ("planning", "journal")
RECEIVERS = ("lulea", "umea")
OWNER = "the bench"
_ORGANISATIONS = {
    "planning": Organisation(hsa="SE0000000001-PLANERING", name="Planeringstjänsten"),
    "journal": Organisation(hsa="SE0000000001-SJUKHUS", name="Sjukhuset"),
    "lulea": Organisation(hsa="SE0000000002-LULEA", name="Luleå kommun"),
    "umea": Organisation(hsa="SE0000000003-UMEA", name="Umeå kommun"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """A RabbitMQ and a PostgreSQL that nobody else uses now.

    `accounts`: the amqp URL of each party on the bus, with a user of its own. `restart_store`
    starts PostgreSQL anew; None where it is somebody else's.
    """

    broker: str
    store: str
    accounts: Mapping[str, str]
    restart_store: Callable[[], None] | None = None

    def parties(self, names: Sequence[str]) -> tuple[Party, ...]:
        """Parties on the bus."""
        return tuple(
            Party(name=name, who=_ORGANISATIONS[name], url=self.accounts[name]) for name in names
        )


def partners(number: int) -> tuple[Organisation, ...]:
    """Municipalities that are reached by HTTP."""
    return tuple(
        Organisation(hsa=f"SE0000000004-KOMMUN{place}", name=f"Kommun {place}")
        for place in range(number)
    )


def settings(servers: Servers, street: Sequence[Organisation], port: int, slow: float) -> Settings:
    """Everybody's settings; the first partner by HTTP may answer after `slow` seconds."""
    on_bus = [_on_bus(party) for party in servers.parties((*SENDERS, *RECEIVERS))]
    by_http = [_by_http(who, place, port, slow) for place, who in enumerate(street)]
    return Settings(
        organization="SE0000000009-ADAPTER",
        store=servers.store,
        broker=servers.broker,
        endpoints=(*on_bus, *by_http),
    )


def _on_bus(party: Party) -> Endpoint:
    return Endpoint(
        name=party.name,
        organization=party.who.hsa,
        display=party.who.name,
        system="fhir",
        transport="rabbitmq",
        broker_user=party.user,
        owner=OWNER,
    )


def _by_http(who: Organisation, place: int, port: int, slow: float) -> Endpoint:
    patience = slow + 30 if place == 0 else 20
    return Endpoint(
        name=f"kommun-{place}",
        organization=who.hsa,
        display=who.name,
        system="fhir",
        transport="http",
        address=f"http://127.0.0.1:{port}/{place}",
        timeout=timedelta(seconds=patience),
        owner=OWNER,
    )


_WRITTEN = (
    "name",
    "organization",
    "display",
    "system",
    "transport",
    "address",
    "broker_user",
    "owner",
)


def write(chosen: Settings, file: Path) -> None:
    """The settings as a file for `adapter worker`; store and broker go by the environment."""
    lines = [f'organization = "{chosen.organization}"']
    for endpoint in chosen.endpoints:
        lines += ["", "[[endpoint]]", f'timeout = "{int(endpoint.timeout.total_seconds())}s"']
        values = ((key, getattr(endpoint, key)) for key in _WRITTEN)
        lines += [f'{key} = "{value}"' for key, value in values if value]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def free_port() -> int:
    """A loopback port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
