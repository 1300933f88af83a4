"""The parties of a measurement and their settings: four on the bus, fifty partners by HTTP.

Luleå's social services and the planning service are told of the stays of the ADT feed, whose door
is in the settings only while it is measured.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapter.bench.bus_party import BusParty
from adapter.core.endpoint import Endpoint, Settings
from adapter.core.model import Event, Need
from adapter.simulators.messages import Organisation

PLANNING, HOSPITAL, TOWN = "planning", "journal", "lulea"
SENDERS = (PLANNING, HOSPITAL)
RECEIVERS = (TOWN, "umea")
FEED = "journal-adt"
OWNER = "the bench"
_ROLES: Mapping[str, Mapping[str, Any]] = {  # both senders begin cases with what they send
    "planning": {"carries_for": ("2580", "2480")},
    "journal": {"begins_key": (Event.MESSAGE, Event.CARE_PLAN)},
    "lulea": {"municipality": "2580", "serves": (Need.SOCIAL_SERVICES,)},
}
_ORGANISATIONS = {
    "planning": Organisation(hsa="SE0000000001-PLANERING", name="Planeringstjänsten"),
    "journal": Organisation(hsa="SE0000000001-SJUKHUS", name="Sjukhuset"),
    "lulea": Organisation(hsa="SE0000000002-LULEA", name="Luleå kommun"),
    "umea": Organisation(hsa="SE0000000003-UMEA", name="Umeå kommun"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """A RabbitMQ and a PostgreSQL that nothing else uses now.

    `accounts` has the amqp URL of each party on the bus, with a user of its own. `restart_store`
    restarts PostgreSQL; None where the bench did not start it.
    """

    broker: str
    store: str
    accounts: Mapping[str, str]
    restart_store: Callable[[], None] | None = None

    def parties(self, names: Sequence[str]) -> tuple[BusParty, ...]:
        """Return parties on the bus."""
        return tuple(
            BusParty(name=name, organisation=_ORGANISATIONS[name], url=self.accounts[name])
            for name in names
        )


def partners(number: int) -> tuple[Organisation, ...]:
    """Return municipalities that are reached by HTTP."""
    return tuple(
        Organisation(hsa=f"SE0000000004-KOMMUN{place}", name=f"Kommun {place}")
        for place in range(number)
    )


def settings(
    servers: Servers, http_partners: Sequence[Organisation], port: int, slow: float
) -> Settings:
    """Return the settings; the first HTTP partner may answer after `slow` seconds."""
    on_bus = [_on_bus(party) for party in servers.parties((*SENDERS, *RECEIVERS))]
    by_http = [
        _by_http(organisation, place, port, slow)
        for place, organisation in enumerate(http_partners)
    ]
    return Settings(
        organization="SE0000000009-ADAPTER",
        store=servers.store,
        broker=servers.broker,
        endpoints=(*on_bus, *by_http),
    )


def hospital() -> Organisation:
    """Return the hospital that sends the ADT feed."""
    return _ORGANISATIONS[HOSPITAL]


def with_feed(settings: Settings, port: int) -> Settings:
    """Return the settings with the door of the ADT feed on a loopback port."""
    feed = Endpoint(
        name=FEED,
        organization=hospital().hsa,
        display=hospital().name,
        system="hl7v2",
        transport="mllp",
        listen=f"127.0.0.1:{port}",
        return_to=HOSPITAL,
        owner=OWNER,
    )
    return replace(settings, endpoints=(*settings.endpoints, feed))


def _on_bus(party: BusParty) -> Endpoint:
    return Endpoint(
        name=party.name,
        organization=party.organisation.hsa,
        display=party.organisation.name,
        system="fhir",
        transport="rabbitmq",
        broker_user=party.user,
        owner=OWNER,
        **_ROLES.get(party.name, {}),
    )


def _by_http(organisation: Organisation, place: int, port: int, slow: float) -> Endpoint:
    timeout = slow + 30 if place == 0 else 20
    return Endpoint(
        name=f"kommun-{place}",
        organization=organisation.hsa,
        display=organisation.name,
        system="fhir",
        transport="http",
        address=f"http://127.0.0.1:{port}/{place}",
        timeout=timedelta(seconds=timeout),
        owner=OWNER,
    )


_WRITTEN_KEYS = (
    "name",
    "organization",
    "display",
    "system",
    "transport",
    "address",
    "listen",
    "return_to",
    "municipality",
    "serves",
    "broker_user",
    "owner",
    "begins",
    "carries_for",
)


def write(settings: Settings, file: Path) -> None:
    """Write the settings file of `adapter worker`. Store and broker come from the environment."""
    lines = [f'organization = "{settings.organization}"']
    for endpoint in settings.endpoints:
        lines += ["", "[[endpoint]]", f'timeout = "{int(endpoint.timeout.total_seconds())}s"']
        values = ((key, getattr(endpoint, key)) for key in _WRITTEN_KEYS)
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values if value
        ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
