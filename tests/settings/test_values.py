"""Times to act in, addresses and municipalities, as people write them."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter import settings
from adapter.core.endpoint import Within
from adapter.settings import durations
from adapter.settings.municipalities import municipalities
from tests.kit.places import SHARED
from tests.kit.shared import ABSENT

GEOGRAPHY = SHARED / "sweden" / "geography" / "municipalities.csv"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *[("30m", 1800), ("5 s", 5), ("72h", 259_200), ("3 d", 259_200), (" 1 day ", 86_400)],
        *[("2 minutes", 120), ("1 hour", 3600), ("90 seconds", 90), ("250ms", 0.25)],
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert durations.duration(text) == timedelta(seconds=seconds)
    assert durations.within(text) == Within(duration=timedelta(seconds=seconds))


@pytest.mark.parametrize("text", ["1 working day", "1 working days", " 1  working day"])
def test_working_days_are_whole(text: str) -> None:
    assert durations.within(text) == Within(working_days=1)


@pytest.mark.parametrize(
    "text",
    [
        *["", "30", "m", "-1m", "1.5h", "1h30m", "1 fortnight", "٣ m", "9" * 9 + "d", "3661 days"],
        *["1 working hour", "367 working days", "1 working daysx", "1 " + "d" * 50],
    ],
)
def test_what_is_no_time_to_act_in_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is "):
        durations.within(text)


@given(amount=st.integers(0, 366), unit=st.sampled_from(["s", "m", "h", "d"]))
def test_every_duration_up_to_a_year_can_be_written(amount: int, unit: str) -> None:
    length = {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit] * amount
    assert durations.duration(f"{amount}{unit}") == timedelta(seconds=length)


@given(st.text(max_size=20))
def test_no_text_makes_a_time_to_act_in_crash(text: str) -> None:
    with suppress(ValueError):
        assert durations.within(text).duration >= timedelta(0)


# Addresses.


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:2575", "127.0.0.1", 2575), ("[::1]:8080", "::1", 8080), ("db:0", "db", 0)],
)
def test_an_address_has_host_and_port(text: str, host: str, port: int) -> None:
    assert settings.host_port(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        *["", "8080", ":8080", "host", "host:", "host:65536", "::1:80", "[::1:80", "a b:1"],
        *["host:80/x", "user@host:80", "host:80?x", "http://host:80", "host:1\n"],
    ],
)
def test_what_is_no_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="form"):
        settings.host_port(text)


@given(st.text(max_size=30))
def test_no_text_makes_an_address_crash(text: str) -> None:
    with suppress(ValueError):
        host, port = settings.host_port(text)
        assert host
        assert 0 <= port < 65_536


# Municipalities.


def test_the_municipalities_are_those_of_the_source() -> None:
    if not GEOGRAPHY.exists():
        pytest.skip(ABSENT)
    with GEOGRAPHY.open(encoding="utf-8") as file:
        rows = {r["municipality_code"]: r["municipality_name_short"] for r in csv.DictReader(file)}
    assert municipalities() == rows


def test_there_are_290_municipalities() -> None:
    assert len(municipalities()) == 290
    assert all(re.fullmatch("[0-9]{4}", code) for code in municipalities())
