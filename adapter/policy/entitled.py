"""Who is entitled to be told of a Stay, for which need, and where nobody is found. Pure.

SFS 2017:612 2 kap. 1 §: the units that the physician's assessment names, or else the one endpoint
that serves the needed kind in the municipality where the patient is registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from adapter.core.endpoint import Endpoint
from adapter.core.identifiers import hsa_id
from adapter.core.model import Need
from adapter.policy.candidates import candidates, carriers, unit_endpoint
from adapter.policy.stay import Stay
from adapter.settings.network import Network

_MUNICIPAL = (Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """An endpoint that must be told for a need, and what made it so (`ground`)."""

    endpoint: str
    need: Need
    basis: str  # assessment | carries
    ground: str  # a kommunkod or an HSA-id


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A need without a receiver, and why: a code of `adapter.cli.texts`, for people."""

    need: Need
    why: str
    ground: str = ""  # the kommunkod or HSA-id that leads to nobody
    proposal: tuple[str, ...] = ()  # kommunkoder that the postal code suggests
    place: str = ""  # the ground, where people may see it

    @property
    def text(self) -> str:
        """Why, and where: `not-connected 2580`; and what the postal code suggests."""
        why, codes = f"{self.why} {self.place}".strip(), " or ".join(self.proposal)
        return f"{why}; the postal code suggests {codes}" if codes else why


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitled:
    """Everybody who must be told of a Stay, and the needs for which nobody is found."""

    entitlements: tuple[Entitlement, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Receiver:
    """Where a need leads: the ground, and the endpoint or why there is none."""

    ground: str
    endpoint: Endpoint | None = None
    why: str = ""


def entitled(
    network: Network,
    stay: Stay,
    day: date,
    kept: Mapping[tuple[Need, str], str],
) -> Entitled:
    """Return who must be told. `kept` has the endpoints of open rows, by need and ground.

    While the ground of a unit stands, so does its endpoint. A planning service has no right but by
    `carries_for`, and so it follows the settings.
    """
    if not stay.is_inpatient or stay.is_transfer:
        return Entitled()
    if not stay.is_identified:
        nobody = (Missing(need=need, why="no-identity") for need in stay.needs)
        return Entitled(missing=tuple(nobody))
    receivers = {need: _receiver(network, stay, need, day, kept) for need in stay.needs}
    entitlements, missing = list[Entitlement](), list[Missing]()
    for need, receiver in receivers.items():
        name = _endpoint_of(network, need, receiver, kept)
        names = {name: "assessment"} if name else {}
        names |= dict.fromkeys(_carriers(network, stay, receiver, name), "carries")
        entitlements += [
            Entitlement(endpoint=each, need=need, basis=basis, ground=receiver.ground)
            for each, basis in names.items()
        ]
        missing += [] if name else [Missing(need=need, why=receiver.why, ground=receiver.ground)]
    return Entitled(entitlements=tuple(entitlements), missing=tuple(missing))


def _endpoint_of(
    network: Network, need: Need, receiver: _Receiver, kept: Mapping[tuple[Need, str], str]
) -> str:
    before = kept.get((need, receiver.ground), "")
    if before and network.knows(before):
        home = network.address(network.endpoint(before))
        return home.name if home else before
    return receiver.endpoint.name if receiver.endpoint else ""


def _receiver(
    network: Network, stay: Stay, need: Need, day: date, kept: Mapping[tuple[Need, str], str]
) -> _Receiver:
    named = _named(network, stay, need, day, kept)
    if named is not None:
        return named
    if need is Need.PRIMARY_CARE and stay.value("listed"):
        centre = str(stay.value("listed"))
        return _unit(network, centre, day, "listed-elsewhere")
    return _of_municipality(network, need, stay.municipality, day)


def _named(
    network: Network, stay: Stay, need: Need, day: date, kept: Mapping[tuple[Need, str], str]
) -> _Receiver | None:
    """Return where a named unit leads for this need; None when no named unit is for it.

    A unit that is told for the need already stays: what it serves in the settings may change.
    """
    unknown = list[str]()
    for unit in stay.units:
        if network.knows(kept.get((need, unit), "")):
            return _Receiver(ground=unit)
        endpoint = unit_endpoint(network, unit, day)
        if endpoint is None:
            unknown.append(unit)
        elif need in (endpoint.serves or _read_for(unit)):
            return _Receiver(ground=unit, endpoint=endpoint)
    for unit in unknown:
        if need in _kinds(unit):
            return _Receiver(ground=unit, why="unknown-unit")
    return None


def _kinds(unit: str) -> tuple[Need, ...]:
    """Return what an unconnected unit may serve, by the owner in its HSA-id.

    An HSA-id begins with the owner's organisation number: 212000 for a municipality, 232100 for
    a region. Any other owner may serve everything.
    """
    owner = hsa_id(unit).removeprefix("SE")
    if owner.startswith("212000"):
        return _MUNICIPAL
    return (Need.PRIMARY_CARE,) if owner.startswith("232100") else tuple(Need)


def _read_for(unit: str) -> tuple[Need, ...]:
    """Return what a unit serves that reads its messages in a planning service.

    Settings name no need for it. Only a municipality's unit may take the place of the
    municipality's own mailbox.
    """
    return _MUNICIPAL if _kinds(unit) == _MUNICIPAL else (Need.PRIMARY_CARE,)


def _unit(network: Network, unit: str, day: date, why: str) -> _Receiver:
    endpoint = unit_endpoint(network, unit, day)
    return _Receiver(ground=unit, endpoint=endpoint, why="" if endpoint else why)


def _of_municipality(network: Network, need: Need, municipality: str, day: date) -> _Receiver:
    if not municipality:
        return _Receiver(ground="", why="no-municipality")
    endpoints = candidates(network, need, municipality, day)
    if len(endpoints) == 1:
        return _Receiver(ground=municipality, endpoint=endpoints[0])
    why = "several" if endpoints else "not-connected"
    return _Receiver(ground=municipality, why=why)


def _carriers(network: Network, stay: Stay, receiver: _Receiver, name: str) -> list[str]:
    """Return the planning services that carry for the unit of a need, connected or not."""
    endpoint = network.endpoints.get(name)
    municipality = stay.municipality
    units = {receiver.ground} | ({hsa_id(endpoint.organization)} if endpoint else set())
    places = {endpoint.municipality} if endpoint else set()
    homes = carriers(network, municipality, frozenset(units | places) - {""})
    return [home.name for home in homes if home.name != name]
