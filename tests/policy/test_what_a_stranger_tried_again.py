"""What a stranger tried again: settings that change while notices wait, bars that still hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.operate import settings_change
from tests.kit.consent_words import barred, says
from tests.kit.county import PRIMARY, County, Person, Visit, centre, stamp


def admitted(county: County) -> Visit:
    """Eva's stay, that Luleå and the planning service have heard of."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    assert set(county.hears()) == {"lulea", "planning"}
    return visit


def change(county: County, name: str, **changes: object) -> None:
    """Change an endpoint of the settings."""
    every = county.network.settings.endpoints
    changed = replace(county.network.endpoint(name), **changes)  # type: ignore[arg-type]
    county.with_settings(endpoints=tuple(changed if e.name == name else e for e in every))


def rename(county: County, name: str, new: str) -> None:
    """Give an endpoint another name, so that the settings do not know the old one any more."""
    every = county.network.settings.endpoints
    renamed = tuple(replace(e, name=new) if e.name == name else e for e in every)
    county.with_settings(endpoints=renamed)


def differing(county: County) -> list[settings_change.Difference]:
    """What today's settings change for all open cases."""
    ids = settings_change.open_cases(county.store, county.network, county.now)
    found = settings_change.differences(county.store, county.network, ids, county.now)
    return [each for each in found if each]


def send(county: County) -> None:
    """Let Ann send all of it."""
    for each in differing(county):
        settings_change.tell(
            county.store, county.network, each.case_id, who="Ann", reason="x", now=county.now
        )


# Settings that change while notices wait


@pytest.mark.timeout(30)
def test_two_centres_of_one_case_that_merge_hear_the_next_notice_once(county: County) -> None:
    visit = Visit(listed=f"^^^^^^^^^^^^^{centre(1)}")
    county.adt("A01", visit, county.assessed(PRIMARY))
    county.hears()
    visit.listed = f"^^^^^^^^^^^^^{centre(2)}"
    county.adt("A08", visit)
    assert county.hears()["vc-2"] == ["admission-notice"]
    change(county, "vc-1", replaced_by="vc-2", serves=())
    county.adt("A16", visit)
    assert county.hears("vc-2") == {"vc-2": ["discharge-ready"]}


@pytest.mark.timeout(30)
def test_what_waits_when_two_centres_merge_is_made_anew_once_and_leaves(county: County) -> None:
    visit = Visit(listed=f"^^^^^^^^^^^^^{centre(1)}")
    county.adt("A01", visit, county.assessed(PRIMARY))
    county.hears()
    visit.listed = f"^^^^^^^^^^^^^{centre(2)}"
    county.down |= {"vc-2"}
    county.adt("A08", visit)
    county.hears()
    change(county, "vc-1", replaced_by="vc-2", serves=())
    county.down.clear()
    county.turn(after=timedelta(hours=2))
    assert county.hears("vc-2") == {"vc-2": ["admission-notice"]}


def test_what_waits_for_a_planning_service_without_its_entry_is_ended_by_hand(
    county: County,
) -> None:
    county.down |= {"planning"}
    county.adt("A01", Visit(), county.assessed())
    change(county, "planning", carries_for=())
    [difference] = differing(county)
    assert difference.gains == ()
    assert [(end.endpoint, end.reason) for end in difference.ends] == [("planning", "need-ended")]
    send(county)
    assert differing(county) == []
    county.down.clear()
    county.turn(after=timedelta(hours=2))
    assert county.hears("planning") == {}


def test_a_case_whose_reporting_endpoint_has_another_name_cannot_be_judged_and_says_so(
    county: County,
) -> None:
    county.adt("A01", Visit(person=Person(kommun="2582")), county.assessed())
    change(county, "lulea", municipality="2582")
    assert [each.not_judged for each in differing(county)] == [""]
    rename(county, "feed", "feed-2")
    [unknown] = differing(county)
    assert unknown.not_judged == "its messages are purged, or their sender is not in the settings"
    assert (unknown.gains, unknown.ends) == ((), ())


def test_a_case_whose_right_is_over_differs_in_nothing_and_is_not_called_unjudged(
    county: County,
) -> None:
    visit = admitted(county)
    [id_] = settings_change.open_cases(county.store, county.network, county.now)
    visit.fields = {45: stamp(county.now)}
    county.adt("A03", visit)
    county.hears()
    county.now += timedelta(days=40)
    rename(county, "feed", "feed-2")
    found = settings_change.differences(county.store, county.network, [id_], county.now)
    assert list(found) == [None]


# Bars of secrecy that still hold


def test_a_planning_service_is_left_out_with_a_barred_unit_that_keeps_its_right(
    county: County,
) -> None:
    visit = admitted(county)
    new = replace(
        county.network.endpoint("lulea"),
        name="new",
        broker_user="umea",
        organization="SE2120000002-NEW",
    )
    change(county, "lulea", serves=())
    county.with_settings(endpoints=(*county.network.settings.endpoints, new))
    county.register(["new"])
    says(county, visit, barred())
    county.adt("A16", visit)
    assert county.hears() == {}


@pytest.mark.parametrize("serves", ["moved", "kept"])
def test_a_planning_service_is_left_out_with_the_successor_of_a_barred_unit(
    county: County, serves: str
) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    lulea = county.network.endpoint("lulea")
    new = replace(lulea, name="pitea", organization="SE2120000002-NEWB", broker_user="pitea")
    old = replace(lulea, serves=() if serves == "moved" else lulea.serves, replaced_by="pitea")
    both = ("lulea", "pitea")
    others = [e for e in county.network.settings.endpoints if e.name not in both]
    county.with_settings(endpoints=(*others, old, new))
    county.adt("A16", visit)
    assert county.hears() == {}
