"""Numbers, names and addresses that have a period: what held when the source recorded them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adapter.core.identifiers import PERSONNUMMER
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.validity import holding, is_over
from adapter.policy.stay_elements import stated
from tests.kit import drafts, hl7v2_out, omsorg

ENDED = {"period": {"start": "2000-01-01", "end": "2010-01-01"}}
OVER: list[dict[str, Any]] = [ENDED, {"use": "old"}]
TO_COME = {"period": {"start": "2030-01-01"}}
OTHER = {"system": PERSONNUMMER, "value": "196101182803"}


def told(part: str, *values: dict[str, Any]) -> Bundle:
    """A notice whose patient has other values before the usual one."""
    person = drafts.patient()
    person[part] = [*values, *person[part]]
    return drafts.stay(person=person)


def facts(bundle: Bundle) -> dict[str, Any]:
    return stated(bundles.event(bundle), bundle)


@pytest.mark.parametrize(
    ("period", "holds"),
    [
        ({}, True),
        ({"end": "2026-03-02"}, True),
        ({"end": "2026-03"}, True),
        ({"end": "2026"}, True),
        ({"end": "2026-03-02T08:00:00+01:00"}, True),
        ({"end": "2026-03-01"}, False),
        ({"end": "2026-02"}, False),
        ({"end": "2025"}, False),
        ({"start": "2026-03-02"}, True),
        ({"start": "2026-03"}, True),
        ({"start": "2026-03-03"}, False),
        ({"start": "2027"}, False),
    ],
)
def test_both_days_of_a_period_count_in_the_precision_that_was_given(
    period: dict[str, str], *, holds: bool
) -> None:
    part = {"period": period}
    on = date(2026, 3, 2)
    assert bool(holding([part], on)) is holds
    assert is_over(part, on) is (not holds and "end" in period)
    assert holding([part], None) == [part]


@pytest.mark.parametrize("over", OVER)
def test_a_number_that_is_over_identifies_nobody_and_is_an_old_one(over: dict[str, Any]) -> None:
    bundle = told("identifier", OTHER | over)
    assert bundles.patient_ids(bundle) == (f"{PERSONNUMMER}|195009072553",)
    assert bundles.old_patient_ids(bundle) == (f"{PERSONNUMMER}|196101182803",)
    assert [i["value"] for i in facts(bundle)["identifiers"]] == ["195009072553"]


def test_a_number_that_is_to_come_identifies_nobody_yet() -> None:
    bundle = told("identifier", OTHER | TO_COME)
    assert bundles.patient_ids(bundle) == (f"{PERSONNUMMER}|195009072553",)
    assert bundles.old_patient_ids(bundle) == ()


def test_a_person_with_ended_numbers_alone_keeps_them() -> None:
    bundle = told("identifier")
    (bundles.patient(bundle) or {})["identifier"] = [OTHER | ENDED]
    assert bundles.patient_ids(bundle) == (f"{PERSONNUMMER}|196101182803",)
    assert bundles.old_patient_ids(bundle) == ()


@pytest.mark.parametrize("over", [*OVER, TO_COME])
def test_an_address_of_another_time_makes_no_municipality_and_is_not_told(
    over: dict[str, Any],
) -> None:
    [elsewhere] = drafts.patient(municipality="2581")["address"]
    bundle = told("address", elsewhere | over)
    assert bundles.municipality(bundle) == "2580"
    assert len(facts(bundle)["address"]) == 1


@pytest.mark.parametrize("over", [*OVER, TO_COME])
def test_a_name_of_another_time_is_not_told(over: dict[str, Any]) -> None:
    bundle = told("name", {"family": "Gammal"} | over)
    assert [name["family"] for name in facts(bundle)["name"]] == ["Tolvansson"]


def test_a_person_with_ended_names_alone_keeps_them() -> None:
    bundle = told("name")
    (bundles.patient(bundle) or {})["name"] = [{"family": "Gammal"} | ENDED]
    assert [name["family"] for name in facts(bundle)["name"]] == ["Gammal"]


PERSONAL = {
    "identifier": OTHER,
    "name": {"family": "Gammal"},
    "address": {"line": ["Gammelgatan 1"], "city": "Åstad"},
}


@pytest.mark.parametrize(("part", "value"), PERSONAL.items())
def test_omsorg_is_told_that_a_value_whose_period_is_past_is_an_earlier_one(
    part: str, value: dict[str, Any]
) -> None:
    bundle, known = omsorg.message("message/question"), omsorg.context()
    person = bundles.patient(bundle) or {}
    person.setdefault(part, []).append(value | ENDED)
    assert omsorg.write(bundle, known).decode().count('bruk="tidigare"') == 1
    assert [loss.path.rpartition(".")[2] for loss in known.losses] == ["period"]


@pytest.mark.parametrize("part", ["name", "address"])
def test_a_journal_is_not_told_a_name_or_an_address_whose_period_is_past(part: str) -> None:
    bundle = hl7v2_out.loaded("sip-invitation/booked")
    hl7v2_out.resource(bundle, "Patient").setdefault(part, []).append(PERSONAL[part] | ENDED)
    body, known = hl7v2_out.written(bundle)
    assert "Gamm" not in body.decode()
    assert any(loss.path.startswith(f"Patient.{part}[1]") for loss in known.losses)
