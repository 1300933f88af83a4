"""Stories of the issue: settings, successors and upgrades in mid-case; consent is no condition."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.core.endpoint import Endpoint, Sharing
from adapter.core.model import Need
from adapter.operate import maintenance
from tests.kit.county import CARE, SETTINGS, SOCIAL_AND_CARE, County, Visit, centre, event

DAY = timedelta(days=1)


@pytest.fixture
def visit(county: County) -> Visit:
    """Eva's stay, that Luleå and the planning service have heard of."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    return visit


def changed(name: str, **changes: object) -> tuple[Endpoint, ...]:
    """The endpoints of the settings, with one of them changed."""
    return tuple(
        replace(e, **changes) if e.name == name else e  # type: ignore[arg-type]
        for e in SETTINGS.endpoints
    )


def rival(county: County, name: str = "new") -> Endpoint:
    """Return another mailbox for Luleå's social services."""
    lulea = county.network.endpoint("lulea")
    return replace(lulea, name=name, broker_user="umea", organization="SE2120000002-NEW")


@pytest.mark.parametrize(
    "settings",
    [
        {"endpoints": changed("lulea", serves=(Need.MUNICIPAL_HEALTH_CARE,))},
        {"endpoints": changed("lulea", municipality="2581")},
        {"endpoints": changed("planning", carries_for=("2481",))},
        {"endpoints": changed("pitea", municipality="2580")},
        {"sharing": Sharing(wards=True)},
        {"endpoints": tuple(e for e in SETTINGS.endpoints if e.name != "planning")},
    ],
    ids=["need", "municipality", "carries", "a second one", "wards", "removed"],
)
def test_a_change_of_settings_alone_tells_nobody(
    county: County, visit: Visit, settings: dict[str, object]
) -> None:
    names = [e.name for e in SETTINGS.endpoints if e.name not in ("hospital", "feed")]
    county.with_settings(**settings)
    for _ in range(3):
        county.turn(after=timedelta(hours=2))
        county.remind()
        maintenance.move_replaced(county.store, county.network, county.now)
    county.adt("A08", visit)
    assert county.hears(*names) == {}


def test_while_the_ground_stands_so_does_the_receiver(county: County, visit: Visit) -> None:
    new = rival(county)
    county.with_settings(endpoints=(*changed("lulea", serves=()), new))
    county.register(["new"])
    visit.planned = "20260401"
    county.adt("A08", visit)
    assert county.hears("lulea") == {"lulea": ["admission-updated"]}
    assert county.deliveries(endpoint="new") == []


def test_a_successor_inherits_the_case_and_hears_no_second_admission(
    county: County, visit: Visit
) -> None:
    pitea = county.network.endpoint("pitea")
    county.with_settings(endpoints=changed("lulea", replaced_by="pitea"))
    maintenance.move_replaced(county.store, county.network, county.now)
    assert county.hears() == {}
    visit.planned = "20260401"
    county.adt("A08", visit)
    county.adt("A03", visit)
    assert county.hears("lulea", pitea.name) == {"pitea": ["admission-updated", "discharged"]}


def test_nothing_is_told_by_time_alone(county: County, visit: Visit) -> None:
    county.adt("A03", visit)
    county.hears()
    for _ in range(4):
        county.turn(after=5 * DAY)
        county.remind()
    assert county.hears() == {}


# Consent


def test_no_consent_is_needed_for_what_the_law_demands(county: County) -> None:
    """2 kap. 1 to 4 §§ ask for none, and no message of the feed carries one."""
    visit = Visit(listed=f"^^^^^^^^^^^^^{centre(1)}")
    county.adt("A01", visit, county.assessed(SOCIAL_AND_CARE), "CON|1|099|||||||||||R|B")
    mail = county.takes()
    assert [event(b) for b in mail["lulea"]] == ["admission-notice"]
    assert [event(b) for b in mail["vc-1"]] == ["admission-notice"]
    county.adt("A16", visit, county.assessed(CARE))
    assert county.hears()["vc-1"] == ["discharge-ready"]
