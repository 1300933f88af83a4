"""Read and write what a message says of consent to planning, and of bars of secrecy.

Each is a Consent (FHIR R4), by its category in our code system `consent` (docs/message.md).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapter.core.identifiers import hsa_id, is_hsa
from adapter.core.model import Bundle
from adapter.fhir import references
from adapter.fhir.bundles import Resource, instant, organization_id, resources
from adapter.fhir.canonical import CONSENT

PLANNING, SECRECY = "planning", "secrecy"
"""Codes of `<base>/CodeSystem/consent`."""
_SWEDEN = ZoneInfo("Europe/Stockholm")
_NEVER, _FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One Consent of ours: what it is about, and whether it is in force."""

    category: str  # PLANNING | SECRECY
    in_force: bool  # false: withdrawn, or taken back
    at: str  # FHIR dateTime
    receivers: tuple[str, ...] = ()  # HSA-ids that a bar names
    until: str = ""  # FHIR dateTime: the end of its period; "" for no end
    permitted: tuple[str, ...] = ()  # HSA-ids that it covers alone; none: everybody
    denied: tuple[str, ...] = ()  # HSA-ids that it excludes
    is_denial: bool = False  # it denies, and covers only whom it permits

    @property
    def end(self) -> datetime | None:
        """When its period ends; None for no end. A day, month or year lasts to its end."""
        return _end(self.until) if self.until else None

    def is_over(self, at: datetime) -> bool:
        """Whether its period has ended at a time."""
        return self.end is not None and self.end <= at

    def excludes(self, ids: Collection[str]) -> bool:
        """Whether it excludes an organisation with one of these HSA-ids."""
        return not set(ids).isdisjoint(self.denied)

    def covers(self, ids: Collection[str]) -> bool:
        """Whether it covers an organisation with one of these HSA-ids."""
        if self.permitted:
            return not self.excludes(ids) and not set(ids).isdisjoint(self.permitted)
        return not self.excludes(ids) and not self.is_denial


def words(bundle: Bundle) -> list[Word]:
    """Return what a message says, oldest first; at equal times, what bars more is last."""
    return sorted(_words(bundle), key=lambda word: (_moment(word.at), _bars(word)))


def planning(bundle: Bundle) -> Word | None:
    """Return the newest word of a message about planning; None where it says nothing."""
    return next((w for w in reversed(words(bundle)) if w.category == PLANNING), None)


def _moment(text: str) -> datetime:
    """Return a FHIR dateTime; one without a time of day is the beginning of its Swedish day."""
    return instant(text) or (_midnight(*_parts(text)) if text else _NEVER)


def _end(text: str) -> datetime:
    """Return when a FHIR dateTime is over, in Sweden where it names no time of day."""
    if whole := instant(text):
        return whole
    year, month, day = _parts(text)
    if day:
        begins = _midnight(year, month, day)
        return _midnight(begins.year, begins.month, begins.day, days=1)
    return _midnight(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)


def _parts(text: str) -> list[int]:
    return ([int(part) for part in text[:10].split("-")] + [0, 0])[:3]


def _midnight(year: int, month: int, day: int, *, days: int = 0) -> datetime:
    """The beginning of a Swedish day, so many days later; the end of time for none after it."""
    try:
        later = date(year, month or 1, day or 1) + timedelta(days=days)
    except (ValueError, OverflowError):
        return _FOREVER
    return datetime(later.year, later.month, later.day, tzinfo=_SWEDEN)


def _bars(word: Word) -> bool:
    return word.in_force is (word.category == SECRECY)


def _words(bundle: Bundle) -> Iterator[Word]:
    for resource in resources(bundle):
        if resource.get("resourceType") == "Consent":
            for code in _codes(resource):
                limits = _limits(bundle, resource) if code == PLANNING else {}
                yield Word(
                    category=code,
                    in_force=resource.get("status") == "active",
                    at=str(resource.get("dateTime", "")),
                    receivers=_receivers(resource),
                    until=str(resource.get("provision", {}).get("period", {}).get("end", "")),
                    **limits,
                )


def _limits(bundle: Bundle, consent: Resource) -> dict[str, Any]:
    """Whom a consent to planning covers, and whom it excludes."""
    provisions = list(_provisions(consent.get("provision")))
    if not any(each.get("actor") for each in provisions):
        return {"is_denial": any(each.get("type") == "deny" for each in provisions[:1])}
    names = references.by_name(bundle)
    permitted = (id_ for p in provisions if p.get("type") != "deny" for id_ in _actors(names, p))
    denied = (id_ for p in provisions if p.get("type") == "deny" for id_ in _actors(names, p))
    is_bare = provisions[0].get("type") == "deny" and not provisions[0].get("actor")
    return {"permitted": tuple(permitted), "denied": tuple(denied), "is_denial": is_bare}


def _provisions(provision: Resource | None) -> Iterator[Resource]:
    """Yield a provision, and those that except from it (R4, Consent.provision.provision)."""
    left = [provision] if provision else []
    while left:
        first = left.pop(0)
        yield first
        left += first.get("provision", ())


def _actors(names: references.Names, provision: Resource) -> Iterator[str]:
    """Yield the HSA-ids of the organisations that a provision is about."""
    for actor in provision.get("actor", ()):
        reference = actor.get("reference", {})
        logical = {"identifier": [reference.get("identifier", {})]}
        resource = next(iter(names.get(reference.get("reference", ""), ())), logical)
        if id_ := organization_id(resource):
            yield id_


def _codes(consent: Resource) -> list[str]:
    codings = (c for category in consent.get("category", ()) for c in category.get("coding", ()))
    return [c.get("code", "") for c in codings if c.get("system") == CONSENT]


def _receivers(consent: Resource) -> tuple[str, ...]:
    actors = consent.get("provision", {}).get("actor", ())
    named = (actor.get("reference", {}).get("identifier", {}) for actor in actors)
    return tuple(hsa_id(i["value"]) for i in named if is_hsa(i.get("system", "")) and "value" in i)
