"""Whether the systems of endpoints can read and write the events that they send and get."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.cli.check_findings import CheckFinding, error, warning
from adapter.core.endpoint import Endpoint, Route
from adapter.core.model import ONLY_RECEIVED, Event, Kind
from adapter.mappings import System
from adapter.settings.endpoint_checks import OF_PATIENT
from adapter.settings.network import Network

_AREA = "mappings"
_COMES_BACK = (Event.ANSWER, Event.REPLY, Event.DELIVERY_REPORT)
_STANDS = "each such message stands before a person"
_OF_STAYS = tuple(e for e in Event if e.kind is Kind.ENCOUNTER and e not in ONLY_RECEIVED)


def problems(network: Network) -> Iterator[CheckFinding]:
    """Yield the routes and endpoints whose systems lack a reader or a writer."""
    for i, route in enumerate(network.settings.routes):
        for event in route.events:
            yield from _read(network, f"route[{i}]", route, event)
            yield from _written(network, f"route[{i}]", route, event)
    for endpoint in network.settings.endpoints:
        yield from _answered(network, endpoint)
        yield from _told_of_stays(network, endpoint)


def _system(network: Network, endpoint: Endpoint) -> System | None:
    """The endpoint's system; None for an unknown one, which the settings' own check reports."""
    return network.systems.get(endpoint.system)


def _read(network: Network, where: str, route: Route, event: Event) -> Iterator[CheckFinding]:
    senders = [e for e in network.settings.endpoints if e.name in route.senders]
    if route.senders:
        for endpoint in senders:
            system = _system(network, endpoint)
            if system and event not in system.readers:
                yield error(_AREA, where, f"{endpoint.name}: {system.name} does not read {event}")
        return
    known = filter(None, (_system(network, e) for e in network.settings.endpoints))
    if not any(event in system.readers for system in known):
        yield error(_AREA, where, f"no endpoint's system reads {event}")


def _written(network: Network, where: str, route: Route, event: Event) -> Iterator[CheckFinding]:
    targets = {e.name: e for e in _targets(network, route)}
    if not targets:
        yield warning(_AREA, where, f"{event} has no receiver")
    for endpoint in targets.values():
        system = _system(network, endpoint)
        if system and event not in system.writers:
            yield error(_AREA, where, f"{endpoint.name}: {system.name} does not write {event}")


def _told_of_stays(network: Network, endpoint: Endpoint) -> Iterator[CheckFinding]:
    """A receiver of stays must be able to get every event of them."""
    home = _address(network, endpoint) if endpoint.serves or endpoint.carries_for else None
    system = _system(network, home) if home else None
    if home and system:
        missing = [event for event in _OF_STAYS if event not in system.writers]
        if missing:
            what = f"{home.name}: {system.name} does not write {', '.join(missing)}"
            yield error(_AREA, endpoint.name, what)


def _targets(network: Network, route: Route) -> Iterator[Endpoint]:
    for endpoint in network.settings.endpoints:
        named = endpoint.name in route.to
        if named or (OF_PATIENT in route.to and endpoint.municipality):
            target = _address(network, endpoint)
            if target:
                yield target


def _address(network: Network, endpoint: Endpoint) -> Endpoint | None:
    known = {e.name for e in network.settings.endpoints}
    unknown = endpoint.return_to and endpoint.return_to not in known
    return None if unknown else network.address(endpoint)


def _answered(network: Network, endpoint: Endpoint) -> Iterator[CheckFinding]:
    """Every sender's system must be able to write receipts, and what comes back unasked."""
    system, home = _system(network, endpoint), _address(network, endpoint)
    if system is None or not system.readers:
        return
    if Event.RECEIPT not in system.writers:
        yield error(_AREA, endpoint.name, f"{system.name} does not write a receipt")
    if home is None:
        yield warning(_AREA, endpoint.name, "has no address: it cannot get delivery reports")
    else:
        yield from _told_back(network, endpoint, home)


def _told_back(network: Network, endpoint: Endpoint, home: Endpoint) -> Iterator[CheckFinding]:
    written = _system(network, home)
    missing = [event for event in _COMES_BACK if written and event not in written.writers]
    if written and missing:
        what = f"{home.name}: {written.name} does not write {', '.join(missing)}: {_STANDS}"
        yield warning(_AREA, endpoint.name, what)
