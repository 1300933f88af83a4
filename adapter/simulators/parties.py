"""Parties that are ready to start: a system with its format and its connector.

    hospital = journal(me, traffic, inbox_port=9001, feed=AdtFeed(port=2575))
    town = omsorg_municipality(me, traffic, port=9002, door=Door(url=..., token=...))
    new = omsorg_municipality(me, traffic, port=9003, door=Door(url=..., token=...), words=TWO)
    other = bus_party(me, traffic, connect=lambda: RabbitMqClient(url, "other.inbox"))

A planning service and a municipality that speaks FHIR are both a `bus_party`.
"""

from __future__ import annotations

from collections.abc import Callable

from adapter.simulators.bus_client import BusClient
from adapter.simulators.bus_connector import BusConnector
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.http_connector import Door, HttpConnector
from adapter.simulators.journal import AdtFeed, Journal
from adapter.simulators.messages import Organisation
from adapter.simulators.omsorg_format import OmsorgFormat
from adapter.simulators.omsorg_words import ONE, Words
from adapter.simulators.party_system import Behaviour, PartySystem
from adapter.simulators.traffic_log import TrafficLog


def journal(
    me: Organisation,
    traffic: TrafficLog,
    *,
    inbox_port: int,
    feed: AdtFeed,
    first_control: int = 1,
    door: Door | None = None,
) -> Journal:
    """Return a hospital's journal system: it sends ADT over MLLP and receives FHIR by HTTP.

    With a `door` it also sends FHIR.
    """
    system = PartySystem(FhirFormat(me), traffic)
    return Journal(me, system, inbox_port, feed, first_control, door)


def bus_party(
    me: Organisation,
    traffic: TrafficLog,
    *,
    connect: Callable[[], BusClient],
    behaviour: Behaviour | None = None,
) -> BusConnector:
    """Return a party that speaks FHIR on the bus."""
    return BusConnector(PartySystem(FhirFormat(me), traffic, behaviour=behaviour), connect)


def fhir_municipality(
    me: Organisation,
    traffic: TrafficLog,
    *,
    port: int,
    door: Door | None = None,
    behaviour: Behaviour | None = None,
) -> HttpConnector:
    """Return a municipality that speaks FHIR by HTTP; without `door` it only receives."""
    return HttpConnector(PartySystem(FhirFormat(me), traffic, behaviour=behaviour), port, door)


def omsorg_municipality(
    me: Organisation,
    traffic: TrafficLog,
    *,
    port: int,
    door: Door,
    behaviour: Behaviour | None = None,
    receipts_after: float | None = None,
    words: Words = ONE,
) -> HttpConnector:
    """Return a municipality that speaks omsorg/1 by HTTP, or omsorg/2 with its `words`.

    With `receipts_after` it answers 202 and sends the Kvittens so many seconds later.
    """
    system = PartySystem(OmsorgFormat(me, words), traffic, behaviour=behaviour)
    return HttpConnector(system, port, door, receipts_after)
