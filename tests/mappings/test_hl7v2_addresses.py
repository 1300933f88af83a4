"""PID-11: which address counts, and the municipality that decides who is told."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.core.endpoint import UntypedAddress
from adapter.fhir import bundles
from tests.kit.hl7v2 import PID, adt, codes, lost, read

OLD = "Gammal 1^^PITEÅ^^94131^SE^H^^2581^^^^20000101^20091231"
NOW = "Ny 2^^LULEÅ^^97231^SE^H^^2580^^^^20100101"
NEXT = "Nästa 3^^BODEN^^96131^SE^H^^2582^^^^20260701"


def living(*addresses: str) -> str:
    return PID.split("|||Storgatan")[0] + "|||" + "~".join(addresses)


def municipality(*addresses: str, **changes: Any) -> str:
    return bundles.municipality(read(adt("A08", living(*addresses)), **changes)[0])


@pytest.mark.parametrize("addresses", [(OLD, NOW, NEXT), (NEXT, OLD, NOW), (NOW,)])
def test_the_address_that_is_valid_today_counts(addresses: tuple[str, ...]) -> None:
    bundle, _ = read(adt("A08", living(*addresses)))
    assert bundles.municipality(bundle) == "2580"
    assert (bundles.patient(bundle) or {})["address"][0]["line"] == ["Ny 2"]


@pytest.mark.parametrize("addresses", [(OLD,), (NEXT,), (OLD, NEXT)])
def test_an_address_of_another_time_is_none_and_is_no_deletion(addresses: tuple[str, ...]) -> None:
    bundle, known = read(adt("A08", living(*addresses)), municipality="0180")
    assert "address" not in (bundles.patient(bundle) or {})
    assert bundles.deleted(bundle) == frozenset()
    assert lost(known) == ["PID-11"]


@pytest.mark.parametrize(
    ("period", "counts"),
    [
        ("^^^20000101&20091231", False),
        ("^^^20000101&20260310", True),
        ("^^^20260310&20260310", True),
        ("^^^20260311&", False),
        ("^^^^^202602", False),
        ("^^^^^202603", True),
        ("^^^^2026^2026", True),
        ("^^^^20260310230000+0100", True),
        ("^^^^igår^imorgon", True),
    ],
)
def test_a_period_has_both_its_days_and_the_precision_that_was_given(
    period: str, counts: bool
) -> None:
    assert bool(municipality(f"Ny 2^^LULEÅ^^97231^SE^H^^2580{period}")) is counts


def test_of_equal_addresses_the_latest_counts() -> None:
    later = NOW.replace("Ny 2", "Nyare 3").replace("2580", "2581").replace("20100101", "20200101")
    assert municipality(NOW, later) == "2581"
    assert municipality(later, NOW) == "2581"


def test_equal_addresses_in_two_municipalities_make_none() -> None:
    both = "A 1^^LULEÅ^^97231^SE^H^^2580", "B 2^^PITEÅ^^94131^SE^H^^2581"
    bundle, known = read(adt("A08", living(*both)))
    assert bundles.municipality(bundle) == ""
    assert codes(known) == [("contradiction", "PID-11")]
    assert municipality(both[0], both[1].replace("2581", "258001")) == "2580"


@pytest.mark.parametrize("kind", ["C", "M", "B", "O", "BA", "N"])
def test_a_temporary_address_makes_no_municipality(kind: str) -> None:
    address = f"Tillfälligt 1^^LULEÅ^^97231^SE^{kind}^^2580"
    assert municipality(address, municipality="0180") == ""
    assert municipality(address, NOW.replace("2580", "2581")) == "2581"
    person = bundles.patient(read(adt("A08", living(address)))[0]) or {}
    assert person["address"][0].get("use") != "home"


@pytest.mark.parametrize("kind", ["FB", "Folkbokföring", "RH", "L", "P", "H", ""])
def test_an_address_of_registration_makes_one(kind: str) -> None:
    assert municipality(f"Ny 2^^LULEÅ^^97231^SE^{kind}^^258007") == "2580"


def test_the_parish_of_an_address_is_a_loss() -> None:
    for code, paths in (("258007", ["PID-11.9"]), ("2580", [])):
        _, known = read(adt("A08", living(f"Ny 2^^LULEÅ^^97231^SE^H^^{code}")))
        assert [loss.path for loss in known.losses if loss.path.startswith("PID-11")] == paths


def test_a_sender_may_say_that_an_address_without_type_is_another() -> None:
    address = "Ny 2^^LULEÅ^^97231^SE^^^2580"
    assert municipality(address) == "2580"
    assert municipality(address, untyped_address=UntypedAddress.OTHER) == ""


@pytest.mark.parametrize("code", ["", "LULEÅ", "25", "25800101"])
def test_a_postal_code_makes_no_municipality(code: str) -> None:
    bundle, known = read(
        adt("A08", living(f"Ny 2^^LULEÅ^^97231^SE^H^^{code}")), municipality="0180"
    )
    assert bundles.municipality(bundle) == ""
    assert codes(known) == ([("unknown-code", "PID-11.9")] if code else [])


def test_the_senders_municipality_is_assumed_only_without_any_address() -> None:
    bundle, known = read(adt("A08", living("")), municipality="0180")
    assert (bundles.municipality(bundle), bundles.assumed_municipality(bundle)) == ("", "0180")
    assert list((bundles.patient(bundle) or {})["address"][0]) == ["extension"]
    assert codes(known) == [("assumed-municipality", "PID-11")]
    for stated in ('""', OLD, "^^^^97231^SE^H"):
        bundle, _ = read(adt("A08", living(stated)), municipality="0180")
        assert bundles.assumed_municipality(bundle) == ""
    assert bundles.assumed_municipality(read(adt("A08", living("")))[0]) == ""


@pytest.mark.parametrize("code", ["Y", "F", "K", "J"])
def test_a_withheld_address_is_no_move(code: str) -> None:
    label = "PD1" + "|" * 12 + code
    for address in ("", '""', "Skyddad uppgift^^LULEÅ^^97231^SE^H^^2580"):
        bundle, _ = read(adt("A08", living(address), label), municipality="0180")
        assert bundles.municipality(bundle) == bundles.assumed_municipality(bundle) == ""
        assert "address" not in (bundles.patient(bundle) or {})
        assert bundles.deleted(bundle) == frozenset()


@pytest.mark.parametrize(
    ("street", "withheld"),
    [
        ("Skyddad adress", True),
        ("SEKRETESSMARKERAD", True),
        ("Skyddade personuppgifter", True),
        ("Förmedlingsuppdrag, Box 2820", True),
        ("Skyddsvärnet 3", False),
        ("Oskyddade backen 1", False),
    ],
)
def test_what_withholds_an_address(street: str, withheld: bool) -> None:
    found = municipality(f"{street}^^LULEÅ^^97231^SE^H^^2580")
    assert (found == "") is withheld
