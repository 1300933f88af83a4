"""The parties ready to start: each a desk with its format, behind its wire.

    hospital = journal(me, ledger, inbox_port=9001, feed=Feed(port=2575))
    town = omsorg_municipality(me, ledger, port=9002, door=Door(url=..., token=...))
    other = bus_party(me, ledger, connect=lambda: BrokerLine(url, "other.inbox"))

A planning service and a municipality that speaks FHIR are both a `bus_party`.
"""

from __future__ import annotations

from collections.abc import Callable

from adapter.simulators.buswire import BusWire
from adapter.simulators.desk import Desk, Habits
from adapter.simulators.fhirpen import FhirPen
from adapter.simulators.httpwire import Door, HttpWire
from adapter.simulators.journal import Feed, Journal
from adapter.simulators.ledger import Ledger
from adapter.simulators.letters import Organisation
from adapter.simulators.omsorgpen import OmsorgPen
from adapter.simulators.wire import Line


def journal(
    me: Organisation, ledger: Ledger, *, inbox_port: int, feed: Feed, first_control: int = 1
) -> Journal:
    """A hospital's journal system: ADT over MLLP out, FHIR by HTTP in."""
    return Journal(me, Desk(FhirPen(me), ledger), inbox_port, feed, first_control)


def bus_party(
    me: Organisation, ledger: Ledger, *, connect: Callable[[], Line], habits: Habits | None = None
) -> BusWire:
    """A system that speaks FHIR on the bus."""
    return BusWire(Desk(FhirPen(me), ledger, habits=habits), connect)


def fhir_municipality(
    me: Organisation, ledger: Ledger, *, port: int, door: Door, habits: Habits | None = None
) -> HttpWire:
    """A municipality whose system speaks FHIR by HTTP, where it has no user at the broker."""
    return HttpWire(Desk(FhirPen(me), ledger, habits=habits), port, door)


def omsorg_municipality(
    me: Organisation,
    ledger: Ledger,
    *,
    port: int,
    door: Door,
    habits: Habits | None = None,
    receipts_after: float | None = None,
) -> HttpWire:
    """A municipality whose system speaks omsorg/1 by HTTP.

    `receipts_after`: 202 at first, and the Kvittens so many seconds later.
    """
    return HttpWire(Desk(OmsorgPen(me), ledger, habits=habits), port, door, receipts_after)
