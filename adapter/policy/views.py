"""What a receiver may see of a Stay: one matrix, and the projection that it gives. Pure.

Sources: SFS 2017:612 2 kap. 2 § and 3 kap. 1 §; rows with basis `routine` are off as shipped.
docs/meaning.md prints the matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapter.core.endpoint import Sharing
from adapter.core.identifiers import PERSON_SYSTEMS
from adapter.core.model import Need
from adapter.policy.stay import Stay

PLANNING = "planning-service"
"""The role of an endpoint that carries messages for others. The other roles are needs."""

SOCIAL, MUNICIPAL, PRIMARY = Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE, Need.PRIMARY_CARE
EVERY_ROLE = (str(SOCIAL), str(MUNICIPAL), str(PRIMARY), PLANNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One element, its basis, and the roles that may see it. `routine` is off as shipped."""

    element: str
    basis: str
    roles: tuple[str, ...] = EVERY_ROLE
    setting: str = ""  # the key of [sharing] that turns a routine row on


MATRIX: tuple[Row, ...] = (
    Row(element="identifiers", basis="2:2"),
    Row(element="old", basis="2:2"),
    Row(element="name", basis="2:2"),
    Row(element="address", basis="2:2"),
    Row(element="municipality", basis="2:2"),
    Row(element="assumed", basis="2:2"),
    Row(element="planned", basis="2:2"),
    Row(element="admitted", basis="2:3"),
    Row(element="status", basis="3:1"),
    Row(element="ready", basis="3:1"),
    Row(element="leave", basis="3:1"),
    Row(element="discharge", basis="3:1"),
    Row(element="deceased", basis="2:4"),
    Row(element="listed", basis="2:1 st. 2"),
    Row(element="ward", basis="routine", setting="wards"),
    Row(element="reason", basis="no", roles=()),
    Row(element="class", basis="no", roles=()),
)
"""`assumed` is the municipality of the sender's settings, while no other one is known.

An element that has no row is seen by nobody. Needs have a table of their own, `SEEN_NEEDS`."""

DEMANDED = ("identifiers", "name", "planned", "address")
"""What each notice must hold (2 kap. 2 §). Where the Stay lacks it, the notice says so."""

SEEN_NEEDS: Mapping[str, tuple[Need, ...]] = {
    SOCIAL: (SOCIAL,),
    MUNICIPAL: (MUNICIPAL,),
    PRIMARY: (PRIMARY, MUNICIPAL),
}
"""Which needs each role may see: its own, and primary care also that of municipal health care."""

Projection = dict[str, Any]
"""What a receiver sees, by element. JSON; the store keeps it as the receiver last got it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """An endpoint in a case: its roles, and the needs that it is told for."""

    roles: frozenset[str]
    needs: frozenset[Need]


def sees(viewer: Viewer, element: str, sharing: Sharing) -> bool:
    """Whether all roles of a viewer may see an element."""
    row = next((row for row in MATRIX if row.element == element), None)
    if row is None or (row.setting and not getattr(sharing, row.setting)):
        return False
    return bool(viewer.roles) and all(role in row.roles for role in viewer.roles)


def project(stay: Stay, viewer: Viewer, sharing: Sharing) -> Projection:
    """Return what a viewer sees of a Stay; elements without a value are left out."""
    values = {row.element: _value(stay, row.element) for row in MATRIX}
    seen = {k: v for k, v in values.items() if v and sees(viewer, k, sharing)}
    return seen | {"needs": _needs(stay, viewer)}


def _value(stay: Stay, element: str) -> Any:
    derive = _DERIVED.get(element)
    return derive(stay) if derive else stay.value(element)


def _discharge(stay: Stay) -> dict[str, Any] | None:
    return {"end": stay.discharge["end"]} if stay.discharge else None


def _old(stay: Stay) -> list[Mapping[str, Any]]:
    return persons_numbers(stay.value("old") or ())


_DERIVED: Mapping[str, Callable[[Stay], Any]] = {
    "status": lambda stay: stay.status,
    "identifiers": lambda stay: persons_numbers(stay.value("identifiers") or ()),
    "old": _old,
    "leave": lambda stay: None if stay.ended is not None else stay.value("leave"),
    "discharge": _discharge,
    "assumed": lambda stay: "" if stay.value("municipality") else stay.municipality,
}
"""Elements of which a receiver sees something else than the Stay holds."""


def persons_numbers(identifiers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the numbers of registers of persons: a hospital's own number is nobody's business."""
    numbers = list(identifiers)
    return [i for i in numbers if i.get("system") in PERSON_SYSTEMS]


def _needs(stay: Stay, viewer: Viewer) -> dict[str, str]:
    seen = {need for role in viewer.needs for need in SEEN_NEEDS[role]}
    return {str(need): at for need, at in sorted(stay.needs.items()) if need in seen}


def masked(projection: Projection) -> Projection:
    """Return the projection without the address of a protected person."""
    bare = {k: v for k, v in projection.items() if k not in ("address", "municipality", "assumed")}
    return bare | {"address": [{"use": "home", "text": "skyddad"}]}


SURE_NOT_TO_NAME = ("identifiers", "name", "needs")
"""What an ending says of the person: the rest of the last projection has no reader any more."""


def parting(projection: Projection) -> Projection:
    """Return what an ending may say, from the projection that the receiver last got."""
    return {k: projection[k] for k in SURE_NOT_TO_NAME if k in projection}
