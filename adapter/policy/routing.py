"""Decide which endpoints get a message other than about a stay, from the settings. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from adapter.core.endpoint import Endpoint, Route
from adapter.core.errors import FatalError, Issue
from adapter.core.identifiers import hsa_id
from adapter.core.model import Event
from adapter.settings.endpoint_checks import OF_PATIENT
from adapter.settings.network import Network, hsa_ids


def may_speak(endpoint: Endpoint, organization: str, day: date) -> bool:
    """Whether an authenticated endpoint may send as an organisation."""
    return organization in hsa_ids(endpoint, day) | {hsa_id(o) for o in endpoint.speaks_for}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """The properties of a message that routing uses."""

    event: Event
    sender: Endpoint
    receivers: tuple[str, ...]  # HSA-ids that the message itself names
    municipality: str
    day: date


def receivers(network: Network, addressing: Addressing) -> list[Endpoint]:
    """Return the endpoints that a message goes to, in a stable order.

    Routes apply only when the message names no receiver. FatalError `unknown-receiver` has an
    issue for each unknown receiver; `no-route` means that no endpoint is left.
    """
    endpoints = (
        _named(network, addressing) if addressing.receivers else _routed(network, addressing)
    )
    own = network.same_organization(addressing.sender)
    unique = {e.name: e for e in endpoints if e.name not in own}
    if not unique:
        raise FatalError("no-route", f"event {addressing.event}")
    return list(unique.values())


def allows_protected(network: Network, addressing: Addressing, endpoint: Endpoint) -> bool:
    """Whether a route allows messages about protected patients to an endpoint."""
    return any(
        endpoint in _targets(network, route, addressing)
        for route in network.settings.routes
        if route.protected and _matches(route, addressing)
    )


def _named(network: Network, addressing: Addressing) -> list[Endpoint]:
    """The endpoints of the named receivers; the routes apply when only the adapter is named."""
    ours = hsa_id(network.settings.organization)
    homes = [(i, o, network.home(o, addressing.day)) for i, o in enumerate(addressing.receivers)]
    unknown = [
        Issue(code="unknown-receiver", expression=f"MessageHeader.destination[{i}].receiver")
        for i, organization, endpoint in homes
        if endpoint is None and organization != ours
    ]
    if unknown:
        raise FatalError("unknown-receiver", issues=unknown)
    endpoints = _present(endpoint for _, _, endpoint in homes)
    return endpoints or _routed(network, addressing)


def _routed(network: Network, addressing: Addressing) -> list[Endpoint]:
    routes = [r for r in network.settings.routes if _matches(r, addressing)]
    return [endpoint for route in routes for endpoint in _targets(network, route, addressing)]


def _matches(route: Route, addressing: Addressing) -> bool:
    return addressing.event in route.events and (
        not route.senders or addressing.sender.name in route.senders
    )


def _targets(network: Network, route: Route, addressing: Addressing) -> list[Endpoint]:
    return [endpoint for name in route.to for endpoint in _target(network, name, addressing)]


def _target(network: Network, name: str, addressing: Addressing) -> list[Endpoint]:
    if name != OF_PATIENT:
        return _present([network.address(network.endpoint(name))])
    local = (e for e in network.settings.endpoints if e.municipality == addressing.municipality)
    return _present(network.address(e) for e in local if addressing.municipality)


def _present(endpoints: Iterable[Endpoint | None]) -> list[Endpoint]:
    return [endpoint for endpoint in endpoints if endpoint is not None]
