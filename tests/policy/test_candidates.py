"""Which endpoints could be told of a need, and what `adapter check` shows of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from adapter.core.endpoint import Alias, Endpoint, Settings
from adapter.core.model import Event, Need
from adapter.policy.candidates import candidates, carriers, unit_endpoint
from adapter.policy.coverage import Coverage, coverage, roles
from adapter.settings.network import Network

DAY = date(2026, 3, 2)
SOCIAL, HEALTH, PRIMARY = Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE, Need.PRIMARY_CARE
LULEA, PITEA = "2580", "2581"


def endpoint(name: str, *serves: Need, **more: Any) -> Endpoint:
    values: dict[str, Any] = {
        "name": name,
        "organization": f"SE0000000001-{name.upper()}",
        "municipality": LULEA if serves else "",
        "serves": serves,
        "system": "fhir",
        "transport": "http",
        "address": f"https://{name}.example",
        "owner": f"owner of {name}",
    }
    return Endpoint(**values | more)


def network(*endpoints: Endpoint) -> Network:
    return Network(settings=Settings(endpoints=endpoints), systems={})


def named(endpoints: list[Endpoint]) -> list[str]:
    return [each.name for each in endpoints]


def serving(*endpoints: Endpoint, need: Need = SOCIAL, municipality: str = LULEA) -> list[str]:
    return named(candidates(network(*endpoints), need, municipality, DAY))


TOWN = endpoint("lulea", SOCIAL, HEALTH)
PLANNING = endpoint("planning", carries_for=(LULEA,))


def test_a_need_goes_to_the_endpoint_that_serves_it_in_the_municipality() -> None:
    other = endpoint("pitea", SOCIAL, municipality=PITEA)
    hospital = endpoint("journal", municipality=LULEA)
    assert serving(TOWN, other, hospital) == ["lulea"]
    assert serving(TOWN, other, hospital, need=PRIMARY) == []


def test_a_patient_without_a_municipality_has_no_candidate() -> None:
    assert serving(endpoint("unit", SOCIAL, municipality=""), municipality="") == []


def test_two_endpoints_of_one_organisation_are_two_candidates() -> None:
    branch = endpoint("branch", SOCIAL, organization=TOWN.organization)
    assert serving(TOWN, branch) == ["lulea", "branch"]


def test_a_successor_is_the_candidate_once() -> None:
    replaced = endpoint("old", SOCIAL, replaced_by="lulea")
    assert serving(replaced, TOWN) == ["lulea"]


def test_an_endpoint_to_which_nothing_can_be_sent_is_no_candidate() -> None:
    assert serving(endpoint("mute", SOCIAL, address="")) == []


def test_a_planning_service_is_no_candidate_even_if_it_serves() -> None:
    assert serving(endpoint("planning", SOCIAL, carries_for=(LULEA,))) == []
    assert serving(endpoint("town", SOCIAL, return_to="planning"), PLANNING) == []


def test_a_planning_service_is_the_candidate_of_a_unit_whose_mailbox_it_is() -> None:
    town = endpoint("town", SOCIAL, address="")
    mailbox = endpoint("planning", carries_for=(LULEA,), mailbox_for=(town.organization,))
    assert serving(town, mailbox) == ["planning"]
    assert serving(endpoint("town", SOCIAL, return_to="planning"), mailbox) == ["planning"]


def test_a_unit_is_found_by_its_hsa_id_of_the_day() -> None:
    alias = Alias(id="SE0000000001-OLD", until=date(2026, 3, 1))
    region = network(endpoint("centre", PRIMARY, aliases=(alias,)), PLANNING)
    home = unit_endpoint(region, "SE0000000001-CENTRE", DAY)
    assert home is not None
    assert home.name == "centre"
    assert unit_endpoint(region, "SE0000000001-OLD", DAY) is None


def test_a_planning_service_is_no_unit_but_may_be_a_unit_s_mailbox() -> None:
    mailbox = endpoint("planning", carries_for=(LULEA,), mailbox_for=("SE0000000001-CENTRE",))
    region = network(mailbox)
    assert unit_endpoint(region, "SE0000000001-PLANNING", DAY) is None
    assert unit_endpoint(region, "SE0000000001-CENTRE", DAY) == mailbox


def test_a_planning_service_carries_for_municipalities_and_units() -> None:
    units = endpoint("units", carries_for=("SE0000000001-CENTRE",))
    region = network(PLANNING, units, TOWN)
    assert named(carriers(region, LULEA, frozenset())) == ["planning"]
    assert named(carriers(region, PITEA, frozenset({"SE0000000001-CENTRE"}))) == ["units"]
    assert carriers(region, "", frozenset()) == []


def test_coverage_has_a_row_for_each_need_of_each_municipality_that_is_named() -> None:
    planning = endpoint("planning", carries_for=(PITEA, "SE0000000001-CENTRE"))
    rows = coverage(network(planning, TOWN, endpoint("north", HEALTH)), DAY)
    assert [(row.municipality, row.need, row.coverage, row.planning) for row in rows] == [
        (LULEA, SOCIAL, Coverage.ONE, ()),
        (LULEA, HEALTH, Coverage.SEVERAL, ()),
        (LULEA, PRIMARY, Coverage.NOBODY, ()),
        (PITEA, SOCIAL, Coverage.NOBODY, ("planning",)),
        (PITEA, HEALTH, Coverage.NOBODY, ("planning",)),
        (PITEA, PRIMARY, Coverage.NOBODY, ("planning",)),
    ]
    assert rows[0].name == "Luleå"
    assert [(r.endpoint, r.owner) for r in rows[1].receivers] == [
        ("lulea", "owner of lulea"),
        ("north", "owner of north"),
    ]


def test_roles_say_who_owns_stays_and_who_may_begin_what() -> None:
    journal = endpoint("journal", tells_for=("SE0000000002-OTHER",))
    hospital, service = roles(network(journal, PLANNING))
    assert (hospital.owns_stays, hospital.tells_for) == (True, ("SE0000000002-OTHER",))
    assert hospital.begins == (Event.MESSAGE,)
    assert (service.owns_stays, service.carries_for) == (False, (LULEA,))
