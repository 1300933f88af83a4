"""Who is entitled to be told of any stay in any region: one for each need, and no default."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.identifiers import PERSONNUMMER
from adapter.core.model import Need
from adapter.policy.entitled import entitled
from adapter.policy.stay import Fact, Stay
from adapter.settings.network import Network

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC).isoformat()
PLACES = ("2580", "2581", "2480")
UNITS = tuple(f"SE{owner}-U{n}" for owner in ("2120002742", "2321000230") for n in "12")
NEEDS = st.sampled_from(list(Need))


def unit(number: int, serves: tuple[Need, ...], place: str, hsa: str) -> Endpoint:
    """Return the mailbox of a unit."""
    return Endpoint(
        name=f"unit-{number}",
        organization=hsa,
        municipality=place,
        serves=serves,
        system="fhir",
        transport="memory",
        broker_user=f"unit-{number}",
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A region with some units, of which two may serve the same, and planning services."""
    needs = st.lists(NEEDS, max_size=3, unique=True).map(tuple)
    drawn = draw(st.lists(st.tuples(needs, st.sampled_from(PLACES)), max_size=6))
    units = [
        unit(number, serves, place, UNITS[number] if number < 3 else f"SE1-X{number}")
        for number, (serves, place) in enumerate(drawn)
    ]
    carries = draw(st.lists(st.lists(st.sampled_from(PLACES), min_size=1), max_size=2))
    services = [
        replace(unit(90 + n, (), "", f"SE9-P{n}"), name=f"planning-{n}", carries_for=tuple(places))
        for n, places in enumerate(carries)
    ]
    return Network(settings=Settings(endpoints=(*units, *services)), systems={})


@st.composite
def stays(draw: st.DrawFn) -> Stay:
    """A stay with an assessment."""
    needs = draw(st.lists(NEEDS, min_size=1, max_size=3, unique=True))
    units = draw(st.lists(st.sampled_from((*UNITS, "SE2120000099-NOWHERE")), max_size=2))
    values: dict[str, Any] = {
        "hospital": "SE0000000001-HOSPITAL",
        "identifiers": [{"system": PERSONNUMMER, "value": "195009072553"}],
        "class": draw(st.sampled_from(["IMP", "IMP", "IMP", "ACUTE", "AMB"])),
        "municipality": draw(st.sampled_from((*PLACES, "9999", ""))),
        "listed": draw(st.sampled_from(("", *UNITS))),
        "assessment": {"needs": {str(need): AT for need in needs}, "units": units},
    }
    facts = {k: Fact(value=v, recorded=AT, message="m-1") for k, v in values.items() if v}
    return Stay(facts=facts)


@given(networks(), stays())
def test_no_need_has_two_receivers_and_none_is_met_and_missing(
    network: Network, stay: Stay
) -> None:
    rights = entitled(network, stay, DAY, {})
    met = Counter(r.need for r in rights.entitlements if r.basis == "assessment")
    missing = Counter(each.need for each in rights.missing)
    assert set((met + missing).values()) <= {1}
    assert set(met + missing) == (set(stay.needs) if stay.is_inpatient else set())


@given(networks(), stays())
def test_a_planning_service_is_never_a_candidate_and_has_rows_of_its_own(
    network: Network, stay: Stay
) -> None:
    for right in entitled(network, stay, DAY, {}).entitlements:
        service = bool(network.endpoint(right.endpoint).carries_for)
        assert service is (right.basis == "carries")
        assert right.need in stay.needs


@given(networks(), stays())
def test_that_a_planning_service_hears_hides_no_gap(network: Network, stay: Stay) -> None:
    rights = entitled(network, stay, DAY, {})
    alone = tuple(e for e in network.settings.endpoints if not e.carries_for)
    without = Network(settings=Settings(endpoints=alone), systems={})
    assert entitled(without, stay, DAY, {}).missing == rights.missing


@given(networks(), stays())
def test_a_receiver_serves_the_need_where_the_patient_lives_or_is_the_unit_that_was_named(
    network: Network, stay: Stay
) -> None:
    for right in entitled(network, stay, DAY, {}).entitlements:
        endpoint = network.endpoint(right.endpoint)
        if right.basis == "carries":
            continue
        if right.ground == stay.municipality:
            assert right.need in endpoint.serves
            assert endpoint.municipality == stay.municipality
        else:
            assert endpoint.organization == right.ground
            assert right.ground in (*stay.units, stay.value("listed"))


@given(networks(), stays())
def test_an_open_right_keeps_its_endpoint_while_its_ground_stands(
    network: Network, stay: Stay
) -> None:
    first = entitled(network, stay, DAY, {})
    kept = {(r.need, r.ground): r.endpoint for r in first.entitlements if r.basis == "assessment"}
    assume(kept)
    idle = tuple(replace(e, municipality="9999") for e in network.settings.endpoints)
    changed = Network(settings=Settings(endpoints=idle), systems={})
    again = entitled(changed, stay, DAY, kept)
    assert {
        (r.need, r.ground): r.endpoint for r in again.entitlements if r.basis == "assessment"
    }.items() >= kept.items()


@given(networks(), stays())
def test_an_unknown_address_has_no_default(network: Network, stay: Stay) -> None:
    nowhere = {k: v for k, v in stay.facts.items() if k not in ("municipality", "listed")}
    rights = entitled(network, Stay(facts=nowhere), DAY, {})
    assert all(r.ground in stay.units for r in rights.entitlements)


def test_a_named_unit_keeps_its_right_when_the_settings_say_that_it_serves_something_else() -> None:
    named = unit(0, (Need.SOCIAL_SERVICES,), "2580", UNITS[0])
    other = unit(1, (Need.SOCIAL_SERVICES,), "2580", "SE1-X1")
    now = replace(named, serves=(Need.MUNICIPAL_HEALTH_CARE,))
    values = {
        "hospital": "SE0000000001-HOSPITAL",
        "identifiers": [{"system": PERSONNUMMER, "value": "195009072553"}],
        "municipality": "2580",
        "assessment": {"needs": {"social-services": AT}, "units": [UNITS[0]]},
    }
    stay = Stay(facts={k: Fact(value=v, recorded=AT, message="m-1") for k, v in values.items()})
    network = Network(settings=Settings(endpoints=(now, other)), systems={})
    kept = {(Need.SOCIAL_SERVICES, UNITS[0]): "unit-0"}
    told = {r.endpoint for r in entitled(network, stay, DAY, kept).entitlements}
    assert told == {"unit-0"}
    assert {r.endpoint for r in entitled(network, stay, DAY, {}).entitlements} == {"unit-1"}
