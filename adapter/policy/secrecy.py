"""Bars of secrecy: whom they leave out of what SFS 2017:612 3 kap. 1 and 2 §§ tell. Pure.

A bar never stops what 2 kap. tells. A receiver behind a bar sees the Stay as if the elements of
3 kap. did not exist, so that neither an event nor an update of it tells them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from adapter.core.endpoint import Endpoint
from adapter.core.identifiers import hsa_id
from adapter.core.model import Event
from adapter.policy import consents
from adapter.policy.events import GONE, element_of, flips, has, standing
from adapter.policy.stay import Stay
from adapter.policy.views import MATRIX, Projection
from adapter.settings.network import Network, hsa_ids

BEHIND = frozenset(row.element for row in MATRIX if row.basis.startswith("3:"))
"""The elements that a bar hides: those whose basis is 3 kap."""


class Share(Protocol):
    """The part of an endpoint in a case: a row of a participant, or an entitlement."""

    @property
    def basis(self) -> str:
        """`assessment` for the receiver that the law demands, `carries` for a planning service."""

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""

    @property
    def need(self) -> str:
        """The need that it is told for."""

    @property
    def ground(self) -> str:
        """What made it a participant: a kommunkod or an HSA-id."""


def barred(network: Network, stay: Stay, shares: Iterable[Share], day: date) -> frozenset[str]:
    """Return the endpoints that the bars of a Stay leave out.

    A bar for a unit also leaves out a planning service that carries for it: the unit reads there.
    It reads there too when the settings name another unit now, while the first keeps its right.
    A mailbox with several parts is left out when one of them is barred.
    """
    if not stay.bars:
        return frozenset()
    every = list(shares)
    return frozenset(
        share.endpoint
        for share in every
        if any(_is_named(network, stay, each, day) for each in _with_unit(share, every))
    )


def _is_named(network: Network, stay: Stay, share: Share, day: date) -> bool:
    """Whether a bar names whoever reads there, or has matched it before."""
    readers = {share.endpoint, *_readers(network, share, day)}
    is_matched = not readers.isdisjoint(stay.barred_endpoints)
    return is_matched or not organizations(network, share, day).isdisjoint(stay.bars)


def _with_unit(share: Share, shares: Iterable[Share]) -> list[Share]:
    """A share, and those of the unit that is told for the same need and of the same ground."""
    place = (share.need, share.ground)
    units = (each for each in shares if each.basis == "assessment")
    return [share, *(each for each in units if (each.need, each.ground) == place)]


def with_matched(network: Network, stay: Stay, day: date) -> Stay:
    """Return a Stay that keeps which endpoints its bars match today, or have matched before.

    A bar does not end with an alias of its receiver, nor with an endpoint that was replaced.
    """
    facts = {k: fact for k, fact in stay.facts.items() if not consents.is_matched(k)}
    for bar in stay.bars:
        known = set(stay.value(consents.matched(bar)) or ())
        named = {e.name for e in network.settings.endpoints if bar in hsa_ids(e, day)} | known
        heirs = {heir for name, after in network.moves().items() if name in named for heir in after}
        if named:
            fact = replace(facts[consents.bar(bar)], value=sorted(named | heirs))
            facts[consents.matched(bar)] = fact
    return replace(stay, facts=facts)


def organizations(network: Network, share: Share, day: date) -> set[str]:
    """Return the HSA-ids of whoever reads what an endpoint is told for a need."""
    readers = _readers(network, share, day).values()
    return {hsa_id(share.ground), *(id_ for e in readers for id_ in hsa_ids(e, day))}


def _readers(network: Network, share: Share, day: date) -> dict[str, Endpoint]:
    """Return the endpoints by name that read what an endpoint is told for a need."""
    own = {share.endpoint, *network.replaced(share.endpoint)}
    return {
        e.name: e
        for e in network.settings.endpoints
        if e.name in own
        or (e.municipality == share.ground and share.need in e.serves)
        or share.ground in hsa_ids(e, day)
    }


def behind_bar(stay: Stay) -> Stay:
    """Return the Stay as a receiver behind a bar sees it."""
    return Stay(facts={k: fact for k, fact in stay.facts.items() if k not in BEHIND})


def is_behind(event: Event) -> bool:
    """Whether an event tells of an element that a bar hides."""
    return element_of(event) in BEHIND


def without(projection: Projection) -> Projection:
    """Return what is left of a projection behind a bar; the status as if nothing had happened."""
    bare = {k: v for k, v in projection.items() if k not in BEHIND or k == "status"}
    is_told = bare.get("status") in ("finished", "onleave") and not bare.get("deceased")
    return bare | ({"status": "in-progress"} if is_told else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An event that a receiver does not get because of a bar."""

    endpoint: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """The endpoints behind a bar before a message and after it."""

    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()

    def sees_before(self, name: str, stay: Stay) -> Stay:
        """Return the Stay before the message, so that a new bar recalls nothing."""
        return behind_bar(stay) if name in self.before | self.after else stay

    def sees_after(self, name: str, stay: Stay) -> Stay:
        """Return the Stay after the message as an endpoint sees it."""
        return behind_bar(stay) if name in self.after else stay

    def is_lifted(self, name: str) -> bool:
        """Whether the message lifted the bar for an endpoint."""
        return name in self.before - self.after

    def is_new(self, name: str) -> bool:
        """Whether the message recorded a bar for an endpoint."""
        return name in self.after - self.before


def hidden(known: Projection) -> Projection:
    """Return what a receiver knows of the elements that a bar hides."""
    return {k: v for k, v in known.items() if k in BEHIND}


def catching_up(known: Projection, seen: Projection, stay: Stay) -> list[tuple[Event, str]]:
    """Return the events that a receiver lacks when its bar is lifted, with their own times.

    `known` is the projection that it last got, `seen` what it may see now. What it knew before
    the bar is not repeated.
    """
    came = [
        (event, at)
        for event, at in standing(stay)
        if not known.get(element := element_of(event)) or _is_anew(element, known, seen, stay)
    ]
    went = [
        (event, stay.facts[element].recorded)
        for element, event in GONE.items()
        if known.get(element) and element in stay.facts and not has(stay, element)
    ]
    return went + came


def _is_anew(element: str, known: Projection, seen: Projection, stay: Stay) -> bool:
    """Whether an element behind a bar went and came again; one that only changed has a `since`."""
    is_other = element in BEHIND and known.get(element) != seen.get(element)
    return is_other and not stay.facts[element].since


def left_out(before: Stay, after: Stay) -> list[Event]:
    """Return the events of a message that a receiver behind a bar does not get."""
    changes = [event for event in flips(before, after) if is_behind(event)]
    if changes:
        return changes
    same = all(before.value(name) == after.value(name) for name in BEHIND)
    return [] if same else [Event.ADMISSION_UPDATED]
