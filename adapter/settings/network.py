"""Who takes part, and what each of them speaks: the settings, with questions answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id
from adapter.core.model import Event
from adapter.fhir.builders import Party
from adapter.mappings import System


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
            if organization in hsa_ids(endpoint, day):
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


def hsa_ids(endpoint: Endpoint, day: date) -> set[str]:
    """The HSA-ids of an endpoint on a day: its own, and the aliases that hold then."""
    valid = (
        alias.id
        for alias in endpoint.aliases
        if (alias.since is None or alias.since <= day)
        and (alias.until is None or day <= alias.until)
    )
    return {hsa_id(id_) for id_ in (endpoint.organization, *valid)}
