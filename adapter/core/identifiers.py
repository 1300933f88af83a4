"""Nordic identifiers: their systems, forms and check digits.

Many forms are read; one form is written. A wrong check digit or birth date is returned as a
problem, not raised: when the numbers of a day run out, a nearby day is used (folkbokföringslagen
1991:481, 18 §), and some published example numbers fail the check. The caller decides what a
problem leads to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from string import ascii_letters, digits

HSA = "urn:oid:1.2.752.29.4.19"
HER = "urn:oid:2.16.578.1.12.4.1.2"  # Norwegian organisations, in the address register
PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"
SAMORDNINGSNUMMER = "http://electronichealth.se/identifier/samordningsnummer"
RESERVNUMMER = "http://electronichealth.se/identifier/nationelltReservnummer"
LMA = "http://electronichealth.se/identifier/LMA-nummer"
ORGANISATIONSNUMMER = "urn:oid:2.5.4.97"
STOCKHOLM = "urn:oid:1.2.752.97.3.1.3"  # regional reserve numbers (regionala reservnummer)
VASTRA_GOTALAND = "urn:oid:1.2.752.113.11.0.2.1.1.1"
VARMLAND = "urn:oid:1.2.752.74.9.2"
CARELINK = "urn:oid:1.2.752.129.2.1.3.2"
FODSELSNUMMER = "urn:oid:2.16.578.1.12.4.1.4.1"
D_NUMMER = "urn:oid:2.16.578.1.12.4.1.4.2"

OTHER_NAMES = {  # RIV-TA and other names, and a misspelling in an older Swedish profile
    "urn:oid:1.2.752.129.2.1.4.1": HSA,
    "urn:oid:1.2.752.129.2.1.3.1": PERSONNUMMER,
    "urn:oid:1.2.752.129.2.1.3.3": SAMORDNINGSNUMMER,
    "urn:oid:1.2.752.74.9.1": RESERVNUMMER,
    "http://electronichealth.se/identifier/nationelltReservnumer": RESERVNUMMER,
}
_NORMAL = frozenset(("", *OTHER_NAMES.values()))  # most systems that come in are one of these
_LONGEST_KNOWN = 100  # characters of an HSA-id that is remembered: a sender may send megabytes
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+", re.ASCII)
_OF_TWELVE = re.compile(r"([0-9]{8})[-+]?([0-9]{4})")
_OF_TEN = re.compile(r"([0-9]{6})([-+]?)([0-9]{4})")
_SCHEME = re.compile(r"^h+ttps?://(?=electronichealth\.se(?:/|$))|^hh+ttp(?=s?://)", re.IGNORECASE)


class Problem(StrEnum):
    """What is wrong with an identifier."""

    FORM = "form"
    CHECKSUM = "checksum"
    BIRTH_DATE = "birth-date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An identifier in the form that we write, and what is wrong with it."""

    system: str
    value: str
    problems: tuple[Problem, ...] = ()


def normalised(system: str) -> str:
    """Return a system in our form: an OID as `urn:oid:`, and one name where several are in use.

    A repeated `h` or a wrong scheme is corrected. An unknown system only loses its white space
    and final slash; "" stays "".
    """
    if system in _NORMAL:
        return system
    text = "".join(system.split()).rstrip("/")
    text = re.sub(r"^urn:oid:", "urn:oid:", text, flags=re.IGNORECASE)
    text = _SCHEME.sub(lambda m: "http://" if m[0].endswith("://") else "http", text)
    text = f"urn:oid:{text}" if _OID.fullmatch(text) else text
    return OTHER_NAMES.get(text, text)


def is_hsa(system: str) -> bool:
    """Whether a system is one of the two for HSA-ids (Inera's and HL7 Sweden's)."""
    return normalised(system) == HSA


def hsa_id(text: str) -> str:
    """Return an HSA-id in our form: upper case (ids are compared without case), no white space."""
    return _known_hsa_id(text) if len(text) <= _LONGEST_KNOWN else _hsa_id(text)


def _hsa_id(text: str) -> str:
    return "".join(text.split()).upper()


_known_hsa_id = lru_cache(maxsize=4096)(_hsa_id)  # messages repeat the same few organisations


def organization_number(system: str, value: str) -> str:
    """Return an HSA-id or HER-id in our form; "" for a number of another system.

    The system decides: an HSA-id or an organisasjonsnummer under a foreign system names nobody.
    """
    if is_hsa(system):
        return hsa_id(value)
    is_her = normalised(system) == HER and value.strip().isdecimal()
    return value.strip() if is_her else ""


def looks_like_hsa_id(text: str) -> bool:
    """Whether a text has the form `SE<organisationsnummer>-<A-Z 0-9>`, at most 31 characters.

    Older HSA-ids have other forms (`SE162321000016-…`, `IFV1239877878-…`), so that another form
    is a reason to warn, not to refuse.
    """
    value = hsa_id(text)
    return len(value) <= 31 and re.fullmatch(r"SE[0-9]{10}-[A-Z0-9]+", value) is not None


def luhn(text: str) -> bool:
    """Whether the last digit is the check digit of the others (modulus 10).

    A letter counts as its ASCII value, as in the national reserve number; five published
    examples agree. False for a text with anything but ASCII letters and digits.
    """
    if not text.isascii() or not text.isalnum() or not text[-1].isdigit():
        return False
    once, twice = map(_ONCE.__getitem__, text[::-2]), map(_TWICE.__getitem__, text[-2::-2])
    return (sum(once) + sum(twice)) % 10 == 0


def _digit_sums(factor: int) -> dict[str, int]:
    """Return the sum of the digits of each character's value, multiplied by a factor."""
    values = {c: int(c) if c.isdigit() else ord(c) for c in digits + ascii_letters}
    return {c: sum(map(int, str(value * factor))) for c, value in values.items()}


