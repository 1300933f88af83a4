"""Our checks of national numbers agree with python-stdnum, except where each test says why.

Danish CPR is not compared: we have no form for it. Every number here is generated.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn as stdnum_luhn
from stdnum.exceptions import InvalidComponent, ValidationError
from stdnum.no import fodselsnummer
from stdnum.se import orgnr, personnummer

from adapter.core.identifiers import (
    D_NUMMER,
    FODSELSNUMMER,
    ORGANISATIONSNUMMER,
    PERSONNUMMER,
    SAMORDNINGSNUMMER,
    Identity,
    Problem,
    identity,
    luhn,
)

TODAY = date.today()  # noqa: DTZ011 - python-stdnum asks the same clock
COORDINATION = 60  # added to the day of a samordningsnummer
YEARS = st.integers(1800, TODAY.year - 1)
MONTHS = st.integers(0, 13)
SERIALS = st.integers(0, 999)


def digits(size: int) -> st.SearchStrategy[str]:
    """Return a strategy for numbers of a length."""
    return st.text("0123456789", min_size=size, max_size=size)


def read(number: str, system: str) -> Identity:
    found = identity(number, on=TODAY, system=system)
    assert found is not None
    return found


def stem(year: int, month: int, day: int, serial: int) -> str:
    """Return eleven digits: all but the check digit."""
    return f"{year:04}{month:02}{day:02}{serial:03}"


def birth_date(text: str) -> date | None:
    """Return the birth date that python-stdnum reads in a personnummer."""
    try:
        return personnummer.get_birth_date(text)
    except ValidationError:
        return None


@given(digits(10))
def test_the_luhn_check_is_the_same(number: str) -> None:
    assert luhn(number) == stdnum_luhn.is_valid(number)


@given(YEARS, MONTHS, st.integers(0, COORDINATION), SERIALS, digits(1))
def test_a_personnummer_of_twelve_digits_is_judged_alike(
    year: int, month: int, day: int, serial: int, check: str
) -> None:
    """Only years between 1800 and this one: python-stdnum has no limit in either direction."""
    number = stem(year, month, day, serial) + check
    assert (read(number, PERSONNUMMER).problems == ()) == personnummer.is_valid(number)


@given(digits(6), st.sampled_from("-+"), digits(4))
def test_ten_digits_get_the_same_century(born: str, sign: str, last: str) -> None:
    """Not where python-stdnum sees a birth later this year: we then go back a hundred years."""
    assume(int(born[4:]) <= COORDINATION)
    text = f"{born}{sign}{last}"
    expected = birth_date(text)
    assume(expected is None or expected <= TODAY)
    number = read(text, PERSONNUMMER)
    if expected is None:
        assert Problem.BIRTH_DATE in number.problems
    else:
        assert number.value[:8] == f"{expected:%Y%m%d}"
    assert (number.problems == ()) == personnummer.is_valid(text)


@given(YEARS, MONTHS, st.integers(0, 32), SERIALS, digits(1))
def test_a_samordningsnummer_is_known_to_us_alone(
    year: int, month: int, day: int, serial: int, check: str
) -> None:
    """python-stdnum refuses its day (SFS 2022:1697); its date and Luhn checks agree with ours."""
    number = stem(year, month, day + COORDINATION, serial) + check
    assume(day > 0)
    assert not personnummer.is_valid(number)
    born = birth_date(stem(year, month, day, serial) + check)
    found = read(number, SAMORDNINGSNUMMER)
    assert found.system == SAMORDNINGSNUMMER
    assert (Problem.BIRTH_DATE in found.problems) == (born is None)
    assert (Problem.CHECKSUM in found.problems) != stdnum_luhn.is_valid(number[2:])


@given(digits(10))
def test_an_organisationsnummer_is_judged_alike(number: str) -> None:
    assert (read(number, ORGANISATIONSNUMMER).problems == ()) == orgnr.is_valid(number)


@given(digits(9), digits(2))
def test_wrong_check_digits_of_a_norwegian_number_are_seen_alike(number: str, last: str) -> None:
    first = fodselsnummer.calc_check_digit1(number)
    right = last == first + fodselsnummer.calc_check_digit2(number + last[0])
    assert (read(number + last, FODSELSNUMMER).problems == ()) == right


@given(digits(9))
def test_a_norwegian_number_with_right_check_digits_is_judged_alike(start: str) -> None:
    """python-stdnum also checks the birth date, which we do not use: synthetic numbers and
    H-numbers add to the month, FH-numbers have no date, and the number is still the person's.
    """
    first = fodselsnummer.calc_check_digit1(start)
    second = fodselsnummer.calc_check_digit2(start + first)
    assume(len(first + second) == 2)  # a remainder of ten: the number is never given out
    number = start + first + second
    assert read(number, FODSELSNUMMER).problems == ()
    is_d_number = number[0] in "4567"
    assert (read(number, D_NUMMER).problems == ()) == is_d_number
    with suppress(InvalidComponent):  # its error for the date; another error fails the test
        fodselsnummer.validate(number)
