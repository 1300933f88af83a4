"""New settings tell nobody by themselves. What they change is shown, and a person may send it."""

from __future__ import annotations

from dataclasses import replace

from adapter.core.model import Need
from adapter.operate import settings_change
from adapter.operate.settings_change import Difference
from tests.kit.county import (
    PITEA,
    SOCIAL,
    SOCIAL_AND_CARE,
    County,
    Person,
    Visit,
    text,
)


def shown(county: County) -> list[Difference]:
    """What today's settings change for all open cases."""
    ids = settings_change.open_cases(county.store, county.network, county.now)
    found = settings_change.differences(county.store, county.network, ids, county.now)
    return [each for each in found if each]


def gains(county: County) -> list[tuple[str, str, str]]:
    """Who would get what."""
    return [(g.endpoint, g.event, g.reason) for each in shown(county) for g in each.gains]


def send(county: County) -> None:
    """Send all of it."""
    for each in shown(county):
        settings_change.tell(
            county.store, county.network, each.case_id, who="Ann", reason="x", now=county.now
        )


def changed(county: County, name: str, **changes: object) -> None:
    """Change an endpoint of the settings."""
    every = [
        replace(e, **changes) if e.name == name else e  # type: ignore[arg-type]
        for e in county.network.settings.endpoints
    ]
    county.with_settings(endpoints=tuple(every))


def test_the_settings_that_a_case_was_told_by_differ_in_nothing(county: County) -> None:
    county.adt("A01", Visit(), county.assessed(SOCIAL_AND_CARE))
    assert gains(county) == []
    county.takes()
    assert gains(county) == []


def test_a_municipality_that_is_connected_gets_the_notice_when_a_person_sends_it(
    county: County,
) -> None:
    changed(county, PITEA, serves=())
    person = Person(kommun="2581")
    county.adt("A01", Visit(person=person), county.assessed(SOCIAL))
    assert county.stands() == ["nobody-to-tell"]
    changed(county, PITEA, serves=(Need.SOCIAL_SERVICES,))
    assert county.hears(PITEA) == {}
    assert gains(county) == [(PITEA, "admission-notice", "")]
    send(county)
    county.turn()
    assert county.hears(PITEA) == {PITEA: ["admission-notice"]}
    assert county.stands() == []
    assert gains(county) == []
    assert [(row["who"], row["detail"]) for row in county.history("settings-told")] == [
        ("Ann", "x")
    ]


def test_what_is_seen_from_now_on_is_shown_as_an_update(county: County) -> None:
    county.adt("A01", Visit(), county.assessed(SOCIAL))
    county.takes()
    county.with_settings(sharing=replace(county.network.settings.sharing, wards=True))
    assert ("lulea", "admission-updated", "") in gains(county)
    send(county)
    county.turn()
    [update] = county.takes("lulea")["lulea"]
    assert "MED3" in text(update)
    assert gains(county) == []


def test_a_case_whose_right_is_over_differs_in_nothing(county: County) -> None:
    visit = Visit()
    county.adt("A01", visit, county.assessed(SOCIAL))
    county.takes()
    county.adt("A03", visit)
    county.now += county.network.settings.sharing.window * 2
    county.with_settings(sharing=replace(county.network.settings.sharing, wards=True))
    assert gains(county) == []