_ONCE, _TWICE = _digit_sums(1), _digit_sums(2)


def identity(text: str, *, on: date, system: str = "") -> Identity | None:
    """Return a person's identifier in our form; `on` decides the century of ten digits.

    With a system (under any of its names), faults of form, check digit and birth date are
    returned as problems. Without a system, the text must be a Swedish number without any
    problem; otherwise the result is None. The day decides between personnummer and
    samordningsnummer, even where the system says the other.
    """
    system = normalised(system)
    if system in _FORMS:
        return _FORMS[system](_compact(text), system, on)
    if system:
        return Identity(system=system, value=text.strip())
    candidates = (_FORMS[name](_compact(text), name, on) for name in _SELF_EVIDENT)
    return next((c for c in candidates if not c.problems), None)


def _compact(text: str) -> str:
    return "".join(text.split()).upper().replace("–", "-").replace("−", "-")


def _civic(text: str, system: str, on: date) -> Identity:
    """Read a personnummer or a samordningsnummer (SFS 2022:1697), whose day is above 60."""
    value = _twelve(text, on)
    if value is None:
        return Identity(system=system, value=text, problems=(Problem.FORM,))
    day = int(value[6:8])
    kind = SAMORDNINGSNUMMER if day > 60 else PERSONNUMMER
    checksum = () if luhn(value[2:]) else (Problem.CHECKSUM,)
    birth_date = _birth_date_problems(value[:6], day - 60 if day > 60 else day, on)
    return Identity(system=kind, value=value, problems=checksum + birth_date)


def _twelve(text: str, on: date) -> str | None:
    """Return twelve digits for ten or twelve; None for another form."""
    if match := _OF_TWELVE.fullmatch(text):
        return match[1] + match[2]
    if match := _OF_TEN.fullmatch(text):
        return f"{_century(match[1], match[2], on):02}{match[1]}{match[3]}"
    return None


def _century(digits: str, sign: str, on: date) -> int:
    """Return the latest century with a birth date that is not in the future; for `+`, one earlier.

    The minus becomes a plus in the year when the person turns a hundred. A minus with a date
    later this year is therefore a person of nearly a hundred whose sign was not updated.
    """
    month, day = int(digits[2:4]), int(digits[4:6])
    birthday = (month, day - 60 if day > 60 else day)
    year = on.year - (on.year - int(digits[:2])) % 100
    future = year == on.year and birthday > (on.month, on.day)
    turned = sign == "+" and not future
    return (year - 100 * (future + turned)) // 100


def _birth_date_problems(year_month: str, day: int, on: date) -> tuple[Problem, ...]:
    try:
        born = date(int(year_month[:4]), int(year_month[4:6]), day)
    except ValueError:
        return (Problem.BIRTH_DATE,)
    return () if date(1800, 1, 1) <= born <= on else (Problem.BIRTH_DATE,)


_Check = Callable[[str], bool]


def _simple(pattern: str, check: _Check) -> Callable[[str, str, date], Identity]:
    """Return a reader of numbers without a century; it drops hyphens."""

    def read(text: str, system: str, _: date) -> Identity:
        value = text.replace("-", "")
        if re.fullmatch(pattern, value) is None:
            return Identity(system=system, value=value, problems=(Problem.FORM,))
        problems = () if check(value) else (Problem.CHECKSUM,)
        return Identity(system=system, value=value, problems=problems)

    return read


def _unchecked(_: str) -> bool:
    return True


def _vastra_gotaland(value: str) -> bool:
    return luhn(value[2:].translate(str.maketrans("KMX", "578")))


def _norwegian(value: str) -> bool:
    """Whether both check digits fit, modulus 11 (Skatteetaten, fødselsnummer and D-nummer)."""
    digits = [int(c) for c in value]
    first, second = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    sums = (sum(w * d for w, d in zip(ws, digits, strict=True)) for ws in (first, second))
    return all(total % 11 == 0 for total in sums)


_LETTER = "[A-HJ-NPR-UX-Z]"  # the national reserve number has no I O Q V W
_FORMS: dict[str, Callable[[str, str, date], Identity]] = {
    PERSONNUMMER: _civic,
    SAMORDNINGSNUMMER: _civic,
    RESERVNUMMER: _simple(f"[0-9]{{8}}{_LETTER}{{2}}(?:[0-9]|{_LETTER})[0-9]", luhn),
    LMA: _simple(r"[0-9]{8}", _unchecked),
    STOCKHOLM: _simple(r"99[0-9]{10}", lambda value: luhn(value[4:])),
    VASTRA_GOTALAND: _simple(r"[0-9]{8}[KMX](?:0[6-9]|[1-8][0-9])[0-9]", _vastra_gotaland),
    VARMLAND: _simple(r"[0-9]{8}S[FUXPL][0-9](?:[A-UW-Z]|[1-9])", _unchecked),
    CARELINK: _simple(
        r"(?:1[7-9]|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:3[2-9]|[45][0-9])[0-9]{4}",
        lambda value: luhn(value[2:]),
    ),
    ORGANISATIONSNUMMER: _simple(r"[0-9]{10}", luhn),
    FODSELSNUMMER: _simple(r"[0-9]{11}", _norwegian),
    D_NUMMER: _simple(r"[4-7][0-9]{10}", _norwegian),
}
_SELF_EVIDENT = (PERSONNUMMER, RESERVNUMMER, STOCKHOLM, VASTRA_GOTALAND)
"""Systems that form and check digit alone identify; the other regions' forms overlap."""

PERSON_SYSTEMS = frozenset(_FORMS) - {ORGANISATIONSNUMMER}
"""The systems of persons' numbers, in every register that we know."""
