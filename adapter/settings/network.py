"""The endpoints and systems of the settings, with answers to what the flow asks about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id
from adapter.core.model import Event
from adapter.fhir.builders import Party
from adapter.fhir.canonical import ENDPOINT
from adapter.mappings import System
from adapter.settings.transport_checks import can_send


@dataclass(frozen=True, kw_only=True)
class Network:
    """The endpoints of the settings, and the systems that they use."""

    settings: Settings
    systems: Mapping[str, System]

    @cached_property
    def endpoints(self) -> dict[str, Endpoint]:
        """Every endpoint of the settings, by name."""
        return {e.name: e for e in self.settings.endpoints}

    def knows(self, name: str) -> bool:
        """Whether the settings have an endpoint of that name."""
        return name in self.endpoints

    def endpoint(self, name: str) -> Endpoint:
        """Return the endpoint of that name; FatalError `settings` when it was removed."""
        try:
            return self.endpoints[name]
        except KeyError:
            raise FatalError("settings", "an endpoint is no longer in the settings") from None

    def owner(self, name: str) -> str:
        """Return the owner of an endpoint; "nobody" when it was removed from the settings."""
        return self.endpoints[name].owner if self.knows(name) else "nobody"

    def system(self, endpoint: Endpoint) -> System:
        """Return the system of an endpoint."""
        return self.systems[endpoint.system]

    def address(self, endpoint: Endpoint) -> Endpoint | None:
        """Return where its messages go: successor, return address or itself; None for nowhere."""
        if endpoint.forward:
            return self.endpoint(endpoint.forward)
        return endpoint if can_send(endpoint) else None

    def successor(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint that has replaced this one, or itself."""
        return self.endpoint(endpoint.replaced_by) if endpoint.replaced_by else endpoint

    def home(self, organization: str, day: date) -> Endpoint | None:
        """Return the endpoint that takes an organisation's messages; None when there is none.

        `organization` is an HSA-id that is valid on `day`.
        """
        for endpoint in self.settings.endpoints:
            if organization in hsa_ids(endpoint, day):
                return self.address(endpoint)
        return None

    def same_organization(self, endpoint: Endpoint) -> tuple[str, ...]:
        """Return the names of all endpoints of the same organisation."""
        return self._organizations[hsa_id(endpoint.organization)]

    @cached_property
    def _organizations(self) -> dict[str, tuple[str, ...]]:
        """The names of the endpoints of each organisation."""
        names: dict[str, tuple[str, ...]] = {}
        for endpoint in self.settings.endpoints:
            own = hsa_id(endpoint.organization)
            names[own] = (*names.get(own, ()), endpoint.name)
        return names

    def expire_after(self, endpoint: Endpoint, event: Event) -> timedelta:
        """Return how long a delivery may take: the event's own limit, else the endpoint's."""
        return self.settings.expire_after.get(event, endpoint.expire_after)

    def replaced(self, name: str) -> list[str]:
        """Return the names of the endpoints that this one has replaced."""
        return [e.name for e in self.settings.endpoints if e.replaced_by == name]

    def mailbox(self, name: str) -> frozenset[str]:
        """Return the endpoints that are one mailbox with this one: same last successor, or itself.

        Rows of any of them are its right in a case, and their numbers make the right's number.
        """
        return self._mailboxes.get(name, frozenset({name}))

    @cached_property
    def _mailboxes(self) -> dict[str, frozenset[str]]:
        moves = self.moves()
        last = {name: moves[name][-1] if name in moves else name for name in self.endpoints}
        return {
            name: frozenset(other for other, end in last.items() if end == last[name])
            for name in self.endpoints
        }

    def moves(self) -> dict[str, list[str]]:
        """Return the successors of each replaced endpoint, nearest first."""
        return {e.name: self._successors(e) for e in self.settings.endpoints if e.replaced_by}

    def _successors(self, endpoint: Endpoint) -> list[str]:
        names: list[str] = []
        while endpoint.replaced_by and endpoint.replaced_by not in names:
            names.append(endpoint.replaced_by)
            endpoint = self.endpoint(endpoint.replaced_by)
        return names

    @cached_property
    def places(self) -> frozenset[str]:
        """Every URI of an endpoint: by its name, by its organisation's ids, and its address."""
        names = {ENDPOINT + e.name for e in self.settings.endpoints}
        ids = {a.id for e in self.settings.endpoints for a in e.aliases}
        ids |= {e.organization for e in self.settings.endpoints}
        addresses = {e.address for e in self.settings.endpoints if e.address}
        return frozenset(names | {ENDPOINT + hsa_id(id_) for id_ in ids} | addresses)

    @cached_property
    def own_places(self) -> frozenset[str]:
        """The URIs of the adapter itself: by its organisation's id, and the door for FHIR."""
        door = f"http://{self.settings.web}/fhir"
        own = ENDPOINT + hsa_id(self.settings.organization)
        return frozenset({own, door, f"{door}/$process-message"})

    def adapter(self) -> Party:
        """Return the adapter itself as a party of a message."""
        return Party(organization=hsa_id(self.settings.organization), display="careplan-adapter")


def hsa_ids(endpoint: Endpoint, day: date) -> set[str]:
    """Return the HSA-ids of an endpoint on a day: its own, and the aliases valid then."""
    valid = (
        alias.id
        for alias in endpoint.aliases
        if (alias.since is None or alias.since <= day)
        and (alias.until is None or day <= alias.until)
    )
    return {hsa_id(id_) for id_ in (endpoint.organization, *valid)}
