"""Who gets a message: pure decisions over the settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from adapter.core.endpoint import Endpoint, Route
from adapter.core.errors import FatalError, Issue
from adapter.core.identifiers import hsa_id
from adapter.core.model import Event, Kind, Need
from adapter.settings.endpoint_checks import OF_PATIENT
from adapter.settings.network import Network, hsa_ids


def may_speak(endpoint: Endpoint, organization: str, day: date) -> bool:
    """Whether an authenticated endpoint may send as an organisation."""
    return organization in hsa_ids(endpoint, day) | {hsa_id(o) for o in endpoint.speaks_for}


def may_tell_of(
    network: Network, sender: Endpoint, event: Event, owners: Iterable[str], day: date
) -> bool:
    """Whether an endpoint may tell of a stay in care of these organisations.

    It may of its own, and of others' where a route takes the event from it: nobody else ends
    or reopens what a hospital has told.
    """
    own = any(may_speak(sender, owner, day) for owner in owners)
    routes = (r for r in network.settings.routes if event in r.events)
    return own or any(not r.senders or sender.name in r.senders for r in routes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """What routing must know of a message; nothing of its content."""

    event: Event
    sender: Endpoint
    receivers: tuple[str, ...]  # HSA-ids that the message itself names
    municipality: str
    needs: frozenset[Need] = frozenset()
    units: tuple[str, ...] = ()  # HSA-ids that the assessment names
    told: tuple[str, ...] = ()  # endpoints that have heard of the case
    day: date


def receivers(network: Network, letter: Addressing) -> list[Endpoint]:
    """The endpoints that a message goes to, in a stable order.

    Named receivers win over routes. FatalError `unknown-receiver` names each that is unknown,
    `no-route` says that nobody is left.
    """
    found = _named(network, letter) if letter.receivers else _routed(network, letter)
    if letter.event.kind is Kind.ENCOUNTER:
        found = [e for e in found if _concerned(e, letter)] + _told(network, letter)
    unique = {e.name: e for e in found if e.name not in network.same_organization(letter.sender)}
    if not unique:
        raise FatalError("no-route", f"event {letter.event}")
    return list(unique.values())


def allows_protected(network: Network, letter: Addressing, endpoint: Endpoint) -> bool:
    """Whether a route lets a patient with protected identity go to an endpoint."""
    return any(
        endpoint in _targets(network, route, letter)
        for route in network.settings.routes
        if route.protected and _matches(route, letter)
    )


def _named(network: Network, letter: Addressing) -> list[Endpoint]:
    ours = hsa_id(network.settings.organization)
    found = [(i, o, network.home(o, letter.day)) for i, o in enumerate(letter.receivers)]
    unknown = [
        Issue(code="unknown-receiver", expression=f"MessageHeader.destination[{i}].receiver")
        for i, organization, endpoint in found
        if endpoint is None and organization != ours
    ]
    if unknown:
        raise FatalError("unknown-receiver", issues=unknown)
    return [endpoint for _, _, endpoint in found if endpoint is not None] or _routed(
        network, letter
    )


def _routed(network: Network, letter: Addressing) -> list[Endpoint]:
    routes = [r for r in network.settings.routes if _matches(r, letter)]
    return [endpoint for route in routes for endpoint in _targets(network, route, letter)]


def _matches(route: Route, letter: Addressing) -> bool:
    return letter.event in route.events and (
        not route.senders or letter.sender.name in route.senders
    )


def _targets(network: Network, route: Route, letter: Addressing) -> list[Endpoint]:
    found = [_target(network, name, letter) for name in route.to]
    return [endpoint for group in found for endpoint in group]


def _target(network: Network, name: str, letter: Addressing) -> list[Endpoint]:
    if name != OF_PATIENT:
        return _present([network.address(network.endpoint(name))])
    local = (e for e in network.settings.endpoints if e.municipality == letter.municipality)
    return _present(network.address(e) for e in local if letter.municipality)


def _present(found: Iterable[Endpoint | None]) -> list[Endpoint]:
    return [endpoint for endpoint in found if endpoint is not None]


def _concerned(endpoint: Endpoint, letter: Addressing) -> bool:
    """SFS 2017:612 2 kap. 1 §: only the units whose efforts are judged to be needed."""
    named = hsa_id(endpoint.organization) in letter.units
    return named or not endpoint.serves or bool(wanted(letter.needs) & set(endpoint.serves))


def wanted(needs: frozenset[Need]) -> frozenset[Need]:
    """Municipal health care always adds the primary-care unit (SFS 2017:612 2 kap. 1 § st. 2)."""
    also = {Need.PRIMARY_CARE} if Need.MUNICIPAL_HEALTH_CARE in needs else set()
    return needs | also


def _told(network: Network, letter: Addressing) -> list[Endpoint]:
    known = {e.name for e in network.settings.endpoints}
    units = [network.home(unit, letter.day) for unit in letter.units]
    return [network.endpoint(n) for n in letter.told if n in known] + _present(units)
