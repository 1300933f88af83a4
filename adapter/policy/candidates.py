"""Which endpoints could be told of a need, from the settings. Pure.

A planning service (`carries_for`) is none, except for the units of its `mailbox_for`.
"""

from __future__ import annotations

from datetime import date

from adapter.core.endpoint import Endpoint
from adapter.core.model import Need
from adapter.settings.network import Network, hsa_ids


def candidates(network: Network, need: Need, municipality: str, day: date) -> list[Endpoint]:
    """Return the endpoints that serve a need in a municipality, in the order of the settings.

    Each is the mailbox that messages really go to: a successor or return address is followed.
    Only a single one may be told; "" for the municipality has none.
    """
    serving = (
        endpoint
        for endpoint in network.settings.endpoints
        if municipality and endpoint.municipality == municipality and need in endpoint.serves
    )
    homes = (_mailbox(network, endpoint, hsa_ids(endpoint, day)) for endpoint in serving)
    return list({home.name: home for home in homes if home}.values())


def unit_endpoint(network: Network, hsa: str, day: date) -> Endpoint | None:
    """Return the mailbox of a unit that is named by HSA-id; None when it is not connected.

    A unit without an endpoint of its own may read its messages in a planning service.
    """
    named = (e for e in network.settings.endpoints if hsa in hsa_ids(e, day))
    endpoint = next(named, None)
    return _mailbox(network, endpoint, {hsa}) if endpoint else _service(network, {hsa})


def carriers(network: Network, municipality: str, units: frozenset[str]) -> list[Endpoint]:
    """Return the planning services that carry for a municipality, or for one of these units."""
    carrying = (
        network.address(endpoint)
        for endpoint in network.settings.endpoints
        if not units.union({municipality} - {""}).isdisjoint(endpoint.carries_for)
    )
    return list({home.name: home for home in carrying if home}.values())


def _mailbox(network: Network, endpoint: Endpoint, ids: set[str]) -> Endpoint | None:
    if endpoint.carries_for:
        return None
    home = network.address(endpoint) or _service(network, ids)
    if home is None or not home.carries_for:
        return home
    return None if ids.isdisjoint(home.mailbox_for) else home


def _service(network: Network, ids: set[str]) -> Endpoint | None:
    """Return the planning service that is the mailbox of a unit with one of these ids."""
    services = (e for e in network.settings.endpoints if not ids.isdisjoint(e.mailbox_for))
    return next((home for e in services if (home := network.address(e))), None)
