"""Who would be told of a stay: by municipality and need, and by endpoint. Pure.

`adapter check` shows it, so that a gap is seen before a notice falls into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapter.core.endpoint import Endpoint
from adapter.core.model import Event, Need
from adapter.policy.candidates import candidates, carriers
from adapter.settings.municipalities import municipalities
from adapter.settings.network import Network


class Coverage(StrEnum):
    """Whether a need has the one endpoint that a notice requires."""

    ONE = "one"
    NOBODY = "nobody"
    SEVERAL = "several"  # nobody is told, unless the assessment or the listing names one


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """An endpoint, and the person or desk that answers for it."""

    endpoint: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """Who would be told of a need of a municipality's patients."""

    municipality: str  # kommunkod
    name: str
    need: Need
    coverage: Coverage
    receivers: tuple[Receiver, ...]
    planning: tuple[str, ...]  # planning services that carry for the municipality


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What an endpoint may tell and begin, and for whom it carries."""

    endpoint: str
    owns_stays: bool
    tells_for: tuple[str, ...]
    begins: tuple[Event, ...]
    carries_for: tuple[str, ...]
    mailbox_for: tuple[str, ...]


def coverage(network: Network, day: date) -> tuple[CoverageRow, ...]:
    """Return a row for each need of each municipality that the settings name."""
    codes = sorted(set(_municipalities(network)))
    return tuple(_row(network, code, need, day) for code in codes for need in Need)


def roles(network: Network) -> tuple[Role, ...]:
    """Return the role of each endpoint, in the order of the settings."""
    return tuple(_role(endpoint) for endpoint in network.settings.endpoints)


def _municipalities(network: Network) -> Iterator[str]:
    for endpoint in network.settings.endpoints:
        yield from (code for code in endpoint.carries_for if code in municipalities())
        if endpoint.municipality:
            yield endpoint.municipality


def _row(network: Network, municipality: str, need: Need, day: date) -> CoverageRow:
    receivers = candidates(network, need, municipality, day)
    return CoverageRow(
        municipality=municipality,
        name=municipalities().get(municipality, ""),
        need=need,
        coverage=_coverage(len(receivers)),
        receivers=tuple(Receiver(endpoint=e.name, owner=e.owner) for e in receivers),
        planning=tuple(e.name for e in carriers(network, municipality, frozenset())),
    )


def _coverage(receivers: int) -> Coverage:
    if receivers == 1:
        return Coverage.ONE
    return Coverage.SEVERAL if receivers else Coverage.NOBODY


def _role(endpoint: Endpoint) -> Role:
    return Role(
        endpoint=endpoint.name,
        owns_stays=endpoint.owns_stays,
        tells_for=endpoint.tells_for,
        begins=endpoint.begins,
        carries_for=endpoint.carries_for,
        mailbox_for=endpoint.mailbox_for,
    )
