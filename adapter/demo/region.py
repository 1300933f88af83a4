"""The demo's settings: a hospital, a planning service and two municipalities, all on loopback.

The planning service is the mailbox of a primary-care centre (vårdcentral). Umeå runs a care home
where a patient from Luleå gets municipal health care; Luleå's social services decide the rest.
Luleå's system speaks omsorg/1, Umeå's omsorg/2. Times are short: what takes half an hour or a
working day in production takes two seconds.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from adapter.core.endpoint import Endpoint, Route, Settings, Within
from adapter.core.model import DoneWhen, Event, Need
from adapter.simulators.messages import Organisation

HOSPITAL = Organisation(hsa="SE2321000230-SJUKHUSET", name="Provsjukhuset")
PLANNING = Organisation(hsa="SE2321000230-PLANERING", name="Planeringstjänsten")
LULEA = Organisation(hsa="SE2120002742-LULEA", name="Luleå kommun")
UMEA = Organisation(hsa="SE2120002627-UMEA", name="Umeå kommun")
CENTRE = Organisation(hsa="SE2321000230-VARDCENTRAL", name="Vårdcentralen Provet")
# reads its messages in the planning service
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
    """A RabbitMQ: the adapter's URL, and the planning service's where it has its own user."""

    url: str
    planning: str = ""

    @property
    def account(self) -> str:
        """The planning service's URL.

        The bus knows a sender by its user. The service may use the adapter's, as no other party
        publishes with it.
        """
        return self.planning or self.url.split(",")[0]


def free_ports() -> Ports:
    """Return ports that are free now; another process may take one before they are used."""
    names = ("mllp", "web", "journal", "lulea", "umea")
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        numbers = [server.getsockname()[1] for server in taken]
    return Ports(**dict(zip(names, numbers, strict=True)))


def settings(ports: Ports, store: str, broker: Broker | None) -> Settings:
    """Return the settings of the whole region; without a broker the bus is the embedded one."""
    service = _told("planning", PLANNING, "Planeringstjänstens förvaltning")
    planning = replace(
        service,
        carries_for=(HOME, _UMEA),
        mailbox_for=(CENTRE.hsa,),
        municipality=HOME,
        serves=(Need.PRIMARY_CARE,),  # who may call to a SIP meeting (4 kap. 3 §)
    )
    journal = _told("journal", HOSPITAL, "Journalförvaltningen")
    return Settings(
        organization="SE2321000230-ADAPTERN",
        store=store,
        broker=broker.url if broker else "",
        web=f"127.0.0.1:{ports.web}",
        endpoints=(
            _feed(ports),
            _by_http(journal, ports.journal),
            _on_the_bus(planning, broker),
            _lulea(ports),
            _umea(ports),
        ),
        routes=(Route(events=(Event.CARE_PLAN, Event.MESSAGE), to=("municipality-of-patient",)),),
    )


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


def _told(name: str, organisation: Organisation, owner: str) -> Endpoint:
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
    user = unquote(urlsplit(broker.account).username or "guest")
    return replace(endpoint, transport="rabbitmq", broker_user=user)


def _lulea(ports: Ports) -> Endpoint:
    plain = _told("lulea", LULEA, "Luleå socialtjänst, systemförvaltningen")
    town = replace(plain, municipality=HOME, serves=_BOTH)
    return replace(_by_http(town, ports.lulea), system="omsorg", done_when=DoneWhen.READ)


def _umea(ports: Ports) -> Endpoint:
    plain = _told("umea", UMEA, "Umeå vård och omsorg, systemförvaltningen")
    town = replace(plain, municipality=_UMEA, serves=_CARE_HOME)
    return replace(_by_http(town, ports.umea), system="omsorg/2")
