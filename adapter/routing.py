"""Who gets a message: pure decisions over the settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from adapter.builders import Party
from adapter.errors import FatalError, Issue
from adapter.identifiers import hsa_id
from adapter.mappings import System
from adapter.model import Endpoint, Event, Kind, Need, Route, Settings

OF_PATIENT = "municipality-of-patient"


@dataclass(frozen=True, kw_only=True)
class Network:
    """Who exists, and what they speak."""

    settings: Settings
    systems: dict[str, System]

    @cached_property
    def endpoints(self) -> dict[str, Endpoint]:
        """Every endpoint of the settings, by name."""
        return {e.name: e for e in self.settings.endpoints}

    def knows(self, name: str) -> bool:
        """Whether the settings have an endpoint of that name."""
        return name in self.endpoints

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of that name; FatalError `settings` when the settings lost it."""
        try:
            return self.endpoints[name]
        except KeyError:
            raise FatalError("settings", "an endpoint is no longer in the settings") from None

    def owner(self, name: str) -> str:
        """Who answers for an endpoint; "nobody" when the settings lost it."""
        return self.endpoints[name].owner if self.knows(name) else "nobody"

    def system(self, endpoint: Endpoint) -> System:
        """What an endpoint speaks."""
        return self.systems[endpoint.system]

    def address(self, endpoint: Endpoint) -> Endpoint | None:
        """Where to send what is meant for it: itself, its successor or return address, nowhere."""
        if endpoint.forward:
            return self.endpoint(endpoint.forward)
        takes = endpoint.address or endpoint.transport in ("rabbitmq", "memory")
        return endpoint if takes else None

    def home(self, organization: str, day: date) -> Endpoint | None:
        """The endpoint of an organisation, under the HSA-id that it has on that day."""
        for endpoint in self.settings.endpoints:
            if organization in names(endpoint, day):
                return self.address(endpoint)
        return None

    def same_organization(self, endpoint: Endpoint) -> list[str]:
        """Names of the endpoints that speak for the same organisation."""
        mine = hsa_id(endpoint.organization)
        return [e.name for e in self.settings.endpoints if hsa_id(e.organization) == mine]

    def expire_after(self, endpoint: Endpoint, event: Event) -> timedelta:
        """How long a delivery may take: the event's own time to live, else the endpoint's."""
        return self.settings.expire_after.get(event, endpoint.expire_after)

    def replaced(self, name: str) -> list[str]:
        """Names of the endpoints that this one stands in for."""
        return [e.name for e in self.settings.endpoints if e.replaced_by == name]

    def moves(self) -> dict[str, list[str]]:
        """Of each endpoint that was replaced: its successor, that one's, and so on."""
        return {e.name: self._successors(e) for e in self.settings.endpoints if e.replaced_by}

    def _successors(self, endpoint: Endpoint) -> list[str]:
        found: list[str] = []
        while endpoint.replaced_by and endpoint.replaced_by not in found:
            found.append(endpoint.replaced_by)
            endpoint = self.endpoint(endpoint.replaced_by)
        return found

    def adapter(self) -> Party:
        """The adapter itself as a party."""
        return Party(organization=hsa_id(self.settings.organization), display="careplan-adapter")


def party(endpoint: Endpoint) -> Party:
    """An endpoint as a party of a message."""
    return Party(
        organization=hsa_id(endpoint.organization),
        endpoint=endpoint.name,
        display=endpoint.display,
    )


def names(endpoint: Endpoint, day: date) -> set[str]:
    """The HSA-ids of an endpoint on a day: its own, and the aliases that hold then."""
    valid = (
        alias.id
        for alias in endpoint.aliases
        if (alias.since is None or alias.since <= day)
        and (alias.until is None or day <= alias.until)
    )
    return {hsa_id(id_) for id_ in (endpoint.organization, *valid)}


def may_speak(endpoint: Endpoint, organization: str, day: date) -> bool:
    """Whether an authenticated endpoint may send as an organisation."""
    return organization in names(endpoint, day) | {hsa_id(o) for o in endpoint.speaks_for}


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
class Letter:
    """What routing must know of a message; nothing of its content."""

    event: Event
    sender: Endpoint
    receivers: tuple[str, ...]  # HSA-ids that the message itself names
    municipality: str
    needs: frozenset[Need] = frozenset()
    units: tuple[str, ...] = ()  # HSA-ids that the assessment names
    told: tuple[str, ...] = ()  # endpoints that have heard of the case
    day: date


def receivers(network: Network, letter: Letter) -> list[Endpoint]:
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


def allows_protected(network: Network, letter: Letter, endpoint: Endpoint) -> bool:
    """Whether a route lets a patient with protected identity go to an endpoint."""
    return any(
        endpoint in _targets(network, route, letter)
        for route in network.settings.routes
        if route.protected and _matches(route, letter)
    )


def _named(network: Network, letter: Letter) -> list[Endpoint]:
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


def _routed(network: Network, letter: Letter) -> list[Endpoint]:
    routes = [r for r in network.settings.routes if _matches(r, letter)]
    return [endpoint for route in routes for endpoint in _targets(network, route, letter)]


def _matches(route: Route, letter: Letter) -> bool:
    return letter.event in route.events and (
        not route.senders or letter.sender.name in route.senders
    )


def _targets(network: Network, route: Route, letter: Letter) -> list[Endpoint]:
    found = [_target(network, name, letter) for name in route.to]
    return [endpoint for group in found for endpoint in group]


def _target(network: Network, name: str, letter: Letter) -> list[Endpoint]:
    if name != OF_PATIENT:
        return _present([network.address(network.endpoint(name))])
    local = (e for e in network.settings.endpoints if e.municipality == letter.municipality)
    return _present(network.address(e) for e in local if letter.municipality)


def _present(found: Iterable[Endpoint | None]) -> list[Endpoint]:
    return [endpoint for endpoint in found if endpoint is not None]


def _concerned(endpoint: Endpoint, letter: Letter) -> bool:
    """SFS 2017:612 2 kap. 1 §: only the units whose efforts are judged to be needed."""
    named = hsa_id(endpoint.organization) in letter.units
    return named or not endpoint.serves or bool(wanted(letter.needs) & set(endpoint.serves))


def wanted(needs: frozenset[Need]) -> frozenset[Need]:
    """Municipal health care always adds the primary-care unit (SFS 2017:612 2 kap. 1 § st. 2)."""
    also = {Need.PRIMARY_CARE} if Need.MUNICIPAL_HEALTH_CARE in needs else set()
    return needs | also


def _told(network: Network, letter: Letter) -> list[Endpoint]:
    known = {e.name for e in network.settings.endpoints}
    units = [network.home(unit, letter.day) for unit in letter.units]
    return [network.endpoint(n) for n in letter.told if n in known] + _present(units)
