"""Stories of a bar of secrecy: its receiver is left out of 3 kap., visibly, and of nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.fhir import bundles
from tests.kit.consent_words import barred, says, unbarred, withdrawn
from tests.kit.county import (
    PITEA,
    PITEA_CARE,
    SOCIAL_AND_CARE,
    County,
    Person,
    Visit,
    centre,
    stamp,
    text,
    warnings,
)
from tests.kit.drafts import LULEA, PLANNING

PITEA_PERSON = Person(kommun="2581")


def admitted(county: County) -> Visit:
    """A stay that Luleå and the planning service are told of."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    return visit


def ready(county: County, visit: Visit) -> list[str]:
    """The patient is ready for discharge; return the hospital's warnings."""
    return warnings(county.adt("A16", visit))


def left(county: County, visit: Visit) -> list[str]:
    """The patient leaves; return the hospital's warnings."""
    visit.fields = {45: stamp(county.now)}
    return warnings(county.adt("A03", visit))


def test_a_barred_receiver_gets_nothing_of_chapter_three_and_the_hospital_is_told(
    county: County,
) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    assert ready(county, visit) == ["secrecy-bar", "secrecy-bar"]
    assert warnings(county.adt("A25", visit)) == ["secrecy-bar", "secrecy-bar"]
    assert left(county, visit) == ["secrecy-bar", "secrecy-bar"]
    assert warnings(county.adt("A13", visit)) == ["secrecy-bar", "secrecy-bar"]
    assert county.hears() == {}
    lines = [line["detail"] for line in county.history("secrecy-bar")]
    assert lines[:2] == ["planning: discharge-ready", "lulea: discharge-ready"]


def test_the_warning_names_the_receiver_and_the_event(county: County) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    reply = county.adt("A16", visit)
    assert "lulea: discharge-ready" in reply


def test_a_barred_receiver_goes_on_to_hear_what_chapter_two_tells(county: County) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    ready(county, visit)
    visit.planned = "20260401"
    county.adt("A08", visit)
    [update] = county.takes("lulea")["lulea"]
    stay = bundles.focus(update) or {}
    assert bundles.extension_value(stay, "planned-discharge") == "2026-04-01"
    assert bundles.extension_value(stay, "discharge-ready") is None
    assert stay["status"] == "in-progress"
    county.adt("A08", visit, county.assessed("N|N|N") + "|Y")
    assert county.hears("lulea") == {"lulea": ["process-ended withdrawn"]}


def test_a_barred_receiver_hears_of_a_death_but_of_no_leave_and_no_discharge(
    county: County,
) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    visit.fields = {}
    county.adt("A21", visit)
    assert county.hears("lulea") == {}
    visit.person = Person(dead=f"{stamp(county.now)}|Y")
    county.adt("A08", visit)
    [death] = county.takes("lulea")["lulea"]
    assert bundles.event_code(death)[1] == "deceased"
    assert "leave" not in text(death)


def test_the_others_are_told_as_before(county: County) -> None:
    visit = Visit(person=PITEA_PERSON)
    county.adt("A01", visit, county.assessed(SOCIAL_AND_CARE))
    county.hears()
    says(county, visit, barred("SE2120000004-SOC"))
    ready(county, visit)
    heard = county.hears()
    assert set(heard) == {PITEA_CARE, "pitea-vc"}
    assert PITEA not in heard
    assert "planning" not in heard  # the barred unit reads there


def test_a_bar_that_comes_after_it_was_told_recalls_nothing_and_counts_from_then_on(
    county: County,
) -> None:
    visit = admitted(county)
    ready(county, visit)
    county.hears()
    assert says(county, visit, barred()) == []
    assert county.hears() == {}
    left(county, visit)
    assert county.hears() == {}


def test_a_ready_that_waits_when_the_bar_comes_never_leaves(county: County) -> None:
    visit = admitted(county)
    county.down |= {"lulea"}
    ready(county, visit)
    assert says(county, visit, barred()) == ["secrecy-bar lulea: discharge-ready"]
    county.down.clear()
    county.turn(after=timedelta(hours=2))
    assert county.hears("lulea") == {}
    states = {d["state"] for d in county.deliveries(endpoint="lulea", event="discharge-ready")}
    assert states == {"no-longer-due"}
    reasons = [line["detail"] for line in county.history("no-longer-due")]
    assert "a bar of secrecy" in reasons


