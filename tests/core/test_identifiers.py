"""Identity numbers: one form out of many, and what is odd about them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core import identifiers
from adapter.core.identifiers import (
    CARELINK,
    D_NUMMER,
    FODSELSNUMMER,
    HSA,
    LMA,
    ORGANISATIONSNUMMER,
    PERSONNUMMER,
    RESERVNUMMER,
    SAMORDNINGSNUMMER,
    STOCKHOLM,
    VARMLAND,
    VASTRA_GOTALAND,
    Identity,
    Problem,
    identity,
    luhn,
    normalised,
)

TODAY = date(2026, 3, 10)
PUBLISHED = (  # Skatteverket's test numbers
    "195009072553",
    "196101182803",
    "189002029800",
    "200302022389",
    "199002222397",
    "200001252386",
    "189602029812",
)
DIGITS = st.text("0123456789", min_size=1, max_size=20)


@pytest.mark.parametrize("number", PUBLISHED)
def test_a_published_test_number_is_a_personnummer(number: str) -> None:
    assert identity(number, on=TODAY) == Identity(system=PERSONNUMMER, value=number)


@pytest.mark.parametrize("number", PUBLISHED)
def test_ten_digits_with_their_sign_mean_the_same_as_twelve(number: str) -> None:
    sign = "+" if TODAY.year - int(number[:4]) >= 100 else "-"
    assert identity(f"{number[2:8]}{sign}{number[8:]}", on=TODAY) == identity(number, on=TODAY)


@pytest.mark.parametrize(
    "written", ["19500907-2553", " 1950 0907 2553 ", "500907-2553", "5009072553", "500907–2553"]
)
def test_hyphens_and_white_space_do_not_matter(written: str) -> None:
    assert identity(written, on=TODAY) == Identity(system=PERSONNUMMER, value="195009072553")


def test_a_day_above_sixty_is_a_samordningsnummer_whatever_the_system_says() -> None:
    expected = Identity(system=SAMORDNINGSNUMMER, value="196109732393")
    assert identity("196109732393", on=TODAY) == expected
    assert identity("610973-2393", on=TODAY, system=PERSONNUMMER) == expected
    assert identity("195009072553", on=TODAY, system=SAMORDNINGSNUMMER) == Identity(
        system=PERSONNUMMER, value="195009072553"
    )


@pytest.mark.parametrize(
    ("on", "written", "century"),
    [
        (date(2025, 12, 31), "260101-0000", "19"),
        (date(2026, 1, 1), "260101-0000", "20"),
        (date(2026, 3, 10), "260311-0000", "19"),  # not born yet: a hundred this year
        (date(2026, 3, 10), "260311+0000", "19"),
        (date(2026, 3, 10), "260101+0000", "19"),
        (date(2026, 3, 10), "270101-0000", "19"),
        (date(2026, 3, 10), "270101+0000", "18"),
        (date(2026, 3, 10), "260371-0000", "19"),  # a samordningsnummer: the day is the 11th
    ],
)
def test_the_sign_and_the_day_of_reading_decide_the_century(
    on: date, written: str, century: str
) -> None:
    found = identity(written, on=on, system=PERSONNUMMER)
    assert found is not None
    assert found.value[:2] == century


def test_a_wrong_check_digit_is_told_and_the_number_kept() -> None:
    found = identity("195001011234", on=TODAY, system=PERSONNUMMER)
    assert found == Identity(
        system=PERSONNUMMER, value="195001011234", problems=(Problem.CHECKSUM,)
    )


@pytest.mark.parametrize("number", ["195013012383", "205001011231", "179912312387"])
def test_an_unreadable_birth_date_is_told_and_the_number_kept(number: str) -> None:
    found = identity(number, on=TODAY, system=PERSONNUMMER)
    assert found is not None
    assert found.value == number
    assert Problem.BIRTH_DATE in found.problems


@pytest.mark.parametrize("text", ["", "19500907255", "1950O9072553", "ANNA", "١٩٥٠٠٩٠٧٢٥٥٣"])
def test_what_has_another_form_is_told_under_its_system_and_nothing_without_one(text: str) -> None:
    found = identity(text, on=TODAY, system=PERSONNUMMER)
    assert found is not None
    assert found.problems == (Problem.FORM,)
    assert identity(text, on=TODAY) is None


def test_without_a_system_a_number_that_does_not_check_is_none_of_ours() -> None:
    assert identity("195009072554", on=TODAY) is None
    assert identity("1234567890", on=TODAY) is None


@pytest.mark.parametrize(
    ("system", "written", "value"),
    [
        (RESERVNUMMER, "98240301-aa06", "98240301AA06"),
        (RESERVNUMMER, "22950606FH20", "22950606FH20"),
        (RESERVNUMMER, "25780404-KHD5", "25780404KHD5"),
        (STOCKHOLM, "991945000023", "991945000023"),
        (VASTRA_GOTALAND, "19450829k088", "19450829K088"),
    ],
)
def test_published_reserve_numbers_are_known_by_form_and_check_digit(
    system: str, written: str, value: str
) -> None:
    expected = Identity(system=system, value=value)
    assert identity(written, on=TODAY) == expected
    assert identity(written, on=TODAY, system=system) == expected
    wrong = written[:-1] + str((int(written[-1]) + 1) % 10)
    assert identity(wrong, on=TODAY) is None
    assert identity(wrong, on=TODAY, system=system) == Identity(
        system=system, value=value[:-1] + wrong[-1], problems=(Problem.CHECKSUM,)
    )


@pytest.mark.parametrize(
    ("system", "written", "value"),
    [
        (CARELINK, "198108320014", "198108320014"),
        (VARMLAND, "19450829SF2B", "19450829SF2B"),
        (LMA, "12-345678", "12345678"),
        (ORGANISATIONSNUMMER, "232100-0131", "2321000131"),
        (FODSELSNUMMER, "15076500565", "15076500565"),
    ],
)
def test_what_only_its_system_can_name_is_read_under_it_alone(
    system: str, written: str, value: str
) -> None:
    assert identity(written, on=TODAY, system=system) == Identity(system=system, value=value)
    assert identity(written, on=TODAY) is None


@pytest.mark.parametrize("system", [FODSELSNUMMER, D_NUMMER])
def test_a_norwegian_number_has_two_check_digits(system: str) -> None:
    wrong = identity("55076500566", on=TODAY, system=system)
    assert wrong is not None
    assert wrong.problems == (Problem.CHECKSUM,)


@pytest.mark.parametrize(
    ("written", "system"),
    [
        ("1.2.752.129.2.1.3.1", PERSONNUMMER),
        ("urn:oid:1.2.752.129.2.1.3.1", PERSONNUMMER),
        ("URN:OID:1.2.752.129.2.1.3.3", SAMORDNINGSNUMMER),
        ("hhttp://electronichealth.se/identifier/personnummer", PERSONNUMMER),
        ("https://electronichealth.se/identifier/personnummer/", PERSONNUMMER),
        ("http://electronichealth.se/identifier/nationelltReservnumer", RESERVNUMMER),
        ("1.2.752.74.9.1", RESERVNUMMER),
        (" 1.2.752.129.2.1.4.1 ", HSA),
        ("urn:oid:1.2.752.29.4.19", HSA),
        ("https://elsewhere.example/ids/", "https://elsewhere.example/ids"),
        ("", ""),
        ("COSMIC", "COSMIC"),
    ],
)
def test_a_system_has_one_name(written: str, system: str) -> None:
    assert normalised(written) == system


def test_an_unknown_system_keeps_its_value_as_it_came() -> None:
    found = identity(" a-1 ", on=TODAY, system="urn:oid:1.2.3")
    assert found == Identity(system="urn:oid:1.2.3", value="a-1")


@pytest.mark.parametrize("text", ["SE2321000016-39K6", "se2120002742-lulea", " SE2321000016-A "])
def test_an_hsa_id_is_recognised_in_any_case(text: str) -> None:
    assert identifiers.looks_like_hsa_id(text)


def test_no_long_text_is_remembered_as_an_hsa_id() -> None:
    """A sender may give megabytes as an id; only short ones are kept in memory."""
    before = identifiers._known_hsa_id.cache_info().currsize
    for number in range(50):
        identifiers.hsa_id(f"SE0000000001-{number}" + "x" * 1000)
    assert identifiers._known_hsa_id.cache_info().currsize == before


@pytest.mark.parametrize(
    "text", ["", "SE232100016-A", "SE2321000016", "SE2321000016-Å", "SE2321000016-" + "A" * 30]
)
def test_what_has_not_the_form_of_an_hsa_id_is_seen(text: str) -> None:
    assert not identifiers.looks_like_hsa_id(text)


@given(DIGITS)
def test_exactly_one_check_digit_fits(digits: str) -> None:
    assert sum(luhn(digits + check) for check in "0123456789") == 1


@given(DIGITS.filter(lambda d: len(d) > 1), st.data())
def test_one_wrong_digit_is_always_found(digits: str, data: st.DataObject) -> None:
    number = next(digits + check for check in "0123456789" if luhn(digits + check))
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([c for c in "0123456789" if c != number[place]]))
    assert not luhn(number[:place] + other + number[place + 1 :])


@given(st.dates(date(1927, 1, 1), TODAY), st.integers(0, 999))
def test_every_valid_number_survives_being_written_with_ten_digits(born: date, serial: int) -> None:
    stem = f"{born:%Y%m%d}{serial:03}"
    number = next(stem + check for check in "0123456789" if luhn(stem[2:] + check))
    assert identity(number, on=TODAY) == Identity(system=PERSONNUMMER, value=number)
    assert identity(f"{number[2:8]}-{number[8:]}", on=TODAY) == identity(number, on=TODAY)


@given(st.text(max_size=30), st.sampled_from(["", PERSONNUMMER, RESERVNUMMER, LMA, FODSELSNUMMER]))
def test_no_text_makes_it_fall_and_what_it_writes_it_reads(text: str, system: str) -> None:
    found = identity(text, on=TODAY, system=system)
    if found is not None and not found.problems:
        assert identity(found.value, on=TODAY, system=found.system) == found


@given(st.text(max_size=40))
def test_a_normalised_system_is_already_normal(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
