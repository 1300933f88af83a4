"""Authority and identity: who may originate what, and whether a message is about the person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapter.core.endpoint import Endpoint
from adapter.core.identifiers import PERSONNUMMER, RESERVNUMMER, SAMORDNINGSNUMMER
from adapter.core.model import Bundle, Event, Kind, Need
from adapter.fhir import parts
from adapter.policy.authority import (
    AUTHORITY,
    Capacity,
    capacities,
    may_originate,
    may_report,
    owner_of,
    speaks_for_owner,
)
from adapter.policy.identity import Person, judge, numbers
from adapter.policy.stay import Fact, Stay
from tests.kit import drafts

DAY = date(2026, 3, 2)
HOSPITAL, OTHER = "SE2321000001-SUNDBY", "SE2321000001-KIRUNA"
PNR = ("195009072553", "196109732393", "191212121212", "189002029800")
KNOWN = st.sampled_from(
    [
        (PERSONNUMMER, PNR[0]),
        (PERSONNUMMER, PNR[2]),
        (SAMORDNINGSNUMMER, PNR[1]),
        (RESERVNUMMER, "19500907TF18"),
    ]
)


def endpoint(**more: Any) -> Endpoint:
    """Return an endpoint that serves a need, unless `more` says otherwise."""
    values: dict[str, Any] = {
        "name": "unit",
        "organization": "SE2120000002-LULEA",
        "serves": (Need.SOCIAL_SERVICES,),
        "system": "fhir",
        "transport": "memory",
    }
    return Endpoint(**values | more)


# Authority


def test_every_event_that_can_come_has_a_row_and_nothing_else() -> None:
    assert set(AUTHORITY) == set(Event)
    assert all(rule.may and rule.section for rule in AUTHORITY.values())


@pytest.mark.parametrize("event", [event for event in Event if event.kind is Kind.ENCOUNTER])
def test_events_of_a_stay_are_the_owners_alone(event: Event) -> None:
    assert AUTHORITY[event].may == {Capacity.OWNER}


@given(st.sampled_from(list(Event)), st.lists(st.sampled_from(["a", "b"])), st.sampled_from(PNR))
def test_to_be_named_as_receiver_gives_no_capacity(
    event: Event, parties: list[str], number: str
) -> None:
    unit = endpoint()
    assert capacities(unit, HOSPITAL, parties, [unit.name], DAY) == frozenset()
    assert not may_originate(event, frozenset())
    assert not speaks_for_owner(unit, owner_of(f"{HOSPITAL}/{number}"), DAY)


@given(st.sampled_from(list(Event)))
def test_a_party_originates_no_event_of_a_stay(event: Event) -> None:
    unit = endpoint()
    party = capacities(unit, HOSPITAL, [unit.name], [unit.name], DAY)
    assert party == {Capacity.PARTY}
    if may_originate(event, party):
        assert event.kind in (Kind.CARE_PLAN, Kind.COMMUNICATION)


@given(st.lists(st.sampled_from([HOSPITAL, OTHER]), min_size=1), st.booleans())
def test_an_endpoint_reports_its_own_stays_and_those_that_the_settings_give_it(
    owners: list[str], gives: bool
) -> None:
    own = endpoint(organization=HOSPITAL, serves=())
    assert may_report(own, owners, DAY) is (HOSPITAL in owners)
    helper = endpoint(tells_for=(OTHER,) if gives else ())
    assert may_report(helper, owners, DAY) is (gives and OTHER in owners)
    claims = endpoint(speaks_for=(HOSPITAL,))
    assert not may_report(claims, owners, DAY)
    assert may_report(replace(claims, owns_stays_key=True), owners, DAY) is (HOSPITAL in owners)


@given(st.sampled_from(list(Event)))
def test_a_unit_begins_a_case_with_a_plan_a_message_or_a_basis_and_nothing_else(
    event: Event,
) -> None:
    begun = (Event.CARE_PLAN, Event.MESSAGE, Event.PLANNING_BASIS)
    assert (event in endpoint().begins) is (event in begun)


# Identity


def stay_of(*known: tuple[str, str]) -> Stay:
    """Return the stay of a person with these numbers."""
    identifiers = [{"system": system, "value": value} for system, value in known]
    fact = Fact(value=identifiers, recorded="2026-03-02T09:00:00+00:00", message="m-1")
    return Stay(facts={"identifiers": fact} if known else {})


def about(*stated: tuple[str, str], old: tuple[tuple[str, str], ...] = ()) -> Bundle:
    """Return a message about a person with these numbers, and these that she had."""
    identifiers = [{"system": system, "value": value} for system, value in stated]
    identifiers += [parts.old_identifier(*each) for each in old]
    return drafts.stay(person=drafts.patient() | {"identifier": identifiers})


@given(KNOWN, st.lists(KNOWN, max_size=2))
def test_a_shared_number_is_the_same_person_whatever_else_is_said(
    number: tuple[str, str], more: list[tuple[str, str]]
) -> None:
    civic = {each for each in (number, *more) if each[0] == PERSONNUMMER}
    assume(len(civic) <= 1)  # two personnummer of one person are for a person to decide
    assert judge(stay_of(number), about(number, *more)) is Person.SAME
    assert judge(stay_of(number, *more), about(number)) is Person.SAME


@given(KNOWN, KNOWN)
def test_another_number_is_another_person_until_its_source_says_that_it_changed(
    known: tuple[str, str], stated: tuple[str, str]
) -> None:
    if known != stated:
        assert judge(stay_of(known), about(stated)) is Person.OTHER


@given(KNOWN, KNOWN)
def test_only_a_substitute_number_changes_by_itself(
    known: tuple[str, str], stated: tuple[str, str]
) -> None:
    if known == stated:
        return
    expected = Person.CONTESTED if known[0] == PERSONNUMMER else Person.RENUMBERED
    person = judge(stay_of(known), about(stated, old=(known,)))
    if stated[0] == PERSONNUMMER or known[0] == PERSONNUMMER:
        assert person is expected
    else:
        assert person is not Person.SAME


@given(KNOWN, KNOWN, KNOWN)
def test_an_old_number_of_somebody_else_moves_nobody(
    known: tuple[str, str], stated: tuple[str, str], old: tuple[str, str]
) -> None:
    if known not in (stated, old):
        assert judge(stay_of(known), about(stated, old=(old,))) is Person.OTHER


@pytest.mark.parametrize("form", ["19500907-2553", "500907-2553", "195009072553", " 195009072553"])
def test_a_number_is_the_same_in_every_form_that_feeds_write(form: str) -> None:
    assert numbers([f"{PERSONNUMMER}|{form}"]) == [f"{PERSONNUMMER}|{PNR[0]}"]
    assert judge(stay_of((PERSONNUMMER, PNR[0])), about((PERSONNUMMER, form))) is Person.SAME


def test_nobody_is_known_where_neither_has_a_number() -> None:
    assert judge(stay_of(), about()) is Person.NOBODY
