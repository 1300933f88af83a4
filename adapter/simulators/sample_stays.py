"""Two hospital stays with patients, times and numbers from a seed. All persons are invented.

The personal numbers are test numbers that Skatteverket publishes for this purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from adapter.simulators.messages import Person, Stay

_ZONE = ZoneInfo("Europe/Stockholm")
_NUMBERS = (
    "195009072553",
    "196101182803",
    "189002029800",
    "200302022389",
    "199002222397",
    "200001252386",
    "189602029812",
)
_FAMILIES = ("Tallåker", "Björkmyr", "Granö", "Ekhult", "Älvstig", "Stenudd", "Fjällrud")
_GIVEN = ("Vera", "Ossian", "Tuva", "Evert", "Märta", "Åke", "Signe Linn", "Torvald")
_STREETS = ("Provgatan", "Testvägen", "Exempelstigen", "Övningsgränd")
_WARDS = ("Medicin 3", "Kirurg 1", "Geriatrik 2", "Stroke 4")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleStays:
    """Two stays, and the control number of the journal's first message."""

    unseen: Stay  # must stay unknown outside the hospital
    discharge: Stay
    first_control: int

    @property
    def identities(self) -> tuple[str, ...]:
        """Every text that identifies a person. None of them may appear in a log."""
        people = (self.unseen.person, self.discharge.person)
        return tuple(
            text for p in people for text in (p.number, p.number[2:], p.family, p.given, p.street)
        )


def sample_stays(seed: int, now: datetime, municipality: str, city: str) -> SampleStays:
    """Return the same stays for the same seed and time. The patients live in `municipality`."""
    rng = Random(seed)
    numbers = rng.sample(_NUMBERS, 2)
    families = rng.sample(_FAMILIES, 2)
    unseen, discharge = (
        _stay(rng, now, _person(rng, number, family, municipality, city))
        for number, family in zip(numbers, families, strict=True)
    )
    return SampleStays(unseen=unseen, discharge=discharge, first_control=rng.randrange(1, 900_000))


def _person(rng: Random, number: str, family: str, municipality: str, city: str) -> Person:
    return Person(
        number=number,
        family=family,
        given=rng.choice(_GIVEN),
        street=f"{rng.choice(_STREETS)} {rng.randrange(1, 90)}",
        postcode=f"97{rng.randrange(100, 1000)}",
        city=city,
        municipality=municipality,
    )


def _stay(rng: Random, now: datetime, person: Person) -> Stay:
    days = timedelta(days=rng.randrange(2, 9))
    morning = time(rng.randrange(9, 16), rng.choice((0, 15, 30, 45)), tzinfo=_ZONE)
    return Stay(
        person=person,
        visit=f"{now:%y%m%d}{rng.randrange(10_000, 100_000)}",
        ward=rng.choice(_WARDS),
        admitted=now - timedelta(minutes=rng.randrange(20, 600)),
        planned=datetime.combine((now + days).astimezone(_ZONE).date(), morning),
    )
