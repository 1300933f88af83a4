"""Read and write what a message says of consent to planning, and of bars of secrecy.

Each is a Consent (FHIR R4), by its category in our code system `consent` (docs/message.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapter.core.identifiers import hsa_id, is_hsa
from adapter.core.model import Bundle
from adapter.fhir.bundles import Resource, instant, resources
from adapter.fhir.canonical import CONSENT

PLANNING, SECRECY = "planning", "secrecy"
"""Codes of `<base>/CodeSystem/consent`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One Consent of ours: what it is about, and whether it is in force."""

    category: str  # PLANNING | SECRECY
    in_force: bool  # false: withdrawn, or taken back
    at: str  # FHIR dateTime
    receivers: tuple[str, ...] = ()  # HSA-ids that a bar names
    until: str = ""  # FHIR dateTime: the end of its period; "" for no end

    def is_over(self, at: datetime) -> bool:
        """Whether its period has ended at a time; a day, month or year lasts to its end."""
        return bool(self.until) and _end(self.until) <= at


def words(bundle: Bundle) -> list[Word]:
    """Return what a message says, oldest first; at equal times, what bars more is last."""
    return sorted(_words(bundle), key=lambda word: (_moment(word.at), _bars(word)))


def _moment(text: str) -> datetime:
    """Return a FHIR dateTime; one without a time of day is the beginning of its day, in UTC."""
    day = f"{text[:10]}T00:00:00+00:00"
    return instant(text) or instant(day) or datetime.min.replace(tzinfo=UTC)


def _end(text: str) -> datetime:
    """Return when a FHIR dateTime is over, in UTC where it names no time of day."""
    if whole := instant(text):
        return whole
    year, month, day = ([int(part) for part in text[:10].split("-")] + [0, 0])[:3]
    if day:
        return datetime(year, month, day, tzinfo=UTC) + timedelta(days=1)
    return datetime(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1, tzinfo=UTC)


def _bars(word: Word) -> bool:
    return word.in_force is (word.category == SECRECY)


def _words(bundle: Bundle) -> Iterator[Word]:
    for resource in resources(bundle):
        if resource.get("resourceType") == "Consent":
            for code in _codes(resource):
                yield Word(
                    category=code,
                    in_force=resource.get("status") == "active",
                    at=str(resource.get("dateTime", "")),
                    receivers=_receivers(resource),
                    until=str(resource.get("provision", {}).get("period", {}).get("end", "")),
                )


def _codes(consent: Resource) -> list[str]:
    codings = (c for category in consent.get("category", ()) for c in category.get("coding", ()))
    return [c.get("code", "") for c in codings if c.get("system") == CONSENT]


def _receivers(consent: Resource) -> tuple[str, ...]:
    actors = consent.get("provision", {}).get("actor", ())
    named = (actor.get("reference", {}).get("identifier", {}) for actor in actors)
    return tuple(hsa_id(i["value"]) for i in named if is_hsa(i.get("system", "")) and "value" in i)