def test_a_ready_under_way_when_the_bar_comes_is_not_tried_again(county: County) -> None:
    visit = admitted(county)
    county.hangs_up |= {"lulea"}
    ready(county, visit)
    says(county, visit, barred())
    county.hangs_up.clear()
    county.turn(after=timedelta(hours=2))
    assert county.hears("lulea") == {}


def test_an_admission_that_waits_when_the_bar_comes_is_made_anew_without_chapter_three(
    county: County,
) -> None:
    visit = Visit()
    county.down |= {"lulea"}
    county.adt("A01", visit, county.assessed())
    ready(county, visit)
    says(county, visit, barred())
    county.down.clear()
    county.turn(after=timedelta(hours=2))
    mail = county.takes("lulea")["lulea"]
    assert [bundles.event_code(b)[1] for b in mail] == ["admission-notice"]
    assert "discharge-ready" not in text(mail)


def test_a_bar_that_is_lifted_gives_the_event_that_stands(county: County) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    ready(county, visit)
    county.hears()
    says(county, visit, unbarred())
    heard = {name: ["discharge-ready"] for name in ("lulea", "planning")}
    assert county.hears() == heard
    left(county, visit)
    assert county.hears("lulea") == {"lulea": ["discharged"]}


def test_a_bar_lifted_after_ready_and_discharge_gives_both(county: County) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    ready(county, visit)
    left(county, visit)
    says(county, visit, unbarred())
    assert county.hears("lulea") == {"lulea": ["discharge-ready", "discharged"]}


def test_a_lifted_bar_repeats_nothing_that_its_receiver_knew(county: County) -> None:
    visit = admitted(county)
    ready(county, visit)
    county.hears()
    says(county, visit, barred())
    says(county, visit, unbarred())
    assert county.hears() == {}


def test_a_ready_withdrawn_behind_the_bar_is_told_when_it_is_lifted(county: County) -> None:
    visit = admitted(county)
    ready(county, visit)
    county.hears()
    says(county, visit, barred())
    county.adt("A25", visit)
    assert county.hears() == {}
    says(county, visit, unbarred())
    assert county.hears("lulea") == {"lulea": ["discharge-ready-withdrawn"]}


def test_a_bar_recorded_before_the_assessment_counts_for_the_receiver_that_comes(
    county: County,
) -> None:
    visit = Visit()
    county.adt("A01", visit)
    assert says(county, visit, barred()) == [f"bar-without-receiver {LULEA.organization}"]
    ready(county, visit)
    county.adt("A08", visit, county.assessed())
    mail = county.takes("lulea")["lulea"]
    assert [bundles.event_code(b)[1] for b in mail] == ["admission-notice"]
    assert "discharge-ready" not in text(mail)


@pytest.mark.parametrize("organization", ["SE2120000099-NOBODY", centre(3)])
def test_a_bar_for_no_receiver_is_a_warning(county: County, organization: str) -> None:
    visit = admitted(county)
    assert says(county, visit, barred(organization)) == [f"bar-without-receiver {organization}"]
    ready(county, visit)
    assert county.hears("lulea") == {"lulea": ["discharge-ready"]}


def test_a_bar_for_the_planning_service_leaves_out_that_alone(county: County) -> None:
    visit = admitted(county)
    assert says(county, visit, barred(PLANNING.organization)) == []
    ready(county, visit)
    assert county.hears() == {"lulea": ["discharge-ready"]}


def test_consent_and_bar_are_two_things(county: County) -> None:
    visit = admitted(county)
    says(county, visit, withdrawn())
    ready(county, visit)
    assert county.hears("lulea") == {"lulea": ["discharge-ready"]}


def test_the_same_bar_again_says_nothing_new(county: County) -> None:
    visit = admitted(county)
    says(county, visit, barred())
    ready(county, visit)
    assert says(county, visit, barred()) == []
    assert county.hears() == {}
