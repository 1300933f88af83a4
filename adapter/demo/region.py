"""The demo's settings: a hospital, a planning service and two municipalities, all on loopback.

The planning service is the mailbox of a primary-care centre (vårdcentral). Umeå runs a care home
where a patient from Luleå gets municipal health care; Luleå's social services decide the rest.
Times are short: what takes half an hour or a working day in production takes two seconds.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from adapter.core.endpoint import Endpoint, Route, Settings, Within
from adapter.core.model import DoneWhen, Event, Need
from adapter.simulators.messages import Organisation

HOSPITAL = Organisation(hsa="SE2321000230-SJUKHUSET", name="Provsjukhuset")
PLANNING = Organisation(hsa="SE2321000230-PLANERING", name="Planeringstjänsten")
LULEA = Organisation(hsa="SE2120002742-LULEA", name="Luleå kommun")
UMEA = Organisation(hsa="SE2120002627-UMEA", name="Umeå kommun")
CENTRE = "SE2321000230-VARDCENTRAL"  # reads its messages in the planning service
HOME, CITY = "2580", "Luleå"  # where the patients are registered
_UMEA = "2480"

RECEIPT_WITHIN = timedelta(seconds=2)
READ_WITHIN = timedelta(seconds=2)
_BOTH = (Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE)
_CARE_HOME = (Need.MUNICIPAL_HEALTH_CARE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Free loopback ports, one for each server."""

    mllp: int
    web: int
    journal: int
    lulea: int
    umea: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A RabbitMQ: the adapter's URL, and the URLs of parties with users of their own."""

    url: str
    accounts: Mapping[str, str] = field(default_factory=dict)  # endpoint name: amqp URL

    def account(self, name: str) -> str:
        """Return a party's URL, or "" when it cannot be on this bus.

        The bus knows a sender by its user. The planning service may use the adapter's user, as
        no other party publishes with it; a second party needs a user of its own.
        """
        shared = self.url.split(",")[0] if name == "planning" else ""
        return self.accounts.get(name, shared)


def free_ports() -> Ports:
    """Return ports that are free now; another process may take one before they are used."""
    names = ("mllp", "web", "journal", "lulea", "umea")
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        numbers = [server.getsockname()[1] for server in taken]
    return Ports(**dict(zip(names, numbers, strict=True)))


def settings(ports: Ports, store: str, broker: Broker | None) -> Settings:
    """Return the settings of the whole region; without a broker the bus is the embedded one."""
    service = _speaks_fhir("planning", PLANNING, "Planeringstjänstens förvaltning")
    planning = replace(service, carries_for=(HOME, _UMEA), mailbox_for=(CENTRE,))
    home = _speaks_fhir("umea", UMEA, "Umeå vård och omsorg, systemförvaltningen")
    umea = replace(home, municipality=_UMEA, serves=_CARE_HOME)
    return Settings(
        organization="SE2321000230-ADAPTERN",
        store=store,
        broker=broker.url if broker else "",
        web=f"127.0.0.1:{ports.web}",
        endpoints=(
            _feed(ports),
            _by_http(_speaks_fhir("journal", HOSPITAL, "Journalförvaltningen"), ports.journal),
            _on_the_bus(planning, broker),
            _lulea(ports),
            _on_the_bus(umea, broker) if on_the_bus("umea", broker) else _by_http(umea, ports.umea),
        ),
        routes=(Route(events=(Event.CARE_PLAN, Event.MESSAGE), to=("municipality-of-patient",)),),
    )


def on_the_bus(name: str, broker: Broker | None) -> bool:
    """Whether a party can be on the bus: on the embedded one every party can."""
    return broker is None or bool(broker.account(name))


def _feed(ports: Ports) -> Endpoint:
    return Endpoint(
        name="journal-adt",
        organization=HOSPITAL.hsa,
        display=HOSPITAL.name,
        system="hl7v2",
        transport="mllp",
        listen=f"127.0.0.1:{ports.mllp}",
        return_to="journal",
        owner="Journalförvaltningen",
    )


def _speaks_fhir(name: str, organisation: Organisation, owner: str) -> Endpoint:
    return Endpoint(
        name=name,
        organization=organisation.hsa,
        display=organisation.name,
        system="fhir",
        transport="http",
        receipt_within=RECEIPT_WITHIN,
        receipt_resends=6,
        read_within=Within(duration=READ_WITHIN),
        timeout=timedelta(seconds=2),
        retry_first=timedelta(seconds=0.3),
        retry_ceiling=timedelta(seconds=1.2),
        owner=owner,
    )


def _by_http(endpoint: Endpoint, port: int) -> Endpoint:
    return replace(endpoint, address=f"http://127.0.0.1:{port}/inbox")


def _on_the_bus(endpoint: Endpoint, broker: Broker | None) -> Endpoint:
    if broker is None:
        return replace(endpoint, transport="memory", broker_user=endpoint.name)
    user = unquote(urlsplit(broker.account(endpoint.name)).username or "guest")
    return replace(endpoint, transport="rabbitmq", broker_user=user)


def _lulea(ports: Ports) -> Endpoint:
    plain = _speaks_fhir("lulea", LULEA, "Luleå socialtjänst, systemförvaltningen")
    town = replace(plain, municipality=HOME, serves=_BOTH)
    return replace(_by_http(town, ports.lulea), system="omsorg", done_when=DoneWhen.READ)
