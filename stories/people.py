"""Persons with facts that occur nowhere else, so that each is found again in any bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from stories.world import KOMMUNER

_CONSONANTS, _VOWELS = "bdfghjklmnprstv", "aeiou"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of a person. `kind` is pnr, snr, reserve, lma or local."""

    kind: str
    value: str

    @property
    def is_national(self) -> bool:
        """Whether it may stand in the personnummer's place."""
        return self.kind != "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One repetition of PID-11. `kind` H is the address of registration, C a temporary one."""

    street: str
    kommun: str  # "" where the source leaves it out
    city: str = ""
    postcode: str = ""
    kind: str = "H"
    since: datetime | None = None
    until: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Whether it is an address of registration that is valid at a time."""
        begun = self.since is None or self.since <= at
        ended = self.until is not None and self.until <= at
        return self.kind == "H" and begun and not ended


@dataclass(slots=True, kw_only=True)
class Person:
    """A true person. The generator changes the facts as the story goes."""

    key: str
    number: Number
    family: str
    given: str
    born: date
    address: Address
    listed: str = ""
    local: str = ""  # the hospital's own number
    reason: str = ""  # reason for care: nobody outside may know it
    diagnosis: str = ""
    relative: str = ""
    numbers: list[Number] = field(default_factory=list)  # every number that it has had


def word(chance: Random, syllables: int = 4) -> str:
    """Return an invented word. With four syllables it is unlikely to occur anywhere else."""
    letters = (
        chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(max(syllables, 2))
    )
    return "".join(letters).capitalize()


def personnummer(chance: Random, born: date, *, coordination: bool = False) -> str:
    """Return a number of twelve digits with a right check digit (Luhn over the last ten)."""
    day = born.day + (60 if coordination else 0)
    digits = f"{born:%Y%m}{day:02}{chance.randrange(1000):03}"
    return digits + _check_digit(digits[2:])


def _check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(digits):
        product = int(digit) * (2 - place % 2)
        total += product // 10 + product % 10
    return str(-total % 10)


def reserve_number(chance: Random) -> str:
    """Return a reserve number of Region Stockholm: 99 and ten digits, the last a check digit."""
    digits = f"{chance.randrange(10**9):09}"
    return f"99{digits}" + _plain_check(digits[2:])


def _plain_check(digits: str) -> str:
    """Return a Luhn check digit for any number of digits."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = int(digit) * (2 - place % 2)
        total += product // 10 + product % 10
    return str(-total % 10)


def address(chance: Random, kommun: str, **more: object) -> Address:
    """Return a new address in a kommun."""
    city, postcode = KOMMUNER.get(kommun, ("ORTEN", "90000"))
    street = f"{word(chance)}gatan {chance.randrange(1, 99)}"
    values: dict[str, object] = {"street": street, "kommun": kommun, "city": city}
    return Address(**values | {"postcode": postcode} | more)  # type: ignore[arg-type]


def person(chance: Random, key: str, kommun: str, listed: str = "") -> Person:
    """Return a new person."""
    born = date(chance.randrange(1930, 1985), chance.randrange(1, 13), chance.randrange(1, 29))
    number = Number(kind="pnr", value=personnummer(chance, born))
    return Person(
        key=key,
        number=number,
        family=word(chance),
        given=word(chance, 3),
        born=born,
        address=address(chance, kommun),
        listed=listed,
        local=f"L{chance.randrange(10**9):09}",
        reason=f"skäl {word(chance, 6)}",
        diagnosis=f"diagnos {word(chance, 6)}",
        relative=word(chance, 5),
        numbers=[number],
    )
